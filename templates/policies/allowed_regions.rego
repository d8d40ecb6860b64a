package waymark.rules.allowed_regions

import data.waymark.lib

# Where something is said to be: by the form, by a provider or by a resource.
places contains {"what": "parameters.region", "region": region} if {
	region := input.request.parameters.region
	is_string(region)
}

places contains {"what": sprintf("provider %s", [name]), "region": region} if {
	some name, provider in input.plan.configuration.provider_config
	region := provider.expressions.region.constant_value
	is_string(region)
}

places contains {"what": r.address, "region": region} if {
	some r in lib.changed
	some attribute in ["region", "location", "availability_zone"]
	region := r.after[attribute]
	is_string(region)
	region != ""
}

allowed(region) if {
	some good in data.settings.regions
	startswith(lower(region), good)
}

violations contains {
	"resource": place.what,
	"message": sprintf("It is in %s, which is not an allowed region.", [place.region]),
	"fix": sprintf("Use one of %s.", [concat(", ", data.settings.regions)]),
} if {
	some place in places
	not allowed(place.region)
}

passed := "everything stays in an allowed region" if count(places) > 0
