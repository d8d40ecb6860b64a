package waymark.rules.required_tags

import data.waymark.lib

required := {tag | some tag in data.settings.required_tags}

# Attributes in which providers keep tags.
places := {"tags", "tags_all", "labels"}

taggable(r) if count(object.keys(r.after) & places) > 0

taggable(r) if count(object.keys(r.unknown) & places) > 0

# set_on holds the tags that have a value.
set_on(r) := {tag |
	some place in places
	some tag, value in r.after[place]
	value != ""
}

# A tag whose value is made during apply is there, whatever it will be.
made_later(r) := {tag |
	some place in places
	some tag, later in r.unknown[place]
	later == true
}

all_later(r) if {
	some place in places
	lib.pending(r, place)
}

violations contains {
	"resource": r.address,
	"message": sprintf("It has no tag %s.", [concat(" and ", sort(missing))]),
} if {
	some r in lib.changed
	taggable(r)
	not all_later(r)
	missing := (required - set_on(r)) - made_later(r)
	count(missing) > 0
}

judged if {
	some r in lib.changed
	taggable(r)
}

passed := sprintf("%s are set on every resource that carries tags", [concat(", ", data.settings.required_tags)]) if judged
