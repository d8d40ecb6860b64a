package terraform

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"

	tfjson "github.com/hashicorp/terraform-json"
)

// Change is what a plan does to one resource, ready to be shown and kept:
// sensitive values are not in it.
type Change struct {
	Address    string      `json:"address"`
	Type       string      `json:"type"`
	Name       string      `json:"name"`
	Action     string      `json:"action"` // create, update, delete, replace, import, forget or no-op
	PlannedID  string      `json:"plannedId,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty"`
}

// Attribute is one attribute of a change.
type Attribute struct {
	Name      string `json:"name"`
	Before    string `json:"before,omitempty"`
	After     string `json:"after,omitempty"`
	Unknown   bool   `json:"unknown,omitempty"`   // known after apply
	Sensitive bool   `json:"sensitive,omitempty"` // neither value is kept
	Replaces  bool   `json:"replaces,omitempty"`  // it is why the resource is replaced
}

// Changes lists what a plan does, in order of address. Resources that stay as
// they are are left out.
func Changes(p *tfjson.Plan) []Change {
	var out []Change
	for _, rc := range p.ResourceChanges {
		if rc.Mode == tfjson.DataResourceMode || rc.Change == nil {
			continue
		}
		action := actionOf(rc.Change)
		if action == "no-op" {
			continue
		}
		out = append(out, Change{Address: rc.Address, Type: rc.Type, Name: rc.Name, Action: action,
			PlannedID: plannedID(rc.Change), Attributes: attributes(rc.Change)})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Address < out[j].Address })
	return out
}

func actionOf(c *tfjson.Change) string {
	switch {
	case c.Importing != nil:
		return "import"
	case c.Actions.Replace():
		return "replace"
	case c.Actions.Create():
		return "create"
	case c.Actions.Update():
		return "update"
	case c.Actions.Delete():
		return "delete"
	case c.Actions.Forget():
		return "forget"
	}
	return "no-op"
}

func plannedID(c *tfjson.Change) string {
	after, _ := c.After.(map[string]any)
	id, _ := after["id"].(string)
	return id
}

func attributes(c *tfjson.Change) []Attribute {
	before, _ := c.Before.(map[string]any)
	after, _ := c.After.(map[string]any)
	unknown, _ := c.AfterUnknown.(map[string]any)
	replaces := replacing(c.ReplacePaths)
	var out []Attribute
	for _, name := range keys(before, after, unknown) {
		a := Attribute{Name: name, Unknown: unknown[name] == true, Replaces: replaces[name]}
		a.Sensitive = masks(c.BeforeSensitive, name) || masks(c.AfterSensitive, name)
		if !a.Unknown && reflect.DeepEqual(before[name], after[name]) {
			continue
		}
		if !a.Sensitive {
			a.Before, a.After = shown(before[name]), shown(after[name])
		}
		out = append(out, a)
	}
	return out
}

func keys(maps ...map[string]any) []string {
	seen := map[string]bool{}
	for _, m := range maps {
		for k := range m {
			seen[k] = true
		}
	}
	out := make([]string, 0, len(seen))
	for k := range seen {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// masks reports whether any part of the attribute is sensitive.
func masks(mask any, name string) bool {
	m, ok := mask.(map[string]any)
	if !ok {
		return mask == true
	}
	return anyTrue(m[name])
}

func anyTrue(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case map[string]any:
		for _, e := range v {
			if anyTrue(e) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if anyTrue(e) {
				return true
			}
		}
	}
	return false
}

func replacing(paths []any) map[string]bool {
	out := map[string]bool{}
	for _, p := range paths {
		if steps, ok := p.([]any); ok && len(steps) > 0 {
			out[fmt.Sprint(steps[0])] = true
		}
	}
	return out
}

// maxShown bounds how much of a value is kept for the page.
const maxShown = 500

func shown(v any) string {
	var s string
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		s = v
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return "?"
		}
		s = string(b)
	}
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return s
}

// Found is a resource that exists but is not in the state.
type Found struct {
	Address string
	ID      string
}

// importBlocks is the file that takes found back into the state.
func importBlocks(found []Found) string {
	var out string
	for _, f := range found {
		id, _ := json.Marshal(f.ID) // a string always marshals
		out += fmt.Sprintf("import {\n  to = %s\n  id = %s\n}\n", f.Address, escapeTemplate(string(id)))
	}
	return out
}
