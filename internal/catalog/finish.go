package catalog

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/event"
)

// lookFiles and stateFiles bound the files of one transaction while a pass is
// finished.
const (
	lookFiles  = 200
	stateFiles = 1000
)

// finish drops what is gone, then writes the states of the files, a batch at a
// time: a pass that breaks off in between finds the rest again.
func (p *pass) finish(ctx context.Context, state SourceState, events event.Log) error {
	vanished := p.vanished()
	gone, err := p.gone(ctx, vanished)
	if err != nil {
		return err
	}
	if gone, err = p.passOn(ctx, vanished, gone); err != nil {
		return err
	}
	for list := range slices.Chunk(gone, batchEntities) {
		if err := p.drop(ctx, list); err != nil {
			return err
		}
	}
	if err := p.putFiles(ctx, vanished); err != nil {
		return err
	}
	general := p.general()
	p.report.Problems = append(p.report.Problems, general...)
	p.report.Files, p.report.Entities = len(p.present)+len(p.spared), len(p.claimed)
	state.Files = p.report.Files
	return p.tx(ctx, func(t Tx) error {
		if err := p.store.ReplaceProblems(ctx, t, p.src.ID, []string{""}, general); err != nil {
			return err
		}
		if err := p.store.NoteReading(ctx, t, state); err != nil {
			return err
		}
		return p.announce(ctx, t, events)
	})
}

// vanished are the files that nothing leads to any more. What could not be
// reached is kept, with what that led to in turn.
func (p *pass) vanished() []string {
	there := make(map[string]bool, len(p.present))
	for _, f := range p.present {
		there[f] = true
	}
	for again := true; again; {
		again = false
		for name, f := range p.known {
			if !there[name] && !p.spared[name] && p.spare(name, f.Via) {
				p.spared[name], again = true, true
			}
		}
	}
	var out []string
	for f := range p.known {
		if !there[f] && !p.spared[f] {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}

// spare reports whether a file was not met because what led to it could not be
// read.
func (p *pass) spare(name, via string) bool {
	return p.full || p.broken[via] || p.spared[via] ||
		slices.ContainsFunc(p.lost, func(start string) bool { return strings.HasPrefix(name, start) }) ||
		slices.ContainsFunc(p.closed, func(dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") })
}

// gone are the entities that no document has any more.
func (p *pass) gone(ctx context.Context, vanished []string) ([]Held, error) {
	mine := make(map[string]int, len(p.parsed))
	for _, file := range p.claimed {
		mine[file]++
	}
	left := make(map[string]bool, len(vanished))
	for _, f := range vanished {
		left[f] = true
	}
	look := append(slices.Sorted(maps.Keys(p.parsed)), vanished...)
	var out []Held
	for files := range slices.Chunk(look, lookFiles) {
		var held []Held
		err := p.tx(ctx, func(t Tx) error {
			counts, err := p.store.CountHeld(ctx, t, p.src.ID, files)
			if err != nil {
				return err
			}
			files = slices.DeleteFunc(slices.Clone(files), func(f string) bool { return counts[f] == mine[f] })
			if len(files) == 0 {
				return nil
			}
			held, err = p.store.HeldFiles(ctx, t, p.src.ID, files)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			if p.claimed[h.Ref] == "" && (left[h.File] || !p.keep[h.File] && !p.kept[h.File+"\t"+h.Ref]) && !h.Orphan {
				out = append(out, h)
			}
		}
	}
	slices.SortFunc(out, func(a, b Held) int { return strings.Compare(a.Ref, b.Ref) })
	return out, nil
}

// passOn gives what is gone to other documents of this source that want it,
// before it is dropped: it never vanishes.
func (p *pass) passOn(ctx context.Context, vanished []string, gone []Held) ([]Held, error) {
	if len(gone) == 0 {
		return nil, nil
	}
	var wanted []Wanted
	err := p.tx(ctx, func(t Tx) (err error) {
		wanted, err = p.store.WantedBy(ctx, t, refsOfHeld(gone))
		return err
	})
	if err != nil {
		return nil, err
	}
	var again []parsed
	for _, w := range wanted {
		it, ok := p.same[w.File]
		if w.Source != p.src.ID || !ok {
			continue
		}
		delete(p.same, w.File)
		again = append(again, p.parseAnew(it))
		p.present = slices.DeleteFunc(p.present, func(f string) bool { return f == w.File })
		p.pending[w.File] = it
	}
	if len(again) == 0 {
		return gone, nil
	}
	if err := p.apply(ctx, again); err != nil {
		return nil, err
	}
	return p.gone(ctx, vanished)
}

// drop removes entities, or keeps them for a while as orphans: what a remote
// source no longer leads to, and what another source wants. Nobody stays a
// user, and nothing a group, that its source no longer holds.
func (p *pass) drop(ctx context.Context, gone []Held) error {
	var dropped, orphans, freed []string
	err := p.tx(ctx, func(t Tx) error {
		dropped, orphans, freed = nil, nil, nil
		wanted, err := p.store.ForgetConflicts(ctx, t, refsOfHeld(gone))
		if err != nil {
			return err
		}
		others := map[string]bool{}
		for _, w := range wanted {
			freed = append(freed, w.Source)
			others[w.Ref] = others[w.Ref] || w.Source != p.src.ID
		}
		for _, h := range gone {
			if p.staysAwhile(h, others[h.Ref]) {
				orphans = append(orphans, h.Ref)
			} else {
				dropped = append(dropped, h.Ref)
			}
		}
		if err := p.store.OrphanEntities(ctx, t, orphans); err != nil {
			return err
		}
		return p.store.DropEntities(ctx, t, dropped, "Its source "+p.src.ID+" no longer holds it.")
	})
	p.report.Removed += len(dropped)
	p.report.Orphaned += len(orphans)
	p.freed = append(p.freed, freed...)
	return err
}

func (p *pass) staysAwhile(h Held, wanted bool) bool {
	remote := strings.HasPrefix(p.src.ID, "url:") || strings.HasPrefix(h.File, "url:")
	whoIsWho := strings.HasPrefix(h.Ref, "user:") || strings.HasPrefix(h.Ref, "group:")
	return !whoIsWho && (wanted || remote && p.grace > 0)
}

// putFiles writes the states of files and forgets those that are gone.
func (p *pass) putFiles(ctx context.Context, vanished []string) error {
	for list := range slices.Chunk(p.changed, stateFiles) {
		if err := p.tx(ctx, func(t Tx) error { return p.store.PutCatalogFiles(ctx, t, p.src.ID, list) }); err != nil {
			return err
		}
	}
	for list := range slices.Chunk(vanished, stateFiles) {
		err := p.tx(ctx, func(t Tx) error {
			if err := p.store.ReplaceProblems(ctx, t, p.src.ID, list, nil); err != nil {
				return err
			}
			return p.store.DropCatalogFiles(ctx, t, p.src.ID, list)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// announce appends one event for the whole reading, if it changed something.
func (p *pass) announce(ctx context.Context, t Tx, events event.Log) error {
	r := p.report
	if events == nil || r.Added+r.Changed+r.Removed+r.Orphaned == 0 {
		return nil
	}
	data, err := json.Marshal(map[string]any{"added": r.Added, "changed": r.Changed, "removed": r.Removed, "orphaned": r.Orphaned,
		"files": r.Files, "problems": len(r.Problems)})
	if err != nil {
		return err
	}
	return events.Append(ctx, t, event.Event{Type: "catalog.read", Actor: "system:catalog", Subject: p.src.ID, Data: data})
}
