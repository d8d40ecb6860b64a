package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Files are parsed a group at a time, the next one while this one is written.
// A transaction begins with batchEntities and adapts to the machine between
// the two others.
const (
	groupFiles    = 8
	batchFiles    = 500
	batchEntities = 250
	leastEntities = 50
	mostEntities  = 1000
)

// pass is the reconciliation of one reading with what the catalog holds.
// Entities are written batch by batch; removals follow when all files have
// been read, so that an entity that moves to another file never vanishes. The
// states of files come last, so that a pass that breaks off is simply done
// again.
type pass struct {
	*reading
	store   Store
	lease   *lease
	grace   time.Duration
	queue   []item                     // files still to be parsed
	pending map[string]item            // the same, and those being parsed, by key
	soon    map[string]map[string]bool // what changed files that are pending hold
	claimed map[string]string          // reference to the file of this reading that has it
	present []string                   // every file that is there
	changed []FileState                // files whose state is to be written
	parsed  map[string]bool            // files whose documents were looked at
	taken   map[string]bool            // files that lost an entity before they were met
	same    map[string]item            // files that are as they were
	keep    map[string]bool            // files in which a document could not be told: nothing of them is dropped
	broken  map[string]bool            // files in which a document cannot be used: what they led to is kept
	kept    map[string]bool            // file and reference of documents that are broken now
	spared  map[string]bool            // files that are not there but were not looked for
	batch   map[string]parsed          // what is being written
	partial map[string][]Problem       // of files that were written in part
	freed   []string                   // sources that may now have what was dropped
	size    int                        // of the next transaction, in entities
	report  Report
}

func newPass(r *reading, e *Engine, l *lease) *pass {
	return &pass{reading: r, store: e.o.Store, grace: e.o.OrphanGrace, lease: l,
		pending: map[string]item{}, soon: map[string]map[string]bool{}, claimed: map[string]string{}, parsed: map[string]bool{},
		taken: map[string]bool{}, same: map[string]item{}, keep: map[string]bool{}, broken: map[string]bool{}, kept: map[string]bool{},
		spared: map[string]bool{}, partial: map[string][]Problem{}, size: batchEntities, report: Report{Source: r.src.ID}}
}

// tx runs f in a transaction in which this copy is sure to be the only one
// that reads the source.
func (p *pass) tx(ctx context.Context, f func(Tx) error) error {
	p.engine.writing.Lock()
	defer p.engine.writing.Unlock()
	return p.store.Write(ctx, func(t Tx) error {
		if err := p.lease.check(ctx, t); err != nil {
			return err
		}
		if err := p.store.Rereadable(ctx, t); err != nil {
			return err
		}
		if err := p.sourceStands(ctx, t); err != nil {
			return err
		}
		return f(t)
	})
}

// sourceStands fails when the source was removed while it is read, so that nothing of
// it comes back.
func (p *pass) sourceStands(ctx context.Context, t Tx) error {
	if p.src.By == "" {
		return nil // of the configuration
	}
	there, err := p.store.SourceStands(ctx, t, p.src.ID)
	if err == nil && !there {
		err = fault.Newf(fault.NotFound, "The source %q was removed while it was read.", p.src.ID)
	}
	return err
}

// run reads items and what they lead to.
func (p *pass) run(ctx context.Context, items []item) error {
	p.add(items)
	var waiting []parsed
	docs := 0
	next := p.ahead(ctx)
	defer func() { <-next }() // the snapshots are closed after this
	for {
		group := <-next
		if group.err != nil {
			next = p.ahead(ctx)
			return group.err
		}
		for i := range group.files {
			p.add(p.follow(ctx, group.items[i], &group.files[i]))
			docs += len(group.files[i].docs)
		}
		waiting = append(waiting, group.files...)
		next = p.ahead(ctx)
		last := len(group.files) == 0
		if docs >= p.size || len(waiting) >= batchFiles || last {
			if err := p.apply(ctx, waiting); err != nil {
				return err
			}
			waiting, docs = nil, 0
		}
		if last {
			return nil
		}
	}
}

func (p *pass) add(items []item) {
	p.queue = append(p.queue, items...)
	for _, it := range items {
		p.pending[it.key] = it
	}
}

// group is what was parsed together.
type group struct {
	items []item
	files []parsed
	err   error
}

// ahead parses the next files of the queue while the caller writes; none when
// the queue is empty.
func (p *pass) ahead(ctx context.Context) <-chan group {
	n := min(len(p.queue), groupFiles)
	g := group{items: p.queue[:n]}
	p.queue = p.queue[n:]
	out := make(chan group, 1)
	go func() {
		g.files, g.err = p.parseAll(ctx, g.items)
		out <- g
	}()
	return out
}

