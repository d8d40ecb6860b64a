package catalogview

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// TemplateProps are what a template asks and does.
type TemplateProps struct {
	Asks  []ui.Pair
	Steps []TemplateStep
	URL   string
}

// TemplateStep is one step of a template.
type TemplateStep struct{ Number, Name, Action string }

func templatePanels(e catalog.Entity) []templ.Component {
	p := TemplateProps{URL: "/create/" + e.Ref.Namespace + "/" + e.Ref.Name}
	pages, ok := e.Spec["parameters"].([]any)
	if !ok {
		pages = []any{e.Spec["parameters"]}
	}
	for _, page := range pages {
		m, _ := page.(map[string]any)
		fields, _ := m["properties"].(map[string]any)
		var names []string
		for name, f := range fields {
			fm, _ := f.(map[string]any)
			names = append(names, cmp.Or(text(fm["title"]), name))
		}
		slices.Sort(names)
		if len(names) > 0 {
			p.Asks = append(p.Asks, ui.Pair{Key: cmp.Or(text(m["title"]), "Values"), Value: strings.Join(names, ", ")})
		}
	}
	steps, _ := e.Spec["steps"].([]any)
	for i, s := range steps {
		m, _ := s.(map[string]any)
		p.Steps = append(p.Steps, TemplateStep{fmt.Sprint(i + 1), cmp.Or(text(m["name"]), text(m["id"]), text(m["action"])), text(m["action"])})
	}
	return []templ.Component{templatePanel(p)}
}

// Bounds of the spec of a kind that the portal does not know.
const (
	maxSpecValue = 2000
	maxSpecText  = 20_000
)

// specPanels show the spec of a kind that the portal does not know: plain
// values as a list, the rest as YAML.
func specPanels(e catalog.Entity) []templ.Component {
	var plain []ui.Pair
	rest := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(e.Spec)) {
		v := e.Spec[k]
		s, one := plainValue(v)
		if !one {
			rest[k] = v
			continue
		}
		pair := ui.Pair{Key: k, Value: shortened(s, maxSpecValue)}
		if safeLink(s) {
			pair.URL = s
		}
		plain = append(plain, pair)
	}
	more := ""
	if len(rest) > 0 {
		if b, err := yaml.Marshal(rest); err == nil { // plain values always encode
			more = shortened(string(b), maxSpecText)
		}
	}
	if len(plain) == 0 && more == "" {
		return nil
	}
	return []templ.Component{specPanel(plain, more)}
}

// plainValue is a value that fits a line.
func plainValue(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, !strings.Contains(v, "\n")
	case bool, float64, int:
		return fmt.Sprint(v), true
	}
	return "", false
}
