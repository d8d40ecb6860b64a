package waymark.rules.public_exposure_test

import data.waymark.rules.public_exposure

broken(after) := v if {
	v := public_exposure.violations with input.plan as {"resource_changes": [{
		"address": "x.main", "type": "x", "change": {"actions": ["update"], "after": after},
	}]}
}

test_closed if count(broken({"publicly_accessible": false, "ingress": [{"cidr_blocks": ["10.0.0.0/8"]}]})) == 0

test_public_database if count(broken({"publicly_accessible": true})) == 1

test_public_bucket if count(broken({"acl": "public-read"})) == 1

test_open_group if count(broken({"ingress": [{"cidr_blocks": ["0.0.0.0/0"]}]})) == 1

test_open_rule if count(broken({"type": "ingress", "ipv6_cidr_blocks": ["::/0"]})) == 1

test_egress_is_no_exposure if count(broken({"type": "egress", "cidr_blocks": ["0.0.0.0/0"]})) == 0
