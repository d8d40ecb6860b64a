package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
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
		p.engine.writing.Lock()
		err := p.store.Write(ctx, func(t Tx) error {
			done = outcome{claimed: maps.Clone(p.claimed)}
			return p.write(ctx, t, files[:n], &done)
		})
		p.engine.writing.Unlock()
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
	claimed        map[string]string
	added, changed int
	problems       []Problem
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
			case d.Entity != nil || unwelcome(d.Problems):
			case d.Ref.IsZero():
				p.keep[f.Path] = true
			default:
				p.kept[d.Ref.String()] = true
			}
		}
	}
}

// unwelcome documents lose what an earlier trust or rule gave them.
func unwelcome(list []Problem) bool {
	return slices.ContainsFunc(list, func(p Problem) bool { return p.Code == "untrusted" || p.Code == codeRule })
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
			if put, move, err = p.sort(d, f.trusted, held, put, move); err != nil {
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
func (p *pass) sort(d Document, trusted bool, held map[string]Held, put, move []Written) ([]Written, []Written, error) {
	body, hash, err := d.Entity.Encode()
	if err != nil {
		return nil, nil, err
	}
	w := Written{Entity: *d.Entity, Body: body, Trusted: trusted}
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
