package waymark.rules.cost_limit_test

import data.waymark.rules.cost_limit

test_below if {
	count(cost_limit.violations) == 0 with input.cost as {"monthly": "9999.99", "currency": "USD"}
	cost_limit.passed == "10,000 USD a month, below 10,000" with input.cost as {"monthly": "9999.99", "currency": "USD"}
}

test_over if {
	some v in cost_limit.violations with input.cost as {"monthly": "12613.50", "currency": "USD"}
	contains(v.message, "12,614 USD")
	contains(v.message, "10,000 USD")
}

test_small_is_written_plainly if {
	cost_limit.passed == "17 USD a month, below 10,000" with input.cost as {"monthly": "16.70"}
}

test_no_estimate_says_nothing if {
	count(cost_limit.violations) == 0 with input.cost as {}
	not cost_limit.passed with input.cost as {}
}
