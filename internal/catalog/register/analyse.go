package register

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Analysis is what an address holds already, or could hold. Its JSON is what
// Backstage's clients know.
type Analysis struct {
	Existing  []ExistingFile `json:"existingEntityFiles"`
	Generated []Proposal     `json:"generateEntities"`
	// For pages: where the proposed file belongs, and its text.
	Target string            `json:"-"` // to register
	File   string            `json:"-"` // address that the proposed file will have
	Text   string            `json:"-"`
	Known  string            `json:"-"` // the source that reads the address already
	Wrong  []catalog.Problem `json:"-"` // of the existing files
}

// ExistingFile is a document that is there.
type ExistingFile struct {
	Registered bool           `json:"isRegistered"`
	Location   Place          `json:"location"`
	Entity     map[string]any `json:"entity"`
	Ref        catalog.Ref    `json:"-"`
}

// Place is a location as Backstage writes it.
type Place struct {
	Type   string `json:"type"`
	Target string `json:"target"`
}

// Proposal is an entity that could describe what is there.
type Proposal struct {
	Entity map[string]any `json:"entity"`
	Fields []Field        `json:"fields"`
}

// Field says how a value of a proposal was found.
type Field struct {
	Field       string `json:"field"`
	State       string `json:"state"`
	Value       string `json:"value"`
	Description string `json:"description"`
}

// The states of a field.
const (
	Suggested = "analysisSuggestedValue"
	NoValue   = "analysisSuggestedNoValue"
	NeedsUser = "needsUserInput"
)

// Names finds which of some references exist for somebody.
type Names interface {
	EntitySummaries(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Summary, error)
}

// Analyser looks at addresses before they are registered. It changes nothing.
type Analyser struct {
	Engine  *catalog.Engine
	Sources Sources
	Names   Names
}

// Analyse reads what target holds for a viewer: the entities of its catalog
// files, each with whether the catalog has it, or, without any, a proposal.
// The target is a repository, or a file, folder or glob in one. What cannot be
// read is fault Invalid for the field target.
func (a Analyser) Analyse(ctx context.Context, v access.Viewer, target string) (Analysis, error) {
	target = strings.TrimSpace(target)
	id, err := catalog.LocationID("url:" + target)
	if err != nil {
		return Analysis{}, fault.InvalidField("target", "format", "Write the whole address, beginning with https://.")
	}
	out := Analysis{Target: target, Existing: []ExistingFile{}, Generated: []Proposal{}}
	if out.Known, err = a.known(ctx, v, id); err != nil {
		return out, err
	}
	snap, err := a.Engine.Look(ctx, target)
	if err != nil {
		return out, refused(err)
	}
	docs, err := a.Engine.Preview(ctx, catalog.Location{ID: id})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // no file yet: it is proposed
		return out, refused(err)
	}
	a.existing(&out, docs)
	if len(out.Existing) > 0 || len(out.Wrong) > 0 {
		return out, nil
	}
	return out, a.propose(ctx, v, snap, &out)
}

// refused names the target as what is wrong, if it is.
func refused(err error) error {
	if unreadable(err) {
		return fault.InvalidField("target", "unreadable", "Nothing could be read there: "+catalog.Reason(err)+".")
	}
	return err
}

func (a Analyser) known(ctx context.Context, v access.Viewer, id string) (string, error) {
	all, err := a.Sources.SeenSources(ctx, v)
	if err != nil {
		return "", err
	}
	for _, s := range all {
		if s.ID == id {
			return id, nil
		}
	}
	return "", nil
}

// existing takes over the documents that are there.
func (a Analyser) existing(out *Analysis, docs []catalog.Document) {
	for _, d := range docs {
		held := out.Known != ""
		for _, p := range d.Problems {
			if p.Code == "conflict" {
				held = true
			}
			out.Wrong = append(out.Wrong, p)
		}
		if d.Entity == nil {
			continue
		}
		kind, at, _ := strings.Cut(d.Entity.Source.Location, ":")
		out.Existing = append(out.Existing, ExistingFile{Registered: held, Location: Place{kind, at}, Entity: d.Entity.Body(), Ref: d.Ref})
	}
}

// propose fills in an entity, and its APIs, from what the repository holds.
func (a Analyser) propose(ctx context.Context, v access.Viewer, snap catalog.Snapshot, out *Analysis) error {
	if snap.Loose {
		return fault.InvalidField("target", "empty", "There is no catalog file at this address.")
	}
	repo := survey(snap.FS)
	repo.name, repo.slug, repo.host = nameOf(out.Target)
	if err := a.owner(ctx, v, repo); err != nil {
		return err
	}
	entities, fields := repo.entities()
	for i, e := range entities {
		p := Proposal{Entity: e.body(), Fields: []Field{}}
		if i == 0 {
			p.Fields = fields
		}
		out.Generated = append(out.Generated, p)
	}
	out.Text = text(entities)
	out.File = strings.TrimPrefix(snap.Location(fileAt(snap.Path)), "url:")
	out.Target = out.File
	return nil
}

// fileAt is where the proposed file belongs: beside what the target names.
func fileAt(p string) string {
	if strings.ContainsAny(p, "*?[{") {
		p, _ = doublestar.SplitPattern(p)
	}
	if ext := path.Ext(p); ext == ".yaml" || ext == ".yml" {
		return p
	}
	return path.Join(p, "catalog-info.yaml")
}

// owner finds the first of the code owners that the catalog knows.
func (a Analyser) owner(ctx context.Context, v access.Viewer, r *repo) error {
	var refs []catalog.Ref
	for _, o := range r.owners {
		name := strings.ToLower(o[strings.LastIndexByte(o, '/')+1:])
		refs = append(refs, catalog.Ref{Kind: "group", Namespace: catalog.DefaultNamespace, Name: name})
	}
	found, err := a.Names.EntitySummaries(ctx, v, refs)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if _, ok := found[ref]; ok {
			r.owner = ref.Name
			return nil
		}
	}
	return nil
}

// nameOf is what an address calls its repository: the name, the slug that
// annotations use, and the host.
func nameOf(target string) (name, slug, host string) {
	u, err := url.Parse(target)
	if err != nil {
		return "", "", ""
	}
	p := strings.Trim(u.Path, "/")
	for _, view := range []string{"/-/", "/blob/", "/tree/", "/src/", "/raw/"} {
		if i := strings.Index(p, view); i > 0 && strings.Contains(p[:i], "/") {
			p = p[:i]
			break
		}
	}
	p = strings.TrimSuffix(p, ".git")
	return path.Base(p), p, u.Host
}

// Check says why an address cannot be read, as far as that can be told
// without asking its host: fault Invalid or Unavailable.
func (a Analyser) Check(target string) error {
	id, err := catalog.LocationID("url:" + strings.TrimSpace(target))
	if err != nil {
		return fault.InvalidField("target", "format", "Write the whole address, beginning with https://.")
	}
	u, err := url.Parse(strings.TrimPrefix(id, "url:"))
	if err != nil || u.User != nil {
		return fault.InvalidField("target", "format", "Write the address without a name and password.")
	}
	if !a.Engine.CanFetch(strings.ToLower(u.Host)) {
		return fault.Newf(fault.Unavailable, "this portal does not read from %s: it is not among catalog.hosts", u.Host)
	}
	return nil
}
