package waymark.rules.ttl_max_test

import data.waymark.rules.ttl_max

broken(request) := v if {
	v := ttl_max.violations with input.request as request
}

test_within if count(broken({"kind": "dev", "ttl": "72h"})) == 0

test_at_the_limit if count(broken({"kind": "dev", "ttl": "168h"})) == 0

test_over if {
	some v in broken({"kind": "preview", "ttl": "168h1s", "name": "pr-1"})
	v.resource == "pr-1"
	contains(v.message, "169 hours")
}

test_seconds if count(broken({"kind": "test", "ttl": 604801})) == 1

test_production_has_no_end if count(broken({"kind": "production", "ttl": "90000h"})) == 0

test_kind_is_dev_when_not_said if count(broken({"ttl": "1000h"})) == 1
