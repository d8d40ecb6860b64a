package waymark.rules.required_tags

import data.waymark.lib

required := data.settings.required_tags

# Attributes in which providers keep tags.
places := ["tags", "tags_all", "labels"]

taggable := [r |
	some r in lib.changed
	some place in places
	lib.has(r, place)
]

tagged(r, tag) if {
	some place in places
	lib.fields(object.get(r.after, place, {}))[tag] != ""
}

# A tag whose value is made during apply is there, whatever it will be.
tagged(r, tag) if {
	some place in places
	r.unknown[place][tag] == true
}

tagged(r, _) if {
	some place in places
	lib.pending(r, place)
}

violations contains {
	"resource": r.address,
	"message": sprintf("It has no tag %s.", [concat(" and ", missing)]),
} if {
	some r in taggable
	missing := [tag | some tag in required; not tagged(r, tag)]
	count(missing) > 0
}

passed := sprintf("%s are set on every resource that carries tags", [concat(", ", required)]) if count(taggable) > 0
