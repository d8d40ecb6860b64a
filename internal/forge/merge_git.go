package forge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Merger merges trees with git merge-tree, in a repository of its own that is
// gone afterwards.
type Merger struct {
	Git string // the program; empty: there is none
	Dir string // where scratch repositories are made
}

// ErrOldGit means that Git cannot merge trees.
var ErrOldGit = fault.New(fault.Unavailable, "Merging needs Git 2.38 or newer where Waymark runs. Nothing was changed; install it and try again.")

// Merger returns what merges for this forge.
func (f *Embedded) Merger() Merger { return Merger{Git: f.git, Dir: f.o.Dir} }

// mergeTime bounds one merge.
const mergeTime = 5 * time.Minute

// trees merges the three sides and returns the merged one.
func (g Merger) trees(ctx context.Context, x *merging) (side, []Conflict, error) {
	if g.Git == "" {
		return nil, nil, ErrNoGit
	}
	dir, err := os.MkdirTemp(g.Dir, ".merge-*")
	if err != nil {
		return nil, nil, fmt.Errorf("merge: %w", err)
	}
	defer os.RemoveAll(dir)
	repo, err := git.PlainInit(dir, true)
	if err != nil {
		return nil, nil, fmt.Errorf("merge: %w", err)
	}
	ours, theirs := label(x.m.OursName, "ours"), label(x.m.TheirsName, "theirs")
	if ours == theirs {
		theirs += "-new"
	}
	if err := threeSides(repo, x, ours, theirs); err != nil {
		return nil, nil, fmt.Errorf("merge: %w", err)
	}
	out, err := g.mergeTree(ctx, dir, ours, theirs)
	if err != nil {
		return nil, nil, err
	}
	tree, told, err := readMergeTree(out)
	if err != nil {
		return nil, nil, err
	}
	result, err := readSide(repo, tree)
	if err != nil {
		return nil, nil, fmt.Errorf("merge: %w", err)
	}
	return result, x.explain(told, result), nil
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9_-]+|\.\.+`)

// label makes a name fit for a branch, since branches stand beside the marks.
func label(s, otherwise string) string {
	s = strings.Trim(unfit.ReplaceAllStringFunc(s, func(m string) string {
		if m == "." {
			return m
		}
		return "-"
	}), "-.")
	if s == "" || strings.HasSuffix(s, ".lock") || len(s) > 100 {
		return otherwise
	}
	return s
}

// threeSides writes both sides as branches that come from the base.
func threeSides(repo *git.Repository, x *merging, ours, theirs string) error {
	base, err := commitSide(repo, x.base)
	if err != nil {
		return err
	}
	for name, s := range map[string]side{ours: x.ours, theirs: x.theirs} {
		hash, err := commitSide(repo, s, base)
		if err != nil {
			return err
		}
		if err := repo.Storer.SetReference(plumbing.NewHashReference(plumbing.NewBranchReferenceName(name), hash)); err != nil {
			return err
		}
	}
	return nil
}

func commitSide(repo *git.Repository, s side, parents ...plumbing.Hash) (plumbing.Hash, error) {
	root := &folder{}
	for _, p := range slices.Sorted(maps.Keys(s)) {
		hash, err := writeBlob(repo.Storer, s[p].Data)
		if err != nil {
			return hash, err
		}
		if err := root.add(strings.Split(p, "/"), gitMode(s[p].Mode), hash); err != nil {
			return hash, err
		}
	}
	tree, err := root.write(repo.Storer)
	if err != nil {
		return tree, err
	}
	who := object.Signature{Name: "Waymark", Email: "waymark@localhost", When: time.Unix(0, 0)}
	c := object.Commit{Message: "side", TreeHash: tree, ParentHashes: parents, Author: who, Committer: who}
	o := repo.Storer.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return repo.Storer.SetEncodedObject(o)
}

// mergeTree runs git. Exit 1 means conflicts, which are part of the answer.
func (g Merger) mergeTree(ctx context.Context, dir, ours, theirs string) ([]byte, error) {
	ctx, stop := context.WithTimeout(ctx, mergeTime)
	defer stop()
	cmd := exec.CommandContext(ctx, g.Git, "-c", "safe.directory=*", "-c", "merge.directoryRenames=false", "-c", "merge.renames=true", "-c", "merge.conflictStyle=merge",
		"-c", "core.attributesFile=/dev/null", "--git-dir="+dir, "merge-tree", "--write-tree", "-z", "--messages", ours, theirs)
	cmd.Env = gitEnv()
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &limited{&problems, 8 << 10}
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil, errors.As(err, &exit) && exit.ExitCode() == 1 && out.Len() > 0:
		return out.Bytes(), nil
	case errors.As(err, &exit) && exit.ExitCode() == 129:
		return nil, ErrOldGit.Because(err)
	}
	return nil, fmt.Errorf("git merge-tree: %w: %s", err, strings.TrimSpace(problems.String()))
}

// gitEnv is a clean environment: no configuration but what is given, no
// prompts.
func gitEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"}
}

// told is one message of git merge-tree.
type told struct {
	paths []string
	kind  string // such as CONFLICT (contents)
	text  string
}

// readMergeTree reads the answer of git merge-tree -z: the tree, the unmerged
// entries, an empty field, and the messages.
func readMergeTree(out []byte) (plumbing.Hash, []told, error) {
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	tree := plumbing.NewHash(fields[0])
	if tree.IsZero() {
		return tree, nil, fmt.Errorf("git merge-tree answered %.80q", out)
	}
	i := 1
	for i < len(fields) && fields[i] != "" {
		i++
	}
	var list []told
	for i++; i < len(fields); {
		var n int
		if _, err := fmt.Sscan(fields[i], &n); err != nil || n < 0 || i+n+2 >= len(fields) {
			return tree, nil, fmt.Errorf("git merge-tree: message %.80q", fields[i])
		}
		list = append(list, told{paths: fields[i+1 : i+1+n], kind: fields[i+1+n], text: strings.TrimSpace(fields[i+2+n])})
		i += n + 3
	}
	return tree, list, nil
}

// readSide reads a tree of the scratch repository.
func readSide(repo *git.Repository, hash plumbing.Hash) (side, error) {
	tree, err := repo.TreeObject(hash)
	if err != nil {
		return nil, err
	}
	out := side{}
	walk := object.NewTreeWalker(tree, true, nil)
	defer walk.Close()
	for {
		name, e, err := walk.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if e.Mode == filemode.Dir {
			continue
		}
		data, err := blob(repo, e.Hash)
		if err != nil {
			return nil, err
		}
		out[name] = File{Path: name, Mode: fileMode(e.Mode), Data: data}
	}
}

func blob(repo *git.Repository, hash plumbing.Hash) ([]byte, error) {
	b, err := repo.BlobObject(hash)
	if err != nil {
		return nil, err
	}
	r, err := b.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// fileMode is the other way of gitMode.
func fileMode(m filemode.FileMode) FileMode {
	switch m {
	case filemode.Executable:
		return Executable
	case filemode.Symlink:
		return Symlink
	}
	return Regular
}
