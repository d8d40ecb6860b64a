package waymark.rules.encryption_required

import data.waymark.lib

stores := [s |
	some r in lib.changed
	how := data.settings.encryption[r.type]
	s := {"resource": r, "attribute": how.attribute, "class": how.class}
]

value(s) := object.get(s.resource.after, s.attribute, null)

# Off is false, empty or not set; what apply will decide is judged apart.
off(s) if {
	not lib.pending(s.resource, s.attribute)
	value(s) in {false, null, ""}
}

severity("database") := "hard-mandatory"

severity("storage") := "hard-mandatory"

severity("other") := "soft-mandatory"

violations contains {
	"resource": s.resource.address,
	"message": "It is not encrypted at rest.",
	"fix": sprintf("Set %s on %s; blueprints of ours have a switch for it in the launch form.", [s.attribute, s.resource.address]),
	"severity": severity(s.class),
} if {
	some s in stores
	off(s)
}

violations contains {
	"resource": s.resource.address,
	"message": "Whether it is encrypted is known only after apply.",
	"severity": "advisory",
} if {
	some s in stores
	lib.pending(s.resource, s.attribute)
	not named_key(s)
}

# A key that is made in the same plan counts: it will be there.
named_key(s) if regex.match("(kms|key)", s.attribute)

passed := sprintf("%d of %d stores are encrypted at rest", [count(stores), count(stores)]) if count(stores) > 0