// follow finds what the targets of a file lead to.
func (p *pass) follow(ctx context.Context, it item, f *parsed) []item {
	if f.same || f.failed {
		return nil
	}
	next, trouble := p.reading.follow(ctx, it, f.Targets)
	f.trouble = append(f.trouble, trouble...)
	return next
}

// apply writes the entities and problems of parsed files.
func (p *pass) apply(ctx context.Context, files []parsed) error {
	p.batch = make(map[string]parsed, len(files))
	for i, f := range files {
		it := p.pending[f.Path]
		if f.same && p.taken[f.Path] {
			f = p.parseAnew(it) // another file has one of its entities now
			files[i] = f
		}
		if f.same {
			p.same[f.Path] = it
		}
		p.batch[f.Path] = f
		p.present = append(p.present, f.Path)
	}
	for c := (&cutter{files: files}); ; {
		list := c.next(p.size)
		if len(list) == 0 {
			break
		}
		if err := p.commit(ctx, list); err != nil {
			return err
		}
	}
	for _, f := range files {
		p.note(f)
		delete(p.pending, f.Path)
		delete(p.soon, f.Path)
	}
	p.batch = nil
	return nil
}

// commit writes parts in one transaction.
func (p *pass) commit(ctx context.Context, list []part) error {
	began := time.Now()
	done := &outcome{}
	err := p.tx(ctx, func(t Tx) error {
		*done = outcome{claimed: map[string]string{}, taken: map[string]bool{}, partial: map[string][]Problem{}}
		return p.write(ctx, t, list, done)
	})
	if err != nil {
		return err
	}
	p.size = sized(p.size, time.Since(began))
	p.account(list, done)
	return p.store.CatalogGrown(ctx, done.added)
}

// sized is how large the next transaction is to be after one that took so
// long: others that write wait about a tenth of a second, and a large one
// costs less for each entity.
func sized(size int, took time.Duration) int {
	const long, short = 150 * time.Millisecond, 60 * time.Millisecond
	switch {
	case took > long:
		return max(size/2, leastEntities)
	case took < short:
		return min(size*2, mostEntities)
	}
	return size
}

// part is a file, or some documents of a large one, as one transaction writes
// it.
type part struct {
	*parsed
	docs []Document
	last bool
}

// cutter cuts files that are not as they were into transactions.
type cutter struct {
	files []parsed
	from  int // documents of the first file that are cut already
}

// next returns about size documents; nothing at the end.
func (c *cutter) next(size int) (out []part) {
	for docs := 0; len(c.files) > 0 && docs < size; {
		f := &c.files[0]
		if f.same {
			c.files = c.files[1:]
			continue
		}
		n := min(len(f.docs)-c.from, size-docs)
		last := c.from+n == len(f.docs)
		out = append(out, part{f, f.docs[c.from : c.from+n], last})
		docs, c.from = docs+max(n, 1), c.from+n
		if last {
			c.files, c.from = c.files[1:], 0
		}
	}
	return out
}

// outcome is what one transaction did; it counts only once it is committed.
type outcome struct {
	claimed        map[string]string
	taken          map[string]bool
	partial        map[string][]Problem
	added, changed int
	problems       []Problem
}

func (p *pass) account(list []part, done *outcome) {
	for _, f := range list {
		delete(p.partial, f.Path)
	}
	for file, problems := range done.partial {
		p.partial[file] = problems
	}
	for ref, file := range done.claimed {
		p.claimed[ref] = file
	}
	for file := range done.taken {
		p.taken[file] = true
	}
	p.report.Added += done.added
	p.report.Changed += done.changed
	p.report.Problems = append(p.report.Problems, done.problems...)
}

// note keeps what the removals have to know of a file.
func (p *pass) note(f parsed) {
	if f.failed {
		p.keep[f.Path], p.broken[f.Path] = true, true
		return
	}
	if was := p.known[f.Path]; was.Path == "" || !was.equal(f.FileState) {
		p.changed = append(p.changed, f.FileState)
	}
	if f.same {
		return
	}
	p.parsed[f.Path] = true
	for _, d := range f.docs {
		switch {
		case d.Entity != nil || unwelcome(d.Problems):
		case d.Ref.IsZero():
			p.keep[f.Path], p.broken[f.Path] = true, true
		default:
			p.kept[f.Path+"\t"+d.Ref.String()], p.broken[f.Path] = true, true
		}
	}
}

// unwelcome documents lose what an earlier trust or rule gave them.
func unwelcome(list []Problem) bool {
	return slices.ContainsFunc(list, func(p Problem) bool { return p.Code == "untrusted" || p.Code == codeRule })
}
