package waymark.rules.naming

name := input.request.name if input.request.name != ""

violations contains {"resource": name, "message": sprintf("The name %q is not made of lower-case words joined by hyphens.", [name])} if {
	not regex.match(data.settings.name_pattern, name)
}

violations contains {"resource": name, "message": sprintf("The name %q is longer than %d characters.", [name, data.settings.name_max])} if {
	count(name) > data.settings.name_max
}

passed := sprintf("the name %s follows the rules", [name])
