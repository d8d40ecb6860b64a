package scaffold_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// memory is a scaffold.Store that holds a few entities.
type memory struct {
	mu       sync.Mutex
	entities map[string]catalog.Entity
	repos    map[string]forge.Repository
	making   map[string]string
	created  []scaffold.Scaffold
}

func newMemory(refs ...string) *memory {
	m := &memory{entities: map[string]catalog.Entity{}, repos: map[string]forge.Repository{}, making: map[string]string{}}
	for _, r := range refs {
		ref := catalog.MustRef(r)
		m.entities[r] = catalog.Entity{Ref: ref, Kind: ref.Kind, Metadata: catalog.Metadata{Name: ref.Name, Namespace: ref.Namespace},
			Spec: map[string]any{"profile": map[string]any{"email": ref.Name + "@example.com"}}}
	}
	return m
}

func (m *memory) CreateScaffold(_ context.Context, _ tx.Tx, s scaffold.Scaffold) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.making[s.Entity] != "" {
		return scaffold.ErrNameTaken
	}
	m.making[s.Entity] = s.Run
	m.created = append(m.created, s)
	return nil
}

func (m *memory) ReclaimScaffold(context.Context, tx.Tx, string) error { return nil }

func (m *memory) FinishScaffold(context.Context, tx.Tx, string, json.RawMessage) error { return nil }

func (m *memory) EndScaffold(context.Context, tx.Tx, string) error { return nil }

func (m *memory) MakingScaffold(_ context.Context, entity string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.making[entity], nil
}

func (m *memory) Scaffold(context.Context, access.Viewer, string) (scaffold.Scaffold, error) {
	return scaffold.Scaffold{}, scaffold.ErrNoScaffold
}

func (m *memory) PeekRun(context.Context, run.ID) (run.Run, error) { return run.Run{}, nil }

func (m *memory) PutMade(context.Context, tx.Tx, scaffold.Artefact) error { return nil }

func (m *memory) TxMade(context.Context, tx.Tx, string) ([]scaffold.Artefact, error) { return nil, nil }

func (m *memory) PutNote(context.Context, tx.Tx, run.ID, string, []byte) error { return nil }

func (m *memory) Note(context.Context, run.ID, string) ([]byte, error) { return nil, nil }

func (m *memory) DropNote(context.Context, tx.Tx, run.ID, string) error { return nil }

func (m *memory) Repository(_ context.Context, owner, name string) (forge.Repository, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.repos[owner+"/"+name]
	if !ok {
		return r, forge.ErrNotFound
	}
	return r, nil
}

func (m *memory) ReserveRepository(_ context.Context, _ tx.Tx, r forge.Repository) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.State = forge.Reserved
	m.repos[r.Slug()] = r
	return nil
}

func (m *memory) ReadyRepository(context.Context, tx.Tx, string, string, string) error { return nil }

func (m *memory) Entity(_ context.Context, _ access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	e, ok := m.entities[ref.String()]
	if !ok {
		return e, catalog.ErrNotFound
	}
	return e, nil
}

func (m *memory) EntityOptions(_ context.Context, _ access.Viewer, kinds []string, _ string, _ int) ([]catalog.Summary, error) {
	var out []catalog.Summary
	for _, e := range m.entities {
		if e.Ref.Kind == kinds[0] {
			out = append(out, catalog.Summary{Ref: e.Ref})
		}
	}
	return out, nil
}

// noForge answers where repositories would be.
type noForge struct{}

func (noForge) Available() error { return nil }

func (noForge) Publish(context.Context, forge.Publication) (string, error) { return "", forge.ErrOff }

func (noForge) CloneURL(owner, repo string) string {
	return "http://127.0.0.1:8080/git/" + owner + "/" + repo + ".git"
}

func (noForge) FS(context.Context, string, string, string) (fs.FS, error) {
	return nil, forge.ErrNotFound
}

func (noForge) Remove(context.Context, string, string, string) error { return nil }

// noRuns counts what would be started.
type noRuns struct{ specs []run.Spec }

func (r *noRuns) Start(_ context.Context, _ tx.Tx, s run.Spec) (run.ID, error) {
	r.specs = append(r.specs, s)
	return run.ID("run_" + strings.Repeat("0", len(r.specs))), nil
}

const shipped = "../../templates/golden-paths"

func newEngine(t *testing.T, m *memory) (*scaffold.Engine, *noRuns) {
	t.Helper()
	l, err := scaffold.NewLibrary(os.DirFS(shipped), m, noForge{})
	if err != nil {
		t.Fatal(err)
	}
	runs := &noRuns{}
	return scaffold.New(scaffold.Options{Store: m, Forge: noForge{}, Runs: runs, Library: l}), runs
}
