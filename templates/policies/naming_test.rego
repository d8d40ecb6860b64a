package waymark.rules.naming_test

import data.waymark.rules.naming

broken(name) := v if {
	v := naming.violations with input.request as {"name": name}
}

test_good if {
	every name in ["pr-482", "a", "ledger-load-test-2"] {
		count(broken(name)) == 0
	}
}

test_bad if {
	every name in ["PR-482", "2fast", "a--b", "a-", "under_score", "sp ace"] {
		count(broken(name)) == 1
	}
}

test_long if count(broken("a123456789012345678901234567890123456789x")) == 1
