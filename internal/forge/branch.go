package forge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"strings"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Branched is one commit on a new branch.
type Branched struct {
	Owner, Name string
	Branch      string
	Parent      string // commit from which the branch starts
	Changes     []Change
	Message     string
	Author      Author
	When        time.Time
	// Mark is the run that commits. A second call with the same mark finds the
	// first commit and changes nothing.
	Mark string
}

// ErrDiverged means that main and the branch cannot be brought together
// without a person.
var ErrDiverged = fault.New(fault.Conflict, "Main has changed since in the same places. Nothing was merged: merge the branch on your machine and push it, or close this upgrade and ask for a new one.")

// CommitBranch commits changes on a branch of their own and returns the
// commit; main is never touched. It may be called again after a crash.
// ErrTaken when the branch is there with other work.
func (f *Embedded) CommitBranch(ctx context.Context, b Branched) (string, error) {
	for _, c := range b.Changes {
		if !validPath(c.Path) {
			return "", fault.Newf(fault.Invalid, "%q cannot be committed.", c.Path)
		}
	}
	ref := plumbing.NewBranchReferenceName(b.Branch)
	if err := ref.Validate(); err != nil || b.Branch == Branch {
		return "", fault.Newf(fault.Invalid, "%q cannot be the name of this branch.", b.Branch)
	}
	defer f.lock(b.Owner, b.Name)()
	repo, err := f.open(b.Owner, b.Name)
	if err != nil {
		return "", err
	}
	hash, err := branchOnce(repo, ref, b)
	if err != nil {
		return "", fmt.Errorf("branch %s of %s/%s: %w", b.Branch, b.Owner, b.Name, err)
	}
	f.pushed(ctx, b.Owner, b.Name)
	return hash.String(), nil
}

func branchOnce(repo *git.Repository, ref plumbing.ReferenceName, b Branched) (plumbing.Hash, error) {
	mark := plumbing.ReferenceName(marks + b.Mark)
	made, err := repo.Reference(mark, true)
	if err != nil && !errors.Is(err, plumbing.ErrReferenceNotFound) {
		return plumbing.ZeroHash, err
	}
	if made == nil {
		hash, err := commitChanges(repo, b)
		if err != nil {
			return hash, err
		}
		made = plumbing.NewHashReference(mark, hash)
		if err := repo.Storer.SetReference(made); err != nil {
			return hash, err
		}
	}
	there, err := repo.Reference(ref, true)
	switch {
	case err == nil && there.Hash() != made.Hash():
		if last, err := contains(repo, there.Hash(), made.Hash()); err != nil || !last {
			return plumbing.ZeroHash, errors.Join(ErrTaken, err)
		}
		return made.Hash(), nil // somebody has gone on from it
	case err != nil && !errors.Is(err, plumbing.ErrReferenceNotFound):
		return plumbing.ZeroHash, err
	}
	return made.Hash(), repo.Storer.SetReference(plumbing.NewHashReference(ref, made.Hash()))
}

// contains reports whether the history of one commit holds another.
func contains(repo *git.Repository, commit, earlier plumbing.Hash) (bool, error) {
	if commit == earlier {
		return true, nil
	}
	a, err := repo.CommitObject(earlier)
	if err != nil {
		return false, err
	}
	b, err := repo.CommitObject(commit)
	if err != nil {
		return false, err
	}
	return a.IsAncestor(b)
}

// commitChanges writes the parent's tree with the changes, and its commit.
func commitChanges(repo *git.Repository, b Branched) (plumbing.Hash, error) {
	parent, err := repo.CommitObject(plumbing.NewHash(b.Parent))
	if err != nil {
		return plumbing.ZeroHash, fault404(b.Parent, err)
	}
	tree, err := parent.Tree()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	set := &patch{}
	for i := range b.Changes {
		set.add(strings.Split(b.Changes[i].Path, "/"), &b.Changes[i])
	}
	root, _, err := set.write(repo.Storer, tree)
	if err != nil {
		return root, err
	}
	c := object.Commit{Message: b.Message, TreeHash: root, ParentHashes: []plumbing.Hash{parent.Hash},
		Author:    object.Signature{Name: b.Author.Name, Email: b.Author.Email, When: b.When},
		Committer: object.Signature{Name: "Waymark", Email: "waymark@localhost", When: b.When}}
	o := repo.Storer.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return repo.Storer.SetEncodedObject(o)
}

// Listing is the tree of a branch without the content of its files.
type Listing struct {
	Commit  string
	Entries []Entry
}

// List returns what stands at ref (a branch, tag or hash; empty for main).
// ErrNotFound when there is no such repository or revision.
func (f *Embedded) List(_ context.Context, owner, repo, ref string) (Listing, error) {
	r, err := f.open(owner, repo)
	if err != nil {
		return Listing{}, err
	}
	c, err := resolve(r, ref)
	if err != nil {
		return Listing{}, err
	}
	t, err := newTreeFS(r, c)
	if err != nil {
		return Listing{}, fmt.Errorf("%s/%s: %w", owner, repo, err)
	}
	return Listing{Commit: c.Hash.String(), Entries: t.entries()}, nil
}

