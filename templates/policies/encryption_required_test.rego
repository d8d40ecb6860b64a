package waymark.rules.encryption_required_test

import data.waymark.rules.encryption_required

broken(type, after, unknown) := v if {
	v := encryption_required.violations with input.plan as {"resource_changes": [{
		"address": sprintf("%s.main", [type]), "type": type,
		"change": {"actions": ["create"], "after": after, "after_unknown": unknown},
	}]}
}

test_encrypted_database if count(broken("waymark_database", {"encrypted": true}, {})) == 0

test_open_database_is_hard if {
	some v in broken("waymark_database", {"encrypted": false}, {})
	v.severity == "hard-mandatory"
	v.resource == "waymark_database.main"
}

test_open_bucket_is_hard if {
	some v in broken("waymark_bucket", {"encrypted": false}, {})
	v.severity == "hard-mandatory"
}

test_not_set_is_open if count(broken("aws_db_instance", {"storage_encrypted": null}, {})) == 1

test_open_queue_is_soft if {
	some v in broken("aws_sqs_queue", {"sqs_managed_sse_enabled": false}, {})
	v.severity == "soft-mandatory"
}

test_known_after_apply_is_a_remark if {
	some v in broken("aws_db_instance", {}, {"storage_encrypted": true})
	v.severity == "advisory"
}

test_key_made_in_the_same_plan_counts if count(broken("aws_kinesis_stream", {}, {"kms_key_id": true})) == 0

test_other_types_are_left_alone if count(broken("waymark_entity", {}, {})) == 0
