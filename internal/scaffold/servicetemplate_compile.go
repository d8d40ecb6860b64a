package scaffold

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/strictyaml"
)

// includes are what a resource may include, with the file that it becomes.
var includes = map[string]string{
	"dashboard": "observability/dashboard.json", "alerts": "observability/alerts.yaml",
	"metrics": "deploy/service-monitor.yaml", "network-policy": "deploy/network-policy.yaml",
	"disruption-budget": "deploy/disruption-budget.yaml", "service-account": "deploy/service-account.yaml",
	"docs": "docs/index.md",
}

// includeWords are other names of includes.
var includeWords = map[string]string{"dashboards": "dashboard", "grafana": "dashboard", "grafana-dashboard": "dashboard", "alert": "alerts", "alerting": "alerts",
	"prometheus": "metrics", "prometheus-rules": "alerts", "service-monitor": "metrics", "servicemonitor": "metrics", "monitoring": "metrics",
	"networkpolicy": "network-policy", "network": "network-policy", "pdb": "disruption-budget", "poddisruptionbudget": "disruption-budget",
	"serviceaccount": "service-account", "documentation": "docs", "techdocs": "docs"}

func includeName(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(s), "_", "-"), " ", "-")
	if other, ok := includeWords[s]; ok {
		return other
	}
	return s
}

func includeNames() []string { return slices.Sorted(maps.Keys(includes)) }

// compiled makes the Template: the form of its parameters, and steps that
// render the resources, publish and register.
func (s *serviceTemplate) compiled(root, spec strictyaml.Node) compiled {
	c := compiled{notes: s.notes}
	name, owner, about := s.has("service_name", "name", "service"), s.has("owner", "team", "owner_team"), s.has("description")
	properties, required, order := s.form(name, owner, about)
	name, owner, about = either(name, "name"), either(owner, "owner"), either(about, "description")
	values := map[string]any{}
	for _, p := range order {
		values[p.(string)] = "${{ parameters." + p.(string) + " }}"
	}
	for k, v := range map[string]string{"service_name": "${{ parameters." + name + " }}", "name": "${{ parameters." + name + " }}", "owner": "${{ parameters." + owner + " }}",
		"team": team(owner), "description": "${{ parameters." + about + " }}", "image": "${{ parameters." + name + " }}:0.1.0"} {
		if _, ok := properties[k]; !ok {
			values[k] = v
		}
	}
	when := s.write(&c)
	if len(s.workflows) > 0 {
		if b, err := yaml.Marshal(map[string]any{"workflows": s.workflows}); err == nil {
			c.files = append(c.files, makeFile("skeleton/workflows.yaml", "# What is done with this service, step by step.\n"+string(b)))
		}
	}
	for _, file := range []string{"README.md", "catalog-info.yaml", ".gitignore"} {
		content, _ := starter("", file)
		c.files = append(c.files, makeFile("skeleton/"+file+".njk", content))
	}
	skeleton := map[string]any{"name": "${{ parameters." + name + " }}", "description": "${{ parameters." + about + " }}", "owner": "${{ parameters." + owner + " }}",
		"team": team(owner), "path": root.Get("metadata").Get("name").Text(), "tags": []any{"service"}}
	steps := []any{
		map[string]any{"id": "resources", "name": "Render the resources", "action": "fetch:go-template",
			"input": map[string]any{"url": generatedFolder("resources"), "values": values, "when": when}},
		map[string]any{"id": "files", "name": "Make the other files", "action": "fetch:template",
			"input": map[string]any{"url": generatedFolder("skeleton"), "templateFileExtension": true, "values": skeleton}}}
	more, output := publishing(name, owner, about)
	c.spec = map[string]any{"type": either(spec.Get("type").Text(), "service"), "strict": true, "steps": append(steps, more...), "output": output,
		"owner": spec.Get("owner").Text(), "lifecycle": spec.Get("lifecycle").Text(), "version": spec.Get("version").Word(), "gets": s.gets(),
		"presentation": map[string]any{"buttonLabels": map[string]any{"createButtonText": "Create the service"}},
		"parameters":   []any{map[string]any{"title": "Describe it", "required": required, "properties": properties, "ui:order": order}}}
	clean(c.spec)
	return c
}

// form are the properties, with name, owner and description added where the
// file does not ask for them.
func (s *serviceTemplate) form(name, owner, about string) (properties map[string]any, required, order []any) {
	properties = map[string]any{}
	need := func(key string, field map[string]any) {
		properties[key] = field
		required, order = append(required, key), append(order, key)
	}
	if name == "" {
		need("name", nameField("Name"))
	}
	for _, p := range s.params {
		switch p.name {
		case name:
			p.schema = withTitle(nameField(""), p.schema)
		case owner:
			p.schema = withTitle(ownerField(""), p.schema)
		}
		properties[p.name], order = p.schema, append(order, p.name)
		if p.required || p.name == name || p.name == owner {
			required = append(required, p.name)
		}
	}
	if about == "" {
		need("description", descriptionField())
	}
	if owner == "" {
		need("owner", ownerField("Owner"))
	}
	return properties, required, order
}

// withTitle keeps a parameter's own words and default in a field of ours.
func withTitle(field, own map[string]any) map[string]any {
	for _, key := range []string{"title", "ui:help", "default"} {
		if v, ok := own[key]; ok {
			field[key] = v
		}
	}
	return field
}

// write makes a file of every resource, and says on which conditions.
func (s *serviceTemplate) write(c *compiled) []any {
	when := []any{}
	used := map[string]int{}
	put := func(file, content, condition string) {
		base := file
		if used[base]++; used[base] > 1 {
			dot := strings.LastIndex(file, ".")
			file = fmt.Sprintf("%s-%d%s", file[:dot], used[base], file[dot:])
		}
		c.files = append(c.files, makeFile("resources/"+file, content))
		if condition != "" {
			when = append(when, map[string]any{"path": file, "condition": condition})
		}
	}
	for _, r := range s.resources {
		if r.template != "" {
			put("deploy/"+slug(r.kind)+".yaml", r.template, r.condition)
		}
		for _, inc := range r.includes {
			b, err := starters.ReadFile("starters/includes/" + inc + ".tmpl")
			if err == nil {
				put(includes[inc], string(b), r.condition)
			}
		}
	}
	return when
}

func (s *serviceTemplate) gets() []any {
	out := []any{"Repository: with its catalog entry, to clone at once"}
	for _, r := range s.resources {
		line := words(strings.ReplaceAll(r.kind, "-", "_"))
		if len(r.includes) > 0 {
			line += ": " + strings.Join(r.includes, ", ")
		}
		if r.condition != "" {
			line += " (when " + r.condition + ")"
		}
		out = append(out, line)
	}
	return out
}
