package waymark.rules.required_tags_test

import data.waymark.rules.required_tags

resource(after, unknown) := {"resource_changes": [{
	"address": "waymark_database.main", "type": "waymark_database", "mode": "managed",
	"change": {"actions": ["create"], "after": after, "after_unknown": unknown},
}]}

full := {"owner": "payments-team", "cost_center": "eng-42", "environment": "pr-482"}

broken(after, unknown) := v if {
	v := required_tags.violations with input.plan as resource(after, unknown)
}

test_all_set if {
	count(broken({"tags": full}, {})) == 0
	required_tags.passed with input.plan as resource({"tags": full}, {})
}

test_one_missing if {
	some v in broken({"tags": object.remove(full, ["cost_center"])}, {})
	v.resource == "waymark_database.main"
	contains(v.message, "cost_center")
}

test_empty_value_is_missing if count(broken({"tags": object.union(full, {"owner": ""})}, {})) == 1

test_no_tags_at_all if count(broken({"tags": null}, {})) == 1

test_tags_known_after_apply if count(broken({}, {"tags": true})) == 0

test_one_tag_known_after_apply if {
	count(broken({"tags": object.remove(full, ["owner"])}, {"tags": {"owner": true}})) == 0
}

test_labels_count if count(broken({"labels": full}, {})) == 0

test_what_carries_no_tags_is_left_alone if count(broken({"name": "password"}, {})) == 0

test_what_is_deleted_is_left_alone if {
	p := {"resource_changes": [{"address": "a", "type": "t", "change": {"actions": ["delete"], "before": {"tags": {}}, "after": null}}]}
	count(required_tags.violations) == 0 with input.plan as p
}
