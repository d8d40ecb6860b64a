package catalog

import "sync"

// memo is what a location stood for in one version of its snapshot.
type memo struct {
	version string
	files   []string
}

// memos remember the last reading of each source, so that a repository whose
// commit is the same costs one question to its host. They begin empty with
// the process: the first reading looks at everything.
type memos struct {
	mu sync.Mutex
	by map[string]map[string]memo
}

func (m *memos) keep(source string, of map[string]memo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.by[source] = of
}

func (m *memos) find(source, location string) memo {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.by[source][location]
}

// same returns the files of a path of a snapshot, if it has the version of
// the last reading and none of them must be read again. A file that names
// others, as a Location, is always read.
func (m *memos) same(r *reading, o *opened, name string) ([]string, bool) {
	was := m.find(r.src.ID, o.Location("")+" "+name)
	if o.Version == "" || was.version != o.Version {
		return nil, false
	}
	for _, p := range was.files {
		key := p
		if o != r.open[0] {
			key = o.Location(p)
		}
		known, ok := r.known[key]
		if !ok || known.Hash == "" || len(known.Targets) > 0 || (o.Loose && len(known.Reads) > 0) {
			return nil, false
		}
	}
	return was.files, true
}
