package provision

import (
	"context"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// ErrNoBlueprint means that there is no such blueprint, or not in that version.
var ErrNoBlueprint = fault.New(fault.NotFound, "There is no such blueprint.")

// BlueprintStore keeps published versions.
type BlueprintStore interface {
	tx.DB
	// PutBlueprint keeps a version; when it is kept already the hash of the
	// kept one is returned and nothing is changed.
	PutBlueprint(ctx context.Context, t tx.Tx, name, version, hash string, files map[string][]byte) (kept string, err error)
	// BlueprintFiles returns the files of a version, or ErrNoBlueprint.
	BlueprintFiles(ctx context.Context, name, version string) (map[string][]byte, error)
}

// Library is the blueprints on offer. A published version never changes: its
// files are kept, so that what was made can be destroyed with what made it.
type Library struct {
	store BlueprintStore

	mu       sync.RWMutex
	offered  map[string]Blueprint
	problems []string
}

// NewLibrary makes an empty library.
func NewLibrary(s BlueprintStore) *Library {
	return &Library{store: s, offered: map[string]Blueprint{}}
}

// Load reads every folder of fsys and publishes what it finds. Blueprints
// with faults are not offered; Problems says why.
func (l *Library) Load(ctx context.Context, fsys fs.FS) error {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return fmt.Errorf("blueprints: %w", err)
	}
	offered, problems := map[string]Blueprint{}, []string(nil)
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		b, err := ReadBlueprint(fsys, e.Name())
		if err == nil {
			err = l.publish(ctx, fsys, b)
		}
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		offered[b.Name] = b
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.offered, l.problems = offered, problems
	return nil
}

func (l *Library) publish(ctx context.Context, fsys fs.FS, b Blueprint) error {
	all, err := readFolder(fsys, b.Name)
	if err != nil {
		return err
	}
	var kept string
	err = l.store.Write(ctx, func(t tx.Tx) error {
		kept, err = l.store.PutBlueprint(ctx, t, b.Name, b.Version, b.Hash, all)
		return err
	})
	if err == nil && kept != b.Hash {
		return fmt.Errorf("blueprint %s: the files of version %s were changed after it was published; raise spec.version", b.Name, b.Version)
	}
	return err
}

// All returns what is offered, by name.
func (l *Library) All() []Blueprint {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := make([]Blueprint, 0, len(l.offered))
	for _, b := range l.offered {
		out = append(out, b)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Problems says which blueprints are not offered and why.
func (l *Library) Problems() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.problems
}

// Offered returns a blueprint that can be launched, by name or reference.
func (l *Library) Offered(name string) (Blueprint, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	b, ok := l.offered[short(name)]
	if !ok {
		return Blueprint{}, ErrNoBlueprint
	}
	return b, nil
}

// short takes kind and namespace off a reference.
func short(name string) string {
	name = strings.ToLower(name)
	if _, rest, ok := strings.Cut(name, ":"); ok {
		name = rest
	}
	if _, rest, ok := strings.Cut(name, "/"); ok {
		name = rest
	}
	return name
}

// Version returns a published version, offered or not.
func (l *Library) Version(ctx context.Context, name, version string) (Blueprint, error) {
	if b, err := l.Offered(name); err == nil && b.Version == version {
		return b, nil
	}
	files, err := l.store.BlueprintFiles(ctx, short(name), version)
	if err != nil {
		return Blueprint{}, fmt.Errorf("blueprint %s %s: %w", name, version, err)
	}
	return ParseBlueprint(files)
}
