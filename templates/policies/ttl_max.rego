package waymark.rules.ttl_max

kind := object.get(input.request, "kind", "dev")

most := data.settings.ttl_max_hours[kind]

# A time is a Go duration ("8h") or a number of seconds.
hours := time.parse_duration_ns(ttl) / 3600000000000 if {
	ttl := input.request.ttl
	is_string(ttl)
	ttl != ""
}

hours := input.request.ttl / 3600 if is_number(input.request.ttl)

violations contains {
	"resource": object.get(input.request, "name", ""),
	"message": sprintf("%v hours are more than the %v that an environment of kind %s may live.", [ceil(hours), most, kind]),
	"fix": sprintf("Ask for at most %vh.", [most]),
} if {
	hours > most
}

passed := sprintf("it ends after %v hours, within the %v of its kind", [ceil(hours), most])
