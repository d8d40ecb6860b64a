package waymark.rules.public_exposure

import data.waymark.lib

everywhere := {"0.0.0.0/0", "::/0"}

open_by contains {"resource": r.address, "why": sprintf("%s is %v", [p.attribute, r.after[p.attribute]])} if {
	some r in lib.changed
	some p in data.settings.public
	r.after[p.attribute] in p.values
}

# Rules of security groups, inside the group or on their own.
open_by contains {"resource": r.address, "why": "it lets in 0.0.0.0/0"} if {
	some r in lib.changed
	some rule in r.after.ingress
	some cidr in array.concat(ranges(rule, "cidr_blocks"), ranges(rule, "ipv6_cidr_blocks"))
	cidr in everywhere
}

open_by contains {"resource": r.address, "why": "it lets in 0.0.0.0/0"} if {
	some r in lib.changed
	object.get(r.after, "type", "") == "ingress"
	some cidr in array.concat(ranges(r.after, "cidr_blocks"), ranges(r.after, "ipv6_cidr_blocks"))
	cidr in everywhere
}

ranges(rule, name) := v if {
	v := rule[name]
	is_array(v)
} else := []

violations contains {
	"resource": o.resource,
	"message": sprintf("It is open to the internet: %s.", [o.why]),
} if {
	some o in open_by
}

passed := "nothing is open to the internet" if count(lib.changed) > 0
