package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// into are the places of the columns of itemsQuery.
func (v *itemRow) into(generation, id *int64) []any {
	return []any{generation, id, &v.ref, &v.body, &v.hash, &v.orphan, &v.stated, &v.inverse}
}

// itemArgs are the arguments of itemsQuery around the one of its condition.
func (a asker) itemArgs(arg any) []any {
	if a.mask == 0 {
		return []any{arg}
	}
	return []any{a.mask, a.mask, arg, a.mask}
}

// EntityJSON returns one entity in the shape of the catalog API, without
// decoding its body. It fails as Entity does.
func (s *Store) EntityJSON(ctx context.Context, v access.Viewer, ref catalog.Ref) ([]byte, error) {
	a := asker{s: s, mask: s.hiddenFrom(v)}
	var item itemRow
	var id, generation int64
	var faults string
	err := s.row(ctx, itemsQuery(a.mask, "e.ref = ?", faultsColumn), a.itemArgs(ref.String())...).Scan(append(item.into(&generation, &id), &faults)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, s.missing(ctx, a.mask, ref)
	}
	if err != nil {
		return nil, fmt.Errorf("entity %s: %w", ref, err)
	}
	raw, err := item.json(a.shows)
	if err != nil {
		return nil, err
	}
	return withStatus(raw, faultsIn(faults)), nil
}

// faultsIn reads what faultsColumn has.
func faultsIn(column string) []docFault {
	if column == "" {
		return nil
	}
	var out []docFault
	for f := range strings.SplitSeq(column, itemEnd) {
		code, message, _ := strings.Cut(f, partEnd)
		out = append(out, docFault{code, message})
	}
	return out
}

// item is an entity as it is kept: its JSON without a status.
type item struct {
	ref  string
	json json.RawMessage
}

// items returns the entities in the order of ids, and the generation of the
// catalog that they are from. One that is hidden or gone is left out. They may
// be shared: nobody changes them.
func (a asker) items(ctx context.Context, ids []int64) ([]json.RawMessage, int64, error) {
	by, saw, err := a.itemsByID(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	out := make([]json.RawMessage, 0, len(ids))
	for _, id := range ids {
		if v := by[id]; v != nil {
			out = append(out, v)
		}
	}
	return out, saw, nil
}

func (a asker) itemsByID(ctx context.Context, ids []int64) (map[int64]json.RawMessage, int64, error) {
	list, rest := a.s.items.get(a, ids)
	faults, saw, err := map[string][]docFault{}, a.generation, error(nil)
	if len(list) > 0 || len(rest) == 0 { // those of others come with them
		faults, saw, err = a.keptFaults(ctx, list)
	}
	if err == nil && saw == a.generation && len(rest) > 0 {
		saw, err = a.readItems(ctx, rest, list, faults)
	}
	if err != nil || saw != a.generation {
		return nil, saw, err
	}
	out := make(map[int64]json.RawMessage, len(list))
	for id, v := range list {
		out[id] = withStatus(v.json, faults[v.ref])
	}
	return out, saw, nil
}

// keptFaults are the faults of entities that were kept, and the present
// generation.
func (a asker) keptFaults(ctx context.Context, list map[int64]item) (map[string][]docFault, int64, error) {
	refs := make([]string, 0, len(list))
	for _, v := range list {
		refs = append(refs, v.ref)
	}
	slices.Sort(refs)
	return a.faults(ctx, refs)
}

// readItems reads entities and their faults from the database and keeps them.
// It returns the generation that it saw.
func (a asker) readItems(ctx context.Context, ids []int64, out map[int64]item, faults map[string][]docFault) (int64, error) {
	saw := int64(-1)
	rows, err := a.s.query(ctx, itemsQuery(a.mask, a.s.inIDs("e.id"), faultsColumn), a.itemArgs(idsArg(ids))...)
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var v itemRow
		var id int64
		var column string
		if err := r.Scan(append(v.into(&saw, &id), &column)...); err != nil {
			return struct{}{}, err
		}
		raw, err := v.json(a.shows)
		out[id] = item{v.ref, raw}
		if found := faultsIn(column); found != nil {
			faults[v.ref] = found
		}
		return struct{}{}, err
	})
	if err == nil && saw < 0 { // none of them is there any more
		return a.s.CatalogGeneration(ctx)
	}
	if err == nil && saw == a.generation && len(ids) <= maxKeptItems {
		a.s.items.put(a, ids, out)
	}
	return saw, err
}

