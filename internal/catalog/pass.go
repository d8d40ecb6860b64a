package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/waymark-portal/waymark/internal/event"
)

// batchFiles bounds what is parsed at once, batchEntities one transaction, so
// that other writers wait a tenth of a second at most.
const (
	batchFiles    = 500
	batchEntities = 500
)

// pass is the reconciliation of one reading with what the catalog holds.
// Entities are written batch by batch; the states of files and all removals
// are written last, in one transaction, so that a pass that breaks off is
// simply done again, and an entity that moves to another file never vanishes.
type pass struct {
	*reading
	store   Store
	claimed map[string]string // reference to the file of this reading that has it
	present []string          // every file that is there
	changed []FileState       // files that were parsed
	keep    map[string]bool   // files in which a document could not be told: nothing of them is dropped
	kept    map[string]bool   // references whose document is broken now
	same    map[string]bool   // files that are as they were
	freed   []string          // sources that may now have what was dropped
	report  Report
}

// run reads items and what they lead to.
func (p *pass) run(ctx context.Context, items []item) error {
	p.keep, p.kept, p.same = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for len(items) > 0 {
		n := min(len(items), batchFiles)
		files, err := p.parseAll(ctx, items[:n])
		if err != nil {
			return err
		}
		rest := items[n:]
		for i := range files {
			next, trouble := p.follow(ctx, items[i], files[i].Targets)
			files[i].trouble = append(files[i].trouble, trouble...)
			rest = append(rest, next...)
			p.same[files[i].Path] = files[i].same
		}
		if err := p.apply(ctx, files); err != nil {
			return err
		}
		items = rest
	}
	return nil
}

// apply writes the entities and problems of parsed files.
func (p *pass) apply(ctx context.Context, files []parsed) error {
	for len(files) > 0 {
		n, docs := 0, 0
		for n < len(files) && (n == 0 || docs < batchEntities) {
			docs += len(files[n].docs)
			n++
		}
		var done outcome
		err := p.store.Write(ctx, func(t Tx) error {
			done = outcome{claimed: maps.Clone(p.claimed)}
			return p.write(ctx, t, files[:n], &done)
		})
		if err != nil {
			return err
		}
		p.account(files[:n], done)
		files = files[n:]
	}
	return nil
}

// outcome is what one transaction did; it counts only once it is committed.
type outcome struct {
	claimed                  map[string]string
	added, changed, entities int
	problems                 []Problem
}

func (p *pass) account(files []parsed, done outcome) {
	p.claimed = done.claimed
	p.report.Added += done.added
	p.report.Changed += done.changed
	p.report.Problems = append(p.report.Problems, done.problems...)
	for _, f := range files {
		p.present = append(p.present, f.Path)
		if f.failed {
			p.keep[f.Path] = true
		}
		if f.same || f.failed {
			continue
		}
		p.changed = append(p.changed, f.FileState)
		for _, d := range f.docs {
			switch {
			case d.Entity != nil || untrusted(d.Problems):
			case d.Ref.IsZero():
				p.keep[f.Path] = true
			default:
				p.kept[d.Ref.String()] = true
			}
		}
	}
}

// untrusted documents lose what an earlier trust gave them.
func untrusted(list []Problem) bool {
	return slices.ContainsFunc(list, func(p Problem) bool { return p.Code == "untrusted" })
}

// write reconciles a few files inside t.
func (p *pass) write(ctx context.Context, t Tx, files []parsed, done *outcome) error {
	var refs, names []string
	for _, f := range files {
		if !f.same {
			names = append(names, f.Path)
		}
		for _, d := range f.docs {
			if d.Entity != nil {
				refs = append(refs, d.Ref.String())
			}
		}
	}
	held, err := p.store.HeldRefs(ctx, t, refs)
	if err != nil {
		return err
	}
	var put, move []Written
	for _, f := range files {
		done.problems = append(done.problems, f.trouble...)
		for _, d := range f.docs {
			done.problems = append(done.problems, d.Problems...)
			if d.Entity == nil {
				continue
			}
			if conflict, ok := p.conflict(f, d, held, done.claimed); ok {
				done.problems = append(done.problems, conflict)
				continue
			}
			done.claimed[d.Ref.String()] = f.Path
			if put, move, err = p.sort(d, held, put, move); err != nil {
				return err
			}
		}
	}
	if err := p.describe(ctx, t, put); err != nil {
		return err
	}
	for _, w := range put {
		if w.New {
			done.added++
		} else {
			done.changed++
		}
	}
	if err := p.store.PutEntities(ctx, t, put); err != nil {
		return err
	}
	if err := p.store.MoveEntities(ctx, t, move); err != nil {
		return err
	}
	return p.store.ReplaceProblems(ctx, t, p.src.ID, names, done.problems)
}

// conflict reports a reference that another source, or another document of
// this one, holds already.
func (p *pass) conflict(f parsed, d Document, held map[string]Held, claimed map[string]string) (Problem, bool) {
	ref := d.Ref.String()
	h, ok := held[ref]
	file, twice := claimed[ref]
	where := ""
	switch {
	case twice:
		where = "the file " + file + " of this source"
	case ok && h.Source != p.src.ID:
		where = "the source " + h.Source
	case ok && h.File != f.Path && p.same[h.File]:
		where = "the file " + h.File + " of this source"
	default:
		return Problem{}, false
	}
	return Problem{Severity: Error, Code: "conflict", Source: p.src.ID, File: f.Path, Document: d.Number, Line: d.Line, Field: "metadata.name",
		Entity: ref, Owner: d.Entity.Owner().String(),
		Message: fmt.Sprintf("%s is held by %s already; this document was not stored.", ref, where),
		Fix:     "Give one of the two another name or namespace, or remove one."}.identified(), true
}

