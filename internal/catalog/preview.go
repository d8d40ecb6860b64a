package catalog

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// LocationID makes the id of a source of what people write: file: with an
// absolute path, or url: with an https address (http only where the
// configuration says so, which is seen when it is read). A bare path is a
// file, a bare address a url.
func LocationID(location string) (string, error) {
	location = strings.TrimSpace(location)
	switch {
	case strings.HasPrefix(location, "https://"), strings.HasPrefix(location, "http://"):
		location = "url:" + location
	case !strings.HasPrefix(location, "url:") && !strings.HasPrefix(location, "file:"):
		location = "file:" + location
	}
	kind, target, _ := strings.Cut(location, ":")
	if kind == "url" {
		if !isURL(target) || (!strings.HasPrefix(target, "https://") && !strings.HasPrefix(target, "http://")) {
			return "", fault.Newf(fault.Invalid, "%q is no address of the form https://host/path.", target)
		}
		return location, nil
	}
	abs, err := filepath.Abs(target)
	if err != nil || target == "" {
		return "", fault.Newf(fault.Invalid, "%q names no file.", location)
	}
	return "file:" + abs, nil
}

// Configured reports whether the configuration names a source.
func (e *Engine) Configured(source string) bool {
	return slices.ContainsFunc(e.o.Locations, func(l Location) bool { return l.ID == source })
}

// Preview reads what a location would bring and writes nothing. What other
// sources hold already comes back as problems with the code conflict.
func (e *Engine) Preview(ctx context.Context, l Location) ([]Document, error) {
	r := newReading(e, l, nil)
	defer r.close()
	items, _, err := r.start(ctx)
	if err != nil {
		return nil, err
	}
	var out []Document
	for len(items) > 0 {
		files, err := r.parseAll(ctx, items)
		if err != nil {
			return nil, err
		}
		var rest []item
		for i, f := range files {
			next, trouble := r.follow(ctx, items[i], f.Targets)
			out = append(out, f.docs...)
			if trouble = append(f.trouble, trouble...); len(trouble) > 0 {
				out = append(out, Document{Problems: trouble})
			}
			rest = append(rest, next...)
		}
		items = rest
	}
	return e.markHeld(ctx, l, out)
}

// markHeld adds a problem to each document whose reference is held already.
func (e *Engine) markHeld(ctx context.Context, l Location, docs []Document) ([]Document, error) {
	var refs []string
	for _, d := range docs {
		if d.Entity != nil {
			refs = append(refs, d.Ref.String())
		}
	}
	var held map[string]Held
	err := e.o.Store.Write(ctx, func(t Tx) (err error) {
		held, err = e.o.Store.HeldRefs(ctx, t, refs)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, d := range docs {
		h, ok := held[d.Ref.String()]
		if !ok || d.Entity == nil || h.Source == l.ID {
			continue
		}
		docs[i].Problems = append(docs[i].Problems, Problem{Severity: Error, Code: "conflict", Source: l.ID, File: d.Entity.Source.File,
			Document: d.Number, Line: d.NameLine, Field: "metadata.name", Entity: h.Ref,
			Message: h.Ref + " is taken. Nothing was changed.", // no more: who reads this may not see what holds it
			Fix:     "Give it another name or namespace."}.identified())
	}
	return docs, nil
}