// docFault is a problem of the document that an entity stands in.
type docFault struct{ code, message string }

// faults returns what is wrong with the documents of the entities, and the
// present generation.
func (a asker) faults(ctx context.Context, refs []string) (map[string][]docFault, int64, error) {
	rows, err := a.s.query(ctx, `
		SELECT g.generation, COALESCE(f.entity, ''), COALESCE(f.code, ''), COALESCE(f.message, '')
		FROM catalog_generations g LEFT JOIN (
			SELECT p.entity, p.code, p.message
			FROM catalog_problems p JOIN entities e ON e.ref = p.entity AND e.source = p.source AND e.file = p.file
			WHERE p.severity = 'error' AND `+a.s.inList("p.entity")+`
			ORDER BY p.entity, p.line, p.id) f ON 1 = 1
		WHERE g.id = 1`, listArg(refs))
	var saw int64
	out := map[string][]docFault{}
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var ref string
		var f docFault
		err := r.Scan(&saw, &ref, &f.code, &f.message)
		if ref != "" {
			out[ref] = append(out[ref], f)
		}
		return struct{}{}, err
	})
	return out, saw, err
}

// withStatus adds the problems of an entity's document: it is as it was when it
// could last be read.
func withStatus(raw json.RawMessage, faults []docFault) json.RawMessage {
	if len(faults) == 0 {
		return raw
	}
	out := append(slices.Clone(raw[:len(raw)-1]), `,"status":{"items":[`...)
	for i, f := range faults {
		name := "InputError"
		if f.code == "conflict" {
			name = "ConflictError"
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"type":"backstage.io/catalog-processing","level":"error","message":`...)
		out = appendText(out, name+": "+f.message)
		out = append(out, `,"error":{"name":"`+name+`","message":`...)
		out = appendText(out, f.message)
		out = append(out, `}}`...)
	}
	return append(out, `]}}`...)
}

// maxKeptBytes bounds, in bytes, all that is kept for queries of the catalog API.
const maxKeptBytes = 8 << 20

// maxKeptItems is up to how many entities of one answer are kept: streams would
// push out everything else.
const maxKeptItems = 100

// itemCache keeps entities of the newest generation, in what room the columns
// leave.
type itemCache struct {
	mu         sync.Mutex
	generation int64
	size       int
	kept       map[itemKey]item
}

type itemKey struct{ mask, id int64 }

// get returns what is kept, and the ids of which nothing is.
func (c *itemCache) get(a asker, ids []int64) (map[int64]item, []int64) {
	out := make(map[int64]item, len(ids))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != a.generation {
		return out, ids
	}
	var rest []int64
	for _, id := range ids {
		if v, ok := c.kept[itemKey{a.mask, id}]; ok {
			out[id] = v
		} else {
			rest = append(rest, id)
		}
	}
	return out, rest
}

// put keeps entities. What would not fit throws all others away.
func (c *itemCache) put(a asker, ids []int64, list map[int64]item) {
	const overhead = 100
	room := maxKeptBytes - maxFound - a.s.columns.size()
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.generation < c.generation {
		return
	}
	for _, id := range ids {
		v, ok := list[id]
		size := len(v.json) + len(v.ref) + overhead
		if !ok || size > room/4 {
			continue
		}
		if c.kept == nil || a.generation > c.generation || c.size+size > room {
			c.kept, c.size, c.generation = map[itemKey]item{}, 0, a.generation
		}
		c.kept[itemKey{a.mask, id}] = v
		c.size += size
	}
}
