package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

// Org is an organisation, group or user whose repositories are read.
type Org struct {
	URL      string
	Path     string // file or glob in each repository; empty: catalog-info.yaml
	Match    string // pattern of the names of repositories; empty: all
	Exclude  string
	Topics   []string // one of them is enough; none: all
	Archived bool
	Forks    bool
	People   bool // its teams and members too
}

// OrgID is the id of an organisation's source.
func OrgID(address string) string { return "org:" + strings.TrimSuffix(address, "/") }

// repository is one of an organisation's, as its host lists it.
type repository struct {
	path     string // on its host
	branch   string // the default one; empty: nothing was pushed yet
	topics   []string
	archived bool
	fork     bool
	changed  string // differs after a push; empty: the host does not say
}

// team is a group of people; name and parent are slugs.
type team struct {
	name, title, description, parent string
	annotation                       string
	members                          []string
}

// card is what a host tells of a person.
type card struct{ login, name, email, picture string }

// lister asks the API of a host. Faults: NotFound when there is no such
// organisation, else as fetch.Client.Get. It is made of functions, and no
// interface, so that the linker leaves out what an SDK has besides.
type lister struct {
	repositories func(ctx context.Context, org string, topics bool) ([]repository, error)
	people       func(ctx context.Context, org string) ([]team, []card, error)
}

// Organisation implements catalog.Remote: a Location that names the catalog
// files of all repositories that match, and groups and users if they are
// asked for.
func (r *Reader) Organisation(ctx context.Context, target string) (catalog.Snapshot, error) {
	i := slices.IndexFunc(r.o.Orgs, func(o Org) bool { return OrgID(o.URL) == OrgID(target) })
	if i < 0 {
		return catalog.Snapshot{}, fault.Newf(fault.NotFound, "%s is not among catalog.orgs", target)
	}
	org := r.o.Orgs[i]
	u, err := url.Parse(org.URL)
	if err != nil {
		return catalog.Snapshot{}, fault.Newf(fault.Invalid, "%s is no address", org.URL)
	}
	h, ok := r.o.Client.Host(u.Host)
	if !ok {
		return catalog.Snapshot{}, r.o.Client.Check(org.URL)
	}
	name := strings.Trim(u.Path, "/")
	l, err := r.lister(ctx, h)
	if err != nil {
		return catalog.Snapshot{}, err
	}
	list, err := l.repositories(ctx, name, len(org.Topics) > 0)
	if err != nil {
		return catalog.Snapshot{}, err
	}
	list = slices.DeleteFunc(list, func(x repository) bool { return !org.wants(x) })
	files := memFS{"repositories.yaml": location(h, u, r.targets(h, org, list))}
	if org.People {
		teams, people, err := l.people(ctx, name)
		if err != nil {
			return catalog.Snapshot{}, err
		}
		files["people.yaml"] = peopleFile(h, teams, people)
	}
	return catalog.Snapshot{FS: files, Path: ".", Version: files.version(), Location: func(p string) string {
		return strings.TrimSuffix(OrgID(org.URL)+"#"+p, "#")
	}}, nil
}

// wants reports whether a repository is one of those to read.
func (o Org) wants(x repository) bool {
	name := x.path[strings.LastIndexByte(x.path, '/')+1:]
	switch {
	case x.branch == "", x.archived && !o.Archived, x.fork && !o.Forks:
		return false
	case o.Match != "" && !matches(o.Match, name), o.Exclude != "" && matches(o.Exclude, name):
		return false
	}
	return len(o.Topics) == 0 || slices.ContainsFunc(o.Topics, func(t string) bool { return slices.Contains(x.topics, t) })
}

func matches(pattern, name string) bool {
	ok, err := doublestar.Match(pattern, name)
	return ok && err == nil
}

// targets are the addresses of the repositories' catalog files. What the host
// says of their last change saves asking each of them.
func (r *Reader) targets(h fetch.Host, o Org, list []repository) []string {
	scheme := "https://"
	if h.HTTP {
		scheme = "http://"
	}
	name := o.Path
	if name == "" {
		name = "catalog-info.yaml"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]string, 0, len(list))
	for _, x := range list {
		a := Address{Host: h, Repo: x.path, View: fileView[h.Kind], root: scheme + h.Name + "/"}
		r.hints[a.Clone()] = x.changed
		out = append(out, a.In(x.branch, name))
	}
	slices.Sort(out)
	return out
}

// entityName makes a name of what a host calls something.
func entityName(s string) string {
	var b strings.Builder
	for _, c := range s {
		if (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strings.ContainsRune("-_.", c) {
			b.WriteRune(c)
		} else {
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-_.")
	if name == "" || len(name) > 63 {
		sum := sha256.Sum256([]byte(s))
		name = strings.Trim(name[:min(len(name), 50)]+"-"+hex.EncodeToString(sum[:6]), "-_.")
	}
	return name
}
