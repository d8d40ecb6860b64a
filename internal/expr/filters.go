package expr

// filter changes a value; c.in is the value, with undefined as it is.
type filter func(m *machine, c call) (any, error)

// filters are all that a template may use, by name.
var filters map[string]filter

func init() {
	filters = map[string]filter{
		"abs": absolute, "batch": batch, "capitalize": text(capitalize), "center": center, "d": otherwise, "default": otherwise,
		"dictsort": dictsort, "dump": dump, "e": escape, "escape": escape, "first": first, "float": toFloat, "forceescape": forceEscape,
		"groupby": groupby, "indent": indent, "int": toInt, "join": join, "last": last, "length": length, "list": list,
		"lower": text(lower), "nl2br": text(nl2br), "random": random, "reject": reject, "rejectattr": rejectattr, "replace": replace,
		"reverse": reverse, "round": round, "safe": markSafe, "select": selected, "selectattr": selectattr, "slice": slices3,
		"sort": sorted, "string": text(same), "striptags": striptags, "sum": sum, "title": text(title), "trim": text(trim),
		"truncate": truncate, "upper": text(upper), "urlencode": urlencode, "urlize": urlize, "wordcount": wordcount,
		"parseRepoUrl": parseRepoURL, "parseEntityRef": parseEntityRef, "pick": pick, "projectSlug": projectSlug,
	}
}
