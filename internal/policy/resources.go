package policy

// changed lists what a plan creates or updates, as lib.rego would: address,
// type, the attributes as they will be, and which of them are known only after
// apply. It is done here once for all rules.
func changed(plan map[string]any) []any {
	out := []any{}
	all, _ := plan["resource_changes"].([]any)
	for _, v := range all {
		rc, _ := v.(map[string]any)
		change, _ := rc["change"].(map[string]any)
		if mode, ok := rc["mode"]; (ok && mode != "managed") || !touches(change) {
			continue
		}
		out = append(out, map[string]any{"address": rc["address"], "type": rc["type"],
			"after": fields(change["after"]), "unknown": fields(change["after_unknown"])})
	}
	return out
}

// touches reports whether a change makes or updates something.
func touches(change map[string]any) bool {
	actions, _ := change["actions"].([]any)
	for _, a := range actions {
		if a == "create" || a == "update" {
			return true
		}
	}
	return false
}

// fields is an object, also where the plan says null or true.
func fields(v any) map[string]any {
	if m, ok := v.(map[string]any); ok {
		return m
	}
	return map[string]any{}
}
