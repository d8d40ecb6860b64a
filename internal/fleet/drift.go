package fleet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

// shownDrift is how many of the files that differ are kept by name.
const shownDrift = 50

// Pushed counts the drift of what stands in a repository of the embedded
// forge, and settles upgrades that somebody has merged by hand.
func (e *Engine) Pushed(ctx context.Context, owner, name string) error {
	list, err := e.o.Store.ServicesAt(ctx, system, forge.Host, owner+"/"+name)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, s := range list {
		if err := e.settleMerged(ctx, s); err != nil {
			return err
		}
		if s, err = e.o.Store.Service(ctx, system, s.ID); err != nil {
			return err
		}
		if err := e.count(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// driftEvery is how often the files of services on other hosts are compared,
// and driftAtOnce how many of them in one go.
const (
	driftEvery  = 30 * time.Minute
	driftAtOnce = 20
)

// Sweep counts the drift of services on other hosts that were not looked at
// for longest, and settles upgrades that were merged there.
func (e *Engine) Sweep(ctx context.Context) error {
	if e.o.Remote == nil {
		return nil
	}
	list, err := e.o.Store.StaleDrift(ctx, system, tx.Format(time.Now().Add(-driftEvery)), driftAtOnce)
	if err != nil {
		return err
	}
	for _, s := range list {
		if err := e.count(ctx, s); err != nil {
			slog.Info("a repository is not compared with its base", "repository", s.Address(), "error", err)
			// It comes last in the next round, and keeps the count that it has.
			err := e.o.Store.Write(ctx, func(t tx.Tx) error {
				return e.o.Store.SetDrift(ctx, t, s.ID, s.Drift, s.DriftFiles, s.DriftCommit)
			})
			if err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// count compares what stands with the base, by the hashes of files.
func (e *Engine) count(ctx context.Context, s Service) error {
	base, err := e.o.Store.BaseEntries(ctx, system, s.ID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	present, commit, err := e.present(ctx, s, base)
	if err != nil {
		return err
	}
	if err := e.settleEqual(ctx, s, present.Entries, commit); err != nil {
		return err
	}
	if commit == s.DriftCommit && s.Drift != Unknown && s.Host == forge.Host {
		return nil
	}
	if base, err = e.o.Store.BaseEntries(ctx, system, s.ID); err != nil {
		return err
	}
	n, some := Compare(base, present.Entries)
	return e.o.Store.Write(ctx, func(t tx.Tx) error { return e.o.Store.SetDrift(ctx, t, s.ID, n, some, commit) })
}

// Compare counts the files of a base that stand otherwise, and names some.
// Files that the base does not know are the team's own and no drift.
func Compare(base, present []forge.Entry) (int, []Drifted) {
	by := map[string]forge.Entry{}
	for _, p := range present {
		by[p.Path] = p
	}
	var out []Drifted
	n := 0
	for _, b := range base {
		p, stands := by[b.Path]
		how := ""
		switch {
		case !stands:
			how = "deleted"
		case p.Hash != b.Hash:
			how = "changed"
		case p.Mode != b.Mode:
			how = "mode"
		default:
			continue
		}
		if n++; len(out) < shownDrift {
			out = append(out, Drifted{b.Path, how})
		}
	}
	slices.SortFunc(out, func(a, b Drifted) int { return strings.Compare(a.Path, b.Path) })
	return n, out
}

// present lists what stands on the default branch. On other hosts only the
// files that interest is in are hashed.
func (e *Engine) present(ctx context.Context, s Service, interest []forge.Entry) (forge.Present, string, error) {
	if s.Host == forge.Host {
		owner, name, _ := strings.Cut(s.Repository, "/")
		list, err := e.o.Embedded.List(ctx, owner, name, "")
		if err != nil {
			return forge.Present{}, "", fmt.Errorf("%s: %w", s.Address(), err)
		}
		files, err := e.o.Embedded.FS(ctx, owner, name, list.Commit)
		if err != nil {
			return forge.Present{}, "", err
		}
		return forge.Present{Entries: list.Entries, Read: reader(files)}, list.Commit, nil
	}
	if e.o.Remote == nil {
		return forge.Present{}, "", fault.Newf(fault.Unavailable, "%s is on a host that is not connected. Name it under catalog.hosts.", s.Address())
	}
	files, commit, err := e.o.Remote.Tree(ctx, s.Host, s.Repository)
	if err != nil {
		return forge.Present{}, "", fmt.Errorf("%s: %w", s.Address(), err)
	}
	want := map[string]bool{}
	for _, i := range interest {
		want[i.Path] = true
	}
	list, err := listOf(ctx, files, want)
	return forge.Present{Entries: list, Read: reader(files)}, commit, err
}

func reader(files fs.FS) func(context.Context, string) ([]byte, error) {
	return func(_ context.Context, p string) ([]byte, error) { return fs.ReadFile(files, p) }
}

// listOf lists a folder; of files that are wanted it knows the hash.
func listOf(ctx context.Context, files fs.FS, want map[string]bool) ([]forge.Entry, error) {
	var out []forge.Entry
	err := fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		e := forge.Entry{Path: p, Size: info.Size()}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			e.Mode = forge.Symlink
		case info.Mode().Perm()&0o111 != 0:
			e.Mode = forge.Executable
		}
		if want[p] {
			b, err := fs.ReadFile(files, p)
			if err == nil {
				e.Hash = forge.BlobHash(b)
			} else if !errors.Is(err, forge.ErrTooLarge) {
				return err
			}
		}
		out = append(out, e)
		return ctx.Err()
	})
	return out, err
}
