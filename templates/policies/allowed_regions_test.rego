package waymark.rules.allowed_regions_test

import data.waymark.rules.allowed_regions

created(after) := {"resource_changes": [{"address": "aws_db_instance.main", "type": "aws_db_instance", "change": {"actions": ["create"], "after": after}}]}

test_parameter if {
	count(allowed_regions.violations) == 1 with input.request as {"parameters": {"region": "us-east-1"}}
	count(allowed_regions.violations) == 0 with input.request as {"parameters": {"region": "eu-west-1"}}
}

test_zone_counts_by_its_region if {
	count(allowed_regions.violations) == 0 with input.plan as created({"availability_zone": "eu-central-1b"})
	count(allowed_regions.violations) == 1 with input.plan as created({"availability_zone": "us-west-2a"})
}

test_provider if {
	p := {"configuration": {"provider_config": {"aws": {"expressions": {"region": {"constant_value": "ap-south-1"}}}}}}
	some v in allowed_regions.violations with input.plan as p
	v.resource == "provider aws"
}

test_nowhere_says_nothing if not allowed_regions.passed with input.plan as created({})
