package register

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// proposed is an entity in the order in which people write it.
type proposed struct {
	APIVersion string       `yaml:"apiVersion" json:"apiVersion"`
	Kind       string       `yaml:"kind" json:"kind"`
	Metadata   proposedMeta `yaml:"metadata" json:"metadata"`
	Spec       proposedSpec `yaml:"spec" json:"spec"`
}

type proposedMeta struct {
	Name        string            `yaml:"name" json:"name"`
	Description string            `yaml:"description,omitempty" json:"description,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty" json:"annotations,omitempty"`
	Tags        []string          `yaml:"tags,omitempty" json:"tags,omitempty"`
}

type proposedSpec struct {
	Type       string            `yaml:"type" json:"type"`
	Lifecycle  string            `yaml:"lifecycle" json:"lifecycle"`
	Owner      string            `yaml:"owner" json:"owner"`
	Provides   []string          `yaml:"providesApis,omitempty" json:"providesApis,omitempty"`
	Definition map[string]string `yaml:"definition,omitempty" json:"definition,omitempty"`
}

// body is the entity as JSON has it.
func (p proposed) body() map[string]any {
	var out map[string]any
	raw, err := json.Marshal(p)
	if err != nil || json.Unmarshal(raw, &out) != nil {
		return nil // texts always encode
	}
	return out
}

// text is the file that holds all of them.
func text(list []proposed) string {
	var b strings.Builder
	for i, p := range list {
		if i > 0 {
			b.WriteString("---\n")
		}
		enc := yaml.NewEncoder(&b)
		enc.SetIndent(2)
		if enc.Encode(p) != nil || enc.Close() != nil {
			return "" // texts always encode
		}
	}
	return b.String()
}

// UnknownOwner stands where nobody could be told.
const UnknownOwner = "unknown"

// entities are the component that the repository is, and its APIs; with how
// the values of the first were found.
func (r *repo) entities() ([]proposed, []Field) {
	owner := r.owner
	if owner == "" {
		owner = UnknownOwner
	}
	c := proposed{APIVersion: "backstage.io/v1alpha1", Kind: "Component",
		Metadata: proposedMeta{Name: nameFor(r.name), Description: r.about, Annotations: r.annotations()},
		Spec:     proposedSpec{Type: r.kind, Lifecycle: "production", Owner: owner}}
	if r.language != "" {
		c.Metadata.Tags = []string{r.language}
	}
	out := []proposed{c}
	for _, f := range r.apis {
		a := proposed{APIVersion: "backstage.io/v1alpha1", Kind: "API",
			Metadata: proposedMeta{Name: r.apiName(f, out)},
			Spec:     proposedSpec{Type: f.kind, Lifecycle: "production", Owner: owner, Definition: map[string]string{"$text": "./" + f.path}}}
		out[0].Spec.Provides = append(out[0].Spec.Provides, a.Metadata.Name)
		out = append(out, a)
	}
	return out, r.fields(c)
}

// annotations that tools look for.
func (r *repo) annotations() map[string]string {
	out := map[string]string{}
	if r.host != "" && r.host != "waymark" {
		key := r.host
		if strings.Contains(r.host, ":") {
			key = r.host[:strings.LastIndexByte(r.host, ':')]
		}
		out[key+"/project-slug"] = r.slug
	}
	if r.docs {
		out["backstage.io/techdocs-ref"] = "dir:."
	}
	return out
}

// apiName is a free name for an API.
func (r *repo) apiName(f apiFile, taken []proposed) string {
	base := strings.TrimSuffix(path.Base(f.path), path.Ext(f.path))
	name := nameFor(r.name)
	if !slices.Contains([]string{"openapi", "swagger", "asyncapi", "schema", "api", "index"}, strings.ToLower(base)) {
		name = nameFor(r.name + "-" + base)
	} else if slices.ContainsFunc(taken, func(p proposed) bool { return p.Kind == "API" && p.Metadata.Name == name }) {
		name = nameFor(r.name + "-" + f.kind)
	}
	for n := 2; slices.ContainsFunc(taken, func(p proposed) bool { return p.Kind == "API" && p.Metadata.Name == name }); n++ {
		name = nameFor(r.name + "-" + strings.ReplaceAll(path.Dir(f.path), "/", "-") + "-" + base + strings.Repeat("-x", n-2))
	}
	return name
}

// maxName is the longest name of an entity.
const maxName = 63

// nameFor makes an entity's name of what people call something.
func nameFor(s string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(s) {
		if (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strings.ContainsRune("-_.", c) {
			b.WriteRune(c)
		} else {
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-_.")
	if len(name) > maxName {
		name = strings.Trim(name[:maxName], "-_.")
	}
	if name == "" {
		return "component"
	}
	return name
}

// fields tell how the values of the component were found.
func (r *repo) fields(c proposed) []Field {
	owner := Field{"spec.owner", NeedsUser, "", "The group that answers for it. No code owner of the repository is a group of the catalog."}
	if r.owner != "" {
		owner = Field{"spec.owner", Suggested, r.owner, "From the file CODEOWNERS of " + r.title() + "."}
	}
	about := Field{"metadata.description", NoValue, "", "The README has no first paragraph."}
	if r.about != "" {
		about = Field{"metadata.description", Suggested, r.about, "First paragraph of the README."}
	}
	tags := Field{"metadata.tags", NoValue, "", "No programming language could be told."}
	if r.language != "" {
		tags = Field{"metadata.tags", Suggested, r.language, "The language of most files."}
	}
	return []Field{{"metadata.name", Suggested, c.Metadata.Name, "The name of the repository."}, about, tags, owner,
		{"spec.type", Suggested, c.Spec.Type, "By the files that are there."}, {"spec.lifecycle", Suggested, "production", "Change it if it is not in use yet."}}
}
