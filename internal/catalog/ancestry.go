package catalog

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Ancestry says why an entity is in the catalog.
type Ancestry struct {
	// Source is what the configuration or a person named, with its last
	// reading. Of an engine's entity only the id is known.
	Source SourceState
	// Items begin with the entity itself; the Location entities that led to it
	// follow, nearest first. One that the viewer may not see is left out.
	Items []Ancestor
}

// Ancestor is one step from an entity to its source.
type Ancestor struct {
	Ref    Ref
	Kind   string // as written
	Title  string
	Source Source // file, document, line and commit
	// Parents are the Location entities whose targets name this one's file;
	// none when the source names the file itself.
	Parents []Ref
	// Target is what the nearest parent says that leads here.
	Target string
}

// Root reports whether the source names the file itself.
func (a Ancestor) Root() bool { return len(a.Parents) == 0 }

// LeadsTo returns the first target of a Location entity, whose own file is at
// from, that names the file at location. Both are locations such as
// file:/srv/a.yaml or url:https://….
func LeadsTo(e Entity, from, location string) (target string, ok bool) {
	if e.Ref.Kind != "location" || from == location {
		return "", false
	}
	for _, t := range targetsOf(e) {
		kind, name, _ := strings.Cut(strings.TrimPrefix(t, "?"), ">")
		if leads(kind, name, from, location) {
			return name, true
		}
	}
	return "", false
}

func leads(kind, name, from, location string) bool {
	want := absolute(kind, name, from)
	if want == location {
		return true
	}
	if !isGlob(want) {
		return strings.HasPrefix(location, strings.TrimSuffix(want, "/")+"/")
	}
	ok, err := doublestar.Match(want, location)
	return ok && err == nil
}

// absolute makes a location of a target in a file at from.
func absolute(kind, name, from string) string {
	switch {
	case strings.Contains(name, "://"):
		return "url:" + name
	case path.IsAbs(name) && (kind == "file" || strings.HasPrefix(from, "file:")):
		return "file:" + path.Clean(name)
	}
	scheme, rest, ok := strings.Cut(from, "://")
	if !ok {
		scheme, rest, _ = strings.Cut(from, ":")
		return scheme + ":" + path.Join(path.Dir(rest), name)
	}
	return scheme + "://" + path.Join(path.Dir(rest), name)
}

// Ascend orders the way from an entity up to its source. locations are the
// Location entities of the same source, each with its own place. A circle of
// Locations ends where it closes.
func Ascend(e Entity, locations []Entity) []Ancestor {
	const most = 100
	out := []Ancestor{ancestor(e)}
	for i := 0; i < len(out) && len(out) < most; i++ {
		for _, l := range locations {
			target, ok := LeadsTo(l, l.Source.Location, out[i].Source.Location)
			if !ok {
				continue
			}
			if len(out[i].Parents) == 0 {
				out[i].Target = target
			}
			out[i].Parents = append(out[i].Parents, l.Ref)
			if !slices.ContainsFunc(out, func(a Ancestor) bool { return a.Ref == l.Ref }) {
				out = append(out, ancestor(l))
			}
		}
	}
	return out
}

func ancestor(e Entity) Ancestor {
	return Ancestor{Ref: e.Ref, Kind: e.Kind, Title: e.Title(), Source: e.Source}
}