// Entries lists a tree that Tree or FS returned; nil for any other.
func Entries(files any) []Entry {
	if t, ok := files.(*treeFS); ok {
		return t.entries()
	}
	return nil
}

func (t *treeFS) entries() []Entry {
	var out []Entry
	for _, e := range t.files {
		if e.IsDir() {
			continue
		}
		m := Regular
		switch {
		case e.mode&0o111 != 0 && e.mode.IsRegular():
			m = Executable
		case !e.mode.IsRegular():
			m = Symlink
		}
		out = append(out, Entry{Path: e.path, Mode: m, Hash: e.hash.String(), Size: e.size})
	}
	return out
}

// Holds reports whether main holds a commit. ErrNotFound when there is no such
// repository.
func (f *Embedded) Holds(_ context.Context, owner, repo, commit string) (bool, error) {
	r, err := f.open(owner, repo)
	if err != nil {
		return false, err
	}
	head, err := resolve(r, "")
	if err != nil {
		return false, err
	}
	return contains(r, head.Hash, plumbing.NewHash(commit))
}

// maxDiff bounds what one diff shows, in bytes.
const maxDiff = 512 << 10

// FileDiff is what a commit does to one file.
type FileDiff struct {
	Path, From string // From when it was renamed
	Add, Del   int
	Binary     bool
	Text       string // unified; cut when Cut
	Cut        bool
	Created    bool
	Deleted    bool
}

// Diff returns what commit changes against its parent, file by file.
func (f *Embedded) Diff(ctx context.Context, owner, repo, commit string) ([]FileDiff, error) {
	r, err := f.open(owner, repo)
	if err != nil {
		return nil, err
	}
	c, err := resolve(r, commit)
	if err != nil {
		return nil, err
	}
	parent, err := c.Parent(0)
	if err != nil {
		return nil, fault404(commit, err)
	}
	p, err := parent.PatchContext(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("diff of %s in %s/%s: %w", commit, owner, repo, err)
	}
	return fileDiffs(p), nil
}

// MergeBranch brings a branch into main: by moving main when nothing was
// pushed since, else by a merge commit. ErrDiverged when both changed the same
// lines. A branch that main holds already is fine.
func (f *Embedded) MergeBranch(ctx context.Context, owner, name, branch string, by Author, when time.Time) (string, error) {
	defer f.lock(owner, name)()
	repo, err := f.open(owner, name)
	if err != nil {
		return "", err
	}
	main, err := repo.Reference(plumbing.NewBranchReferenceName(Branch), true)
	if err != nil {
		return "", fault404(Branch, err)
	}
	side, err := repo.Reference(plumbing.NewBranchReferenceName(branch), true)
	if err != nil {
		return "", fault404(branch, err)
	}
	if held, err := contains(repo, main.Hash(), side.Hash()); err != nil || held {
		return main.Hash().String(), err
	}
	next := side.Hash()
	if ahead, err := contains(repo, side.Hash(), main.Hash()); err != nil {
		return "", err
	} else if !ahead {
		if next, err = f.mergeCommit(ctx, repo, owner, name, [2]plumbing.Hash{main.Hash(), side.Hash()}, branch, by, when); err != nil {
			return "", err
		}
	}
	if err := repo.Storer.CheckAndSetReference(plumbing.NewHashReference(main.Name(), next), main); err != nil {
		return "", err
	}
	f.pushed(ctx, owner, name)
	return next.String(), nil
}

// mergeCommit merges two commits in their own repository.
func (f *Embedded) mergeCommit(ctx context.Context, repo *git.Repository, owner, name string, heads [2]plumbing.Hash, branch string, by Author, when time.Time) (plumbing.Hash, error) {
	if f.git == "" {
		return plumbing.ZeroHash, ErrNoGit
	}
	dir, err := f.path(owner, name)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	ctx, stop := context.WithTimeout(ctx, mergeTime)
	defer stop()
	cmd := exec.CommandContext(ctx, f.git, "-c", "safe.directory=*", "-c", "core.attributesFile=/dev/null", "--git-dir="+path.Clean(dir),
		"merge-tree", "--write-tree", "--name-only", "--no-messages", heads[0].String(), heads[1].String())
	cmd.Env = gitEnv()
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout = &out
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return plumbing.ZeroHash, ErrDiverged
	case errors.As(err, &exit) && exit.ExitCode() == 129:
		return plumbing.ZeroHash, ErrOldGit.Because(err)
	case err != nil:
		return plumbing.ZeroHash, fmt.Errorf("merge %s into main of %s/%s: %w", branch, owner, name, err)
	}
	c := object.Commit{Message: "Merge branch '" + branch + "'\n", TreeHash: plumbing.NewHash(strings.TrimSpace(out.String())), ParentHashes: heads[:],
		Author:    object.Signature{Name: by.Name, Email: by.Email, When: when},
		Committer: object.Signature{Name: "Waymark", Email: "waymark@localhost", When: when}}
	o := repo.Storer.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return repo.Storer.SetEncodedObject(o)
}
