package strictyaml

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/expr"
)

// Text is a text, "" when it is missing. What YAML takes for a number or for
// yes or no is a fault: it would not arrive as it is written.
func (n Node) Text() string {
	if !n.Here() {
		return ""
	}
	r := n.raw()
	if r.Kind != yaml.ScalarNode {
		n.Fail("type", "A text is needed here.")
		return ""
	}
	if tag := r.ShortTag(); tag != "!!str" && tag != "!!timestamp" {
		n.Fail("type", "%s is not a text to YAML; write it in quotes.", r.Value)
	}
	return r.Value
}

// Word is a text of one line, or a number as it is written.
func (n Node) Word() string {
	if !n.Here() {
		return ""
	}
	r := n.raw()
	if r.Kind != yaml.ScalarNode {
		n.Fail("type", "A text or a number is needed here.")
		return ""
	}
	if strings.ContainsAny(r.Value, "\n\r\x00") {
		n.Fail("lines", "This must be one line.")
	}
	return r.Value
}

// Need is a text that must be there and not be empty.
func (n Node) Need() string {
	if !n.Here() {
		n.Fail("required", "This is needed.")
		return ""
	}
	s := n.Text()
	if strings.TrimSpace(s) == "" {
		n.Fail("required", "This must not be empty.")
	}
	return s
}

// Match is a text of a form; help says which.
func (n Node) Match(re *regexp.Regexp, help string) string {
	s := n.Need()
	if s != "" && !re.MatchString(s) {
		n.Fail("pattern", "%.60q cannot be used: %s.", s, help)
	}
	return s
}

// OneOf is one of some texts, the first when it is missing.
func (n Node) OneOf(allowed ...string) string {
	if !n.Here() {
		return allowed[0]
	}
	s := n.Text()
	if !contains(allowed, s) {
		more := ""
		if near := expr.Nearest(s, allowed); near != "" {
			more = " Did you mean " + near + "?"
		}
		n.Fail("value", "%.60q is not one of %s.%s", s, strings.Join(allowed, ", "), more)
		return allowed[0]
	}
	return s
}

// Texts is a list of texts, or one text for a list of one.
func (n Node) Texts() []string {
	if n.Here() && n.raw().Kind == yaml.ScalarNode {
		return []string{n.Need()}
	}
	var out []string
	for _, x := range n.List() {
		out = append(out, x.Need())
	}
	return out
}

// Bool is yes or no, no when it is missing.
func (n Node) Bool() bool {
	if !n.Here() {
		return false
	}
	if r := n.raw(); r.Kind != yaml.ScalarNode || r.ShortTag() != "!!bool" {
		n.Fail("type", "true or false is needed here.")
		return false
	}
	return strings.EqualFold(n.raw().Value, "true")
}

// Int is a whole number within limits, def when it is missing.
func (n Node) Int(def, least, most int) int {
	if !n.Here() {
		return def
	}
	i, err := strconv.Atoi(n.raw().Value)
	if r := n.raw(); r.Kind != yaml.ScalarNode || r.ShortTag() != "!!int" || err != nil {
		n.Fail("type", "A whole number is needed here.")
		return def
	}
	if i < least || i > most {
		n.Fail("range", "%d is not between %d and %d.", i, least, most)
		return def
	}
	return i
}

// Duration is a time such as 90s, 15m or 2h in whole seconds, def when it is
// missing.
func (n Node) Duration(def, most time.Duration) time.Duration {
	if !n.Here() {
		return def
	}
	d, err := time.ParseDuration(n.Word())
	if err != nil || d <= 0 || d%time.Second != 0 {
		n.Fail("duration", "%.40q is not a time such as 90s, 15m or 2h.", n.raw().Value)
		return def
	}
	if d > most {
		n.Fail("range", "%s is more than %s.", d, most)
		return def
	}
	return d
}

// Values are the keys of an object with texts or numbers as values.
func (n Node) Values() []KeyValue {
	if !n.Here() || !n.isMap() {
		return nil
	}
	var out []KeyValue
	for _, p := range n.Pairs() {
		out = append(out, KeyValue{Key: p.Key, Value: p.scalar(), Node: p.Node})
	}
	return out
}

// KeyValue is one of Values.
type KeyValue struct {
	Key, Value string
	Node       Node
}

func (n Node) scalar() string {
	r := n.raw()
	if r == nil || r.Kind != yaml.ScalarNode || r.ShortTag() == "!!null" {
		n.Fail("type", "A text or a number is needed here.")
		return ""
	}
	return r.Value
}
