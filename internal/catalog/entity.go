package catalog

import (
	"maps"
	"time"
)

// Entity is one thing that exists, as its file says, with the relations that
// follow from it and from others.
type Entity struct {
	Ref        Ref // canonical: lower case
	APIVersion string
	Kind       string // as written: Component
	Metadata   Metadata
	Spec       map[string]any
	Relations  []Relation // sorted by type, then target
	Source     Source
	UID        string // derived from the reference, so it never changes
	Hash       string // of the body; the entity's etag
	ChangedAt  time.Time
	Orphan     bool // its source could not be read or no longer leads to it
}

// Metadata is the envelope's metadata. Extra holds the keys that the format
// does not name.
type Metadata struct {
	Name        string
	Namespace   string
	Title       string
	Description string
	Labels      map[string]string
	Annotations map[string]string
	Tags        []string
	Links       []Link
	Extra       map[string]any
}

// Link is a link beside an entity.
type Link struct {
	URL   string `json:"url" yaml:"url"`
	Title string `json:"title,omitempty" yaml:"title,omitempty"`
	Icon  string `json:"icon,omitempty" yaml:"icon,omitempty"`
	Type  string `json:"type,omitempty" yaml:"type,omitempty"`
	// Extra holds the keys that the format does not name.
	Extra map[string]any `json:"-" yaml:"-"`
}

// body is the link in the shape of its file.
func (l Link) body() any {
	if len(l.Extra) == 0 {
		return l
	}
	m := maps.Clone(l.Extra)
	for key, v := range map[string]string{"url": l.URL, "title": l.Title, "icon": l.Icon, "type": l.Type} {
		if v != "" {
			m[key] = v
		}
	}
	return m
}

// Relation is one edge from an entity to Target, which may not exist.
type Relation struct {
	Type   string
	Target Ref
}

// Source says where an entity was read.
type Source struct {
	ID       string // source id: a location such as file:/srv/catalog, or engine:environments
	Location string // of the file: file:/srv/catalog/a.yaml or url:https://…
	File     string // path inside the source
	Document int    // number of the document in the file, from 1
	Line     int    // line on which the document begins
	Version  string // commit, if the source has one
}

// Title is what people call the entity: its title, else its display name,
// else its name.
func (e Entity) Title() string {
	if e.Metadata.Title != "" {
		return e.Metadata.Title
	}
	if name := e.Profile("displayName"); name != "" {
		return name
	}
	return e.Metadata.Name
}

// Text returns the text at a key of the spec, empty when it is absent or no
// text.
func (e Entity) Text(key string) string {
	s, _ := e.Spec[key].(string)
	return s
}

// Profile returns a text of spec.profile, as users and groups have it.
func (e Entity) Profile(key string) string {
	p, _ := e.Spec["profile"].(map[string]any)
	s, _ := p[key].(string)
	return s
}

// Type, Lifecycle and the references below are the fields that lists show.

// Type is spec.type.
func (e Entity) Type() string { return e.Text("type") }

// Lifecycle is spec.lifecycle.
func (e Entity) Lifecycle() string { return e.Text("lifecycle") }

// Owner is the canonical reference in spec.owner; zero when there is none.
func (e Entity) Owner() Ref { return e.refAt("owner", "group") }

// System is the canonical reference in spec.system; zero when there is none.
func (e Entity) System() Ref { return e.refAt("system", "system") }

func (e Entity) refAt(key, kind string) Ref {
	s := e.Text(key)
	if s == "" {
		return Ref{}
	}
	r, err := ParseRef(s, kind, e.Ref.Namespace)
	if err != nil {
		return Ref{}
	}
	return r.Canonical()
}

// Related returns the targets of relations of one type.
func (e Entity) Related(relation string) []Ref {
	var out []Ref
	for _, r := range e.Relations {
		if r.Type == relation {
			out = append(out, r.Target)
		}
	}
	return out
}
