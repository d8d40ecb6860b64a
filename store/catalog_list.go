package store

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// summaryColumns are the fields of lists; they must match scanSummary.
const summaryColumns = `kind, title, description, type, lifecycle, owner, system, tags`

func scanSummary(r scanner, more ...any) (catalog.Summary, error) {
	var e catalog.Summary
	var ref, owner, system, tags string
	err := r.Scan(append([]any{&ref, &e.Kind, &e.Title, &e.Description, &e.Type, &e.Lifecycle, &owner, &system, &tags}, more...)...)
	if err != nil {
		return e, err
	}
	e.Ref, e.Owner, e.System = splitRef(ref), splitRef(owner), splitRef(system)
	if tags == "[]" {
		return e, nil
	}
	return e, json.Unmarshal([]byte(tags), &e.Tags)
}

// splitRef reads a canonical reference as it was stored.
func splitRef(s string) catalog.Ref {
	kind, rest, _ := strings.Cut(s, ":")
	ns, name, _ := strings.Cut(rest, "/")
	return catalog.Ref{Kind: kind, Namespace: ns, Name: name}
}

// Entities returns one page of entities. Which ones, how many and the facets
// come from the list in memory; what is shown of them from the database.
func (s *Store) Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error) {
	list, err := s.entityList(ctx)
	if err != nil {
		return catalog.Page{}, err
	}
	mask := s.hiddenFrom(v)
	refs, page := list.page(f, mask)
	var newest int64
	page.Items, newest, err = s.summariesSince(ctx, refs, mask)
	if err == nil && (newest > list.generation || len(page.Items) < len(refs)) {
		return s.entitiesAtOnce(ctx, list, f, mask)
	}
	return page, err
}

// entitiesAtOnce is Entities for when something of the page has changed since
// the list was made: it reads both at one moment.
func (s *Store) entitiesAtOnce(ctx context.Context, list *entityList, f catalog.Filter, mask int64) (page catalog.Page, err error) {
	err = s.atOnce(ctx, func(ctx context.Context) error {
		if list, err = s.grownList(ctx, list); err != nil {
			return err
		}
		var refs []string
		refs, page = list.page(f, mask)
		page.Items, err = s.summaries(ctx, refs, mask)
		return err
	})
	return page, err
}

// EntityOptions returns entities of the kinds whose name or title holds q, for
// pickers.
func (s *Store) EntityOptions(ctx context.Context, v access.Viewer, kinds []string, q string, limit int) ([]catalog.Summary, error) {
	p, err := s.Entities(ctx, v, catalog.Filter{Kinds: lowered(kinds), Text: q, Limit: limit})
	return p.Items, err
}

func lowered(list []string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = strings.ToLower(v)
	}
	return out
}

// EntityTotal returns how many entities there are for v.
func (s *Store) EntityTotal(ctx context.Context, v access.Viewer) (int, error) {
	list, err := s.entityList(ctx)
	if err != nil {
		return 0, err
	}
	return list.total(s.hiddenFrom(v)), nil
}

// EntityCounts returns how often each value of a field (kind, type, owner,
// lifecycle, tag, system) occurs among what f finds, most frequent first.
func (s *Store) EntityCounts(ctx context.Context, v access.Viewer, f catalog.Filter, field string) ([]catalog.Count, error) {
	list, err := s.entityList(ctx)
	if err != nil {
		return nil, err
	}
	return list.found(f, s.hiddenFrom(v)).facets[field], nil
}

// OwnedCounts returns how many entities of each kind the owners have.
func (s *Store) OwnedCounts(ctx context.Context, v access.Viewer, owners []string) (map[string]int, error) {
	counts, err := s.EntityCounts(ctx, v, catalog.Filter{Owners: owners}, "kind")
	out := make(map[string]int, len(counts))
	for _, c := range counts {
		out[c.Value] = c.N
	}
	return out, err
}

// EntitySummaries returns those of the references that exist for v.
func (s *Store) EntitySummaries(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Summary, error) {
	const most = 500
	names := make([]string, 0, len(refs))
	for _, r := range refs[:min(len(refs), most)] {
		names = append(names, r.String())
	}
	list, err := s.summaries(ctx, names, s.hiddenFrom(v))
	out := make(map[catalog.Ref]catalog.Summary, len(list))
	for _, e := range list {
		out[e.Ref] = e
	}
	return out, err
}

// summaries reads the entities in the order of refs; one that has just been
// removed or covered is left out.
func (s *Store) summaries(ctx context.Context, refs []string, mask int64) ([]catalog.Summary, error) {
	list, _, err := s.summariesSince(ctx, refs, mask)
	return list, err
}

// summariesSince is summaries with the newest generation among them.
func (s *Store) summariesSince(ctx context.Context, refs []string, mask int64) (_ []catalog.Summary, newest int64, _ error) {
	if len(refs) == 0 {
		return nil, 0, nil
	}
	// The number of marks is rounded up, so that few statements are kept.
	n := 1
	for n < len(refs) {
		n *= 2
	}
	args := anys(refs)
	for len(args) < n {
		args = append(args, "")
	}
	args = append(args, mask)
	rows, err := s.query(ctx, `SELECT ref, `+summaryColumns+`, generation FROM entities WHERE ref IN (`+marks(n)+`) AND (hidden_by & ?) = 0`, args...)
	list, err := collect(rows, err, func(r scanner) (catalog.Summary, error) {
		var generation int64
		e, err := scanSummary(r, &generation)
		newest = max(newest, generation)
		return e, err
	})
	if err != nil {
		return nil, 0, err
	}
	at := make(map[string]catalog.Summary, len(list))
	for _, e := range list {
		at[e.Ref.String()] = e
	}
	out := make([]catalog.Summary, 0, len(refs))
	for _, r := range refs {
		if e, ok := at[r]; ok {
			out = append(out, e)
		}
	}
	return out, newest, nil
}
