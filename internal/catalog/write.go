package catalog

import (
	"context"
	"fmt"
)

// changes are what a transaction does with entities.
type changes struct {
	put, move []Written
	revive    []string // were orphans until now
}

// write reconciles a few files inside t.
func (p *pass) write(ctx context.Context, t Tx, list []part, done *outcome) error {
	held, err := p.held(ctx, t, list)
	if err != nil {
		return err
	}
	var c changes
	var names []string
	for _, f := range list {
		problems, later := p.partial[f.Path]
		if !later {
			problems = f.trouble
		}
		for _, d := range f.docs {
			problems = append(problems, d.Problems...)
			if d.Entity == nil {
				continue
			}
			if where, ok := p.holder(f, d, held, done); ok {
				problems = append(problems, p.conflict(f, d, where))
				continue
			}
			done.claimed[d.Ref.String()] = f.Path
			if err := p.sort(d, f.trusted, held, &c); err != nil {
				return err
			}
		}
		if !f.last {
			done.partial[f.Path] = problems
			continue
		}
		names = append(names, f.Path)
		done.problems = append(done.problems, distinct(problems)...)
	}
	if err := p.put(ctx, t, c, done); err != nil {
		return err
	}
	return p.store.ReplaceProblems(ctx, t, p.src.ID, names, done.problems)
}

// held is what the catalog has under the references of the documents.
func (p *pass) held(ctx context.Context, t Tx, list []part) (map[string]Held, error) {
	var refs []string
	for _, f := range list {
		for _, d := range f.docs {
			if d.Entity != nil {
				refs = append(refs, d.Ref.String())
			}
		}
	}
	return p.store.HeldRefs(ctx, t, refs)
}

// put writes what has changed.
func (p *pass) put(ctx context.Context, t Tx, c changes, done *outcome) error {
	if err := p.describe(ctx, t, c.put); err != nil {
		return err
	}
	for _, w := range c.put {
		if w.New {
			done.added++
		} else {
			done.changed++
		}
	}
	if err := p.store.ReviveEntities(ctx, t, c.revive); err != nil {
		return err
	}
	if err := p.store.PutEntities(ctx, t, c.put); err != nil {
		return err
	}
	return p.store.MoveEntities(ctx, t, c.move)
}

// holder says who has a reference already: another source, or another document
// of this one. The first holder keeps it; an orphan belongs to whoever comes.
func (p *pass) holder(f part, d Document, held map[string]Held, done *outcome) (where string, ok bool) {
	ref := d.Ref.String()
	file, twice := done.claimed[ref]
	if !twice {
		file, twice = p.claimed[ref]
	}
	h, known := held[ref]
	switch {
	case twice:
		return "the file " + file + " of this source", true
	case !known || h.Orphan:
		return "", false
	case h.Source != p.src.ID:
		return "the source " + h.Source, true
	case h.File == f.Path:
		return "", false
	case p.stands(h):
		return "the file " + h.File + " of this source", true
	}
	done.taken[h.File] = true
	return "", false
}

// stands reports whether the file that held an entity still holds it. A file
// that this reading has not met yet, or will not meet, does not.
func (p *pass) stands(h Held) bool {
	if _, same := p.same[h.File]; same {
		return true
	}
	it, ok := p.pending[h.File]
	if !ok {
		return false
	}
	refs := p.soon[h.File]
	if refs == nil {
		f, here := p.batch[h.File]
		if !here {
			f = p.parse(it)
		}
		refs = map[string]bool{"": f.same}
		for _, d := range f.docs {
			if d.Entity != nil {
				refs[d.Ref.String()] = true
			}
		}
		p.soon[h.File] = refs
	}
	return refs[""] || refs[h.Ref]
}

func (p *pass) conflict(f part, d Document, where string) Problem {
	return Problem{Severity: Error, Code: "conflict", Source: p.src.ID, File: f.Path, Document: d.Number, Line: d.NameLine, Field: "metadata.name",
		Entity: d.Ref.String(), Owner: d.Entity.Owner().String(), Tags: d.Entity.Metadata.Tags,
		Message: fmt.Sprintf("%s is held by %s already; this document was not stored.", d.Ref, where),
		Fix:     "Give one of the two another name or namespace, or remove one. When the other goes, this one takes over by itself."}.identified()
}

// sort decides what is to be done with an entity: put, move or nothing.
func (p *pass) sort(d Document, trusted bool, held map[string]Held, c *changes) error {
	body, hash, err := d.Entity.Encode()
	if err != nil {
		return err
	}
	w := Written{Entity: *d.Entity, Body: body, Trusted: trusted}
	w.Hash = hash
	src := w.Source
	h, ok := held[d.Ref.String()]
	if h.Orphan {
		c.revive = append(c.revive, h.Ref)
	}
	switch {
	case !ok:
		w.New = true
		c.put = append(c.put, w)
	case h.Hash != hash || h.Trusted != w.Trusted || h.Source != p.src.ID:
		c.put = append(c.put, w)
	case h.File != src.File || h.Document != src.Document || h.Line != src.Line || h.Version != src.Version:
		c.move = append(c.move, w)
	}
	return nil
}

// distinct tells apart the same fault in several documents of one file: each
// is a problem of its own.
func distinct(list []Problem) []Problem {
	times := make(map[string]int, len(list))
	for i, p := range list {
		times[p.ID]++
		if n := times[p.ID]; n > 1 {
			list[i].ID = fmt.Sprintf("%s_%d", p.ID, n)
		}
	}
	return list
}
