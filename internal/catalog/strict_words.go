package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// inWords says a breach as the validator that Backstage uses does; full adds
// the parameters of the rule.
func inWords(b breach, full bool) string {
	message, parameters := "", ""
	switch types := strings.Join(b.want.types, ","); b.rule {
	case "type":
		message, parameters = "must be "+types, "type: "+types
	case "required":
		message, parameters = "must have required property '"+b.name+"'", "missingProperty: "+b.name
	case "closed":
		message, parameters = "must NOT have additional properties", "additionalProperty: "+b.name
	case "oneOf":
		message, parameters = "must be equal to one of the allowed values", "allowedValues: "+strings.Join(b.want.oneOf, ",")
	case "max":
		message, parameters = fmt.Sprintf("must NOT have more than %d characters", b.want.max), fmt.Sprintf("limit: %d", b.want.max)
	case "min":
		what := "characters"
		if _, list := b.got.([]any); list {
			what = "items"
		}
		message, parameters = fmt.Sprintf("must NOT have fewer than %d %s", b.want.min, what), fmt.Sprintf("limit: %d", b.want.min)
	}
	where := pointer(b.path)
	if where == "" {
		where = "<root>"
	}
	if full {
		return where + " " + message + " - " + parameters
	}
	return where + " " + message
}

// pointer writes a path as a JSON pointer.
func pointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	return b.String()
}

// What Backstage says it expects.
const (
	expectName  = "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total"
	expectKey   = "a valid prefix and/or suffix"
	expectLabel = "a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total"
	expectTag   = "a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total"
	expectKind  = "a string that is a sequence of [a-zA-Z][a-z0-9A-Z], at most 63 characters in total"
	expectURL   = "a string that is a valid url"
	expectSome  = "a non empty string"
	learnMore   = " To learn more about catalog file format, visit: https://github.com/backstage/backstage/blob/master/docs/architecture-decisions/adr002-default-catalog-file-format.md"
)

// formatCheck remembers the first field that is not of its format.
type formatCheck struct{ why string }

func (c *formatCheck) must(field, value string, ok func(string) bool, expected string) {
	if c.why == "" && !ok(value) {
		c.why = fmt.Sprintf(`"%s" is not valid; expected %s but found "%s".%s`, field, expected, value, learnMore)
	}
}

// strictFormats checks the formats of an entity whose envelope is sound.
func strictFormats(doc, meta map[string]any, ns string) string {
	c := &formatCheck{}
	text := func(m map[string]any, key string) string { s, _ := m[key].(string); return s }
	c.must("apiVersion", text(doc, "apiVersion"), isAPIVersion, expectKey)
	c.must("kind", text(doc, "kind"), isKind, expectKind)
	c.must("metadata.name", text(meta, "name"), isObjectName, expectName)
	c.must("metadata.namespace", ns, isDNSLabel, expectLabel)
	labels, _ := meta["labels"].(map[string]any)
	for _, k := range sortedKeys(labels) {
		c.must("labels."+k, k, isAnnotationKey, expectKey)
		c.must("labels."+k, text(labels, k), isLabelValue, expectName)
	}
	notes, _ := meta["annotations"].(map[string]any)
	for _, k := range sortedKeys(notes) {
		c.must("annotations."+k, k, isAnnotationKey, expectKey)
	}
	for i, t := range texts(meta["tags"]) {
		c.must(fmt.Sprintf("tags.%d", i), t, isTag, expectTag)
	}
	links, _ := meta["links"].([]any)
	for i, l := range links {
		link, _ := l.(map[string]any)
		c.must(fmt.Sprintf("links.%d.url", i), text(link, "url"), isURL, expectURL)
		for _, key := range []string{"title", "icon"} {
			if _, there := link[key]; there {
				c.must(fmt.Sprintf("links.%d.%s", i, key), text(link, key), isSome, expectSome)
			}
		}
	}
	return c.why
}

// isSome: not blank.
func isSome(s string) bool { return strings.TrimSpace(s) != "" }

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// strictReferences returns what Backstage says of the first reference in a
// spec that it cannot read.
func strictReferences(kind string, spec map[string]any, ns string) string {
	for _, rule := range relationRules[kind] {
		var list []any
		if emptyInJS(spec[rule.field]) {
			continue
		}
		switch v := spec[rule.field].(type) {
		case []any:
			list = slices.Clone(v)
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		default:
			list = []any{v}
		}
		for _, item := range list {
			if why := strictReference(item, rule.defaultKind, ns); why != "" {
				return why
			}
		}
	}
	return ""
}

// emptyInJS reports whether JavaScript takes v for nothing.
func emptyInJS(v any) bool { return v == nil || v == false || v == "" || v == 0.0 }

func strictReference(v any, defaultKind, ns string) string {
	if emptyInJS(v) {
		return "Error: Entity reference must not be empty"
	}
	s, isText := v.(string)
	if !isText {
		quoted, err := json.Marshal(v)
		compound, _ := v.(map[string]any)
		if err != nil || !emptyInJS(compound["kind"]) && !emptyInJS(compound["name"]) {
			return ""
		}
		return noKind(string(quoted))
	}
	if _, err := ParseRef(s, "any", "any"); err != nil {
		return fmt.Sprintf(`TypeError: Entity reference "%s" was not on the form [<kind>:][<namespace>/]<name>`, s)
	}
	if _, err := ParseRef(s, defaultKind, ns); err != nil {
		quoted, _ := json.Marshal(s) // a text always encodes
		return noKind(string(quoted))
	}
	return ""
}

func noKind(quoted string) string {
	return "Error: Entity reference " + quoted + ` had missing or empty kind (e.g. did not start with "component:" or similar)`
}
