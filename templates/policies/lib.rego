# What the rules share: the resources that a plan makes or changes, and what
# is known of them before they exist.
package waymark.lib

# changed lists what the plan creates or updates, as it will be. Waymark hands
# the list over ready-made; a plan alone, as in tests, is read here.
changed := input.resources if {
	input.resources
} else := [r |
	some rc in input.plan.resource_changes
	object.get(rc, "mode", "managed") == "managed"
	some action in rc.change.actions
	action in {"create", "update"}
	r := {
		"address": rc.address,
		"type": rc.type,
		"after": fields(object.get(rc.change, "after", {})),
		"unknown": fields(object.get(rc.change, "after_unknown", {})),
	}
]

# fields is an object, also where the plan says null or true.
fields(v) := v if is_object(v)

fields(v) := {} if not is_object(v)

# has says that the resource's type knows the attribute.
has(r, name) if object.get(r.after, name, "absent") != "absent"

has(r, name) if name in object.keys(r.unknown)

# pending says that the value will be known only when it has been made.
pending(r, name) if r.unknown[name] == true

# amount writes a number with thousands apart.
amount(n) := sprintf("%s,%s", [substring(s, 0, count(s) - 3), substring(s, count(s) - 3, 3)]) if {
	s := format_int(round(n), 10)
	count(s) > 3
	count(s) < 7
}

amount(n) := format_int(round(n), 10) if round(n) < 1000

amount(n) := sprintf("%s million", [format_int(round(n / 1000000), 10)]) if round(n) >= 1000000
