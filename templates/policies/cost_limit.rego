package waymark.rules.cost_limit

import data.waymark.lib

limit := data.settings.cost_limit

monthly := to_number(input.cost.monthly)

currency := object.get(input.cost, "currency", limit.currency)

violations contains {"message": sprintf(
	"The estimate of %s %s a month is over the limit of %s %s.",
	[lib.amount(monthly), currency, lib.amount(limit.monthly), limit.currency],
)} if {
	monthly > limit.monthly
}

passed := sprintf("%s %s a month, below %s", [lib.amount(monthly), currency, lib.amount(limit.monthly)])
