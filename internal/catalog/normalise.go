package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// normalise mends, in place, what a strict reader would refuse although the
// meaning is plain, and says so in warnings.
func normalise(doc map[string]any, inherited string) []*fieldError {
	var warnings []*fieldError
	warn := func(message, fix string, path ...string) {
		warnings = append(warnings, &fieldError{code: "field", warning: true, path: path, message: message, fix: fix})
	}
	if _, ok := doc["apiVersion"]; !ok && inherited != "" && doc["kind"] != nil {
		doc["apiVersion"] = inherited
		warn("The document has no apiVersion; it was taken from the one before in this file.", "Add apiVersion: "+inherited+".", "apiVersion")
	}
	apiVersion, _ := doc["apiVersion"].(string)
	kind, _ := doc["kind"].(string)
	if r, ours := ruleOf(apiVersion, kind); ours && r.name != kind {
		doc["kind"] = r.name
		warn(fmt.Sprintf("The kind %q is written %q.", kind, r.name), "Write kind: "+r.name+".", "kind")
	}
	if meta, ok := doc["metadata"].(map[string]any); ok {
		if notes, ok := meta["annotations"].(map[string]any); ok {
			for k, v := range notes {
				if text, ok := plainText(v); ok {
					notes[k] = text
					warn(fmt.Sprintf("The annotation is the value %s and not text; it was taken as text.", text), fmt.Sprintf("Write it in quotes: %q.", text), "metadata", "annotations", k)
				}
			}
		}
	}
	if spec, ok := doc["spec"].(map[string]any); ok && doc["kind"] == "API" {
		inlineDefinition(spec)
	}
	slices.SortFunc(warnings, func(a, b *fieldError) int { return strings.Compare(fieldName(a.path), fieldName(b.path)) })
	return warnings
}

func plainText(v any) (string, bool) {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	}
	return "", false
}

// inlineDefinition turns a definition that was written as an object into YAML
// text. An object with a placeholder has been replaced before.
func inlineDefinition(spec map[string]any) {
	def, ok := spec["definition"].(map[string]any)
	if !ok || len(def) == 0 {
		return
	}
	if text, err := yaml.Marshal(def); err == nil {
		spec["definition"] = string(text)
	}
}

// sortedLists are the fields that are stored in order.
var sortedLists = []string{"providesApis", "consumesApis", "dependsOn", "dependencyOf", "memberOf", "children", "members"}

// settle writes the defaults into a valid document.
func settle(doc map[string]any) {
	meta := doc["metadata"].(map[string]any)
	if meta["namespace"] == nil {
		meta["namespace"] = DefaultNamespace
	}
	spec, _ := doc["spec"].(map[string]any)
	for _, key := range sortedLists {
		if list, ok := spec[key].([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
}