// sort decides what is to be done with an entity: put, move or nothing.
func (p *pass) sort(d Document, held map[string]Held, put, move []Written) ([]Written, []Written, error) {
	body, hash, err := d.Entity.Encode()
	if err != nil {
		return nil, nil, err
	}
	w := Written{Entity: *d.Entity, Body: body, Trusted: p.src.Trusted}
	w.Hash = hash
	src := w.Source
	switch h, ok := held[d.Ref.String()]; {
	case !ok:
		w.New = true
		put = append(put, w)
	case h.Hash != hash || h.Trusted != w.Trusted:
		put = append(put, w)
	case h.File != src.File || h.Document != src.Document || h.Line != src.Line || h.Version != src.Version:
		move = append(move, w)
	}
	return put, move, nil
}

// describe finds out which fields of the changed entities changed.
func (p *pass) describe(ctx context.Context, t Tx, put []Written) error {
	var refs []string
	for _, w := range put {
		if !w.New {
			refs = append(refs, w.Ref.String())
		}
	}
	old, err := p.store.HeldBodies(ctx, t, refs)
	if err != nil {
		return err
	}
	for i, w := range put {
		if was := old[w.Ref.String()]; was != nil {
			put[i].Fields = changedFields(was, w.Body)
		}
	}
	return nil
}

// changedFields names the fields in which two bodies differ, to the third
// level.
func changedFields(was, is []byte) []string {
	var a, b map[string]any
	if json.Unmarshal(was, &a) != nil || json.Unmarshal(is, &b) != nil {
		return nil // both were encoded by us; without them the list is just empty
	}
	const most = 20
	out := difference(a, b, "", 1)
	return out[:min(len(out), most)]
}

func difference(a, b map[string]any, prefix string, level int) []string {
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if reflect.DeepEqual(a[k], b[k]) {
			continue
		}
		am, aok := a[k].(map[string]any)
		bm, bok := b[k].(map[string]any)
		if aok && bok && level < 3 {
			out = append(out, difference(am, bm, prefix+k+".", level+1)...)
			continue
		}
		out = append(out, prefix+k)
	}
	return out
}

// finish drops what is gone and writes the states of the files, in one
// transaction.
func (p *pass) finish(ctx context.Context, state SourceState, events event.Log) error {
	there := make(map[string]bool, len(p.present))
	for _, f := range p.present {
		there[f] = true
	}
	var vanished, look []string
	for f := range p.known {
		if !there[f] {
			vanished = append(vanished, f)
		}
	}
	look = append(look, vanished...)
	for _, f := range p.changed {
		look = append(look, f.Path)
	}
	return p.store.Write(ctx, func(t Tx) error {
		gone, err := p.gone(ctx, t, look, there)
		if err != nil {
			return err
		}
		if err := p.store.PutCatalogFiles(ctx, t, p.src.ID, p.changed); err != nil {
			return err
		}
		if err := p.drop(ctx, t, gone, vanished); err != nil {
			return err
		}
		p.report.Removed, p.report.Files, p.report.Entities = len(gone), len(p.present), len(p.claimed)
		if err := p.store.PutCatalogSource(ctx, t, state); err != nil {
			return err
		}
		return p.announce(ctx, t, events)
	})
}

// gone are the entities of the looked-at files that no document has any more.
func (p *pass) gone(ctx context.Context, t Tx, files []string, there map[string]bool) ([]string, error) {
	if len(files) == 0 {
		return nil, nil
	}
	held, err := p.store.HeldFiles(ctx, t, p.src.ID, files)
	if err != nil {
		return nil, err
	}
	held = slices.DeleteFunc(held, func(h Held) bool {
		return p.claimed[h.Ref] != "" || (there[h.File] && (p.keep[h.File] || p.kept[h.Ref]))
	})
	return refsOfHeld(held), nil
}

func (p *pass) drop(ctx context.Context, t Tx, gone, vanished []string) error {
	if err := p.store.DropEntities(ctx, t, gone, "Its source "+p.src.ID+" no longer holds it."); err != nil {
		return err
	}
	freed, err := p.store.ForgetConflicts(ctx, t, gone)
	if err != nil {
		return err
	}
	p.freed = freed
	if err := p.store.ReplaceProblems(ctx, t, p.src.ID, vanished, nil); err != nil {
		return err
	}
	return p.store.DropCatalogFiles(ctx, t, p.src.ID, vanished)
}

// announce appends one event for the whole reading, if it changed something.
func (p *pass) announce(ctx context.Context, t Tx, events event.Log) error {
	r := p.report
	if events == nil || r.Added+r.Changed+r.Removed == 0 {
		return nil
	}
	data, err := json.Marshal(map[string]any{"added": r.Added, "changed": r.Changed, "removed": r.Removed, "files": r.Files, "problems": len(r.Problems)})
	if err != nil {
		return err
	}
	return events.Append(ctx, t, event.Event{Type: "catalog.read", Actor: "system:catalog", Subject: p.src.ID, Data: data})
}
