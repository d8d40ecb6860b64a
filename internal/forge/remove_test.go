package forge_test

import (
	"errors"
	"path/filepath"
	"testing"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/waymark-portal/waymark/internal/forge"
)

func TestRemoveTakesOnlyWhatTheRunHasMade(t *testing.T) {
	f, rec := newForge(t, forge.Options{})
	p := publication("run_1")
	if _, err := f.Publish(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(t.Context(), p.Owner, p.Name, "run_2"); !errors.Is(err, forge.ErrChanged) {
		t.Errorf("for another run: %v", err)
	}
	if _, err := f.FS(t.Context(), p.Owner, p.Name, ""); err != nil {
		t.Fatalf("the repository is gone: %v", err)
	}
	for range 2 { // a second time finds nothing to do
		if err := f.Remove(t.Context(), p.Owner, p.Name, "run_1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.FS(t.Context(), p.Owner, p.Name, ""); err == nil {
		t.Error("the repository is still there")
	}
	if len(rec.dropped) != 2 {
		t.Errorf("records dropped: %v", rec.dropped)
	}
}

func TestRemoveKeepsWhatSomebodyHasPushed(t *testing.T) {
	f, rec := newForge(t, forge.Options{})
	p := publication("run_1")
	hash, err := f.Publish(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	repo, err := gogit.PlainOpen(filepath.Join(rec.dir, p.Owner, p.Name+".git"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := repo.CommitObject(plumbing.NewHash(hash))
	if err != nil {
		t.Fatal(err)
	}
	next := *c
	next.Message, next.ParentHashes = "Something of a person's", []plumbing.Hash{c.Hash}
	o := repo.Storer.NewEncodedObject()
	if err := next.Encode(o); err != nil {
		t.Fatal(err)
	}
	id, err := repo.Storer.SetEncodedObject(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Storer.SetReference(plumbing.NewHashReference("refs/heads/mine", id)); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(t.Context(), p.Owner, p.Name, "run_1"); !errors.Is(err, forge.ErrChanged) || len(rec.dropped) != 0 {
		t.Errorf("removed a branch of a person: %v", err)
	}
}
