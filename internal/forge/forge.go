// Package forge is the Git host inside Waymark: bare repositories in a folder
// of the data directory, made and committed to from here, cloned and pushed
// over smart HTTP. Who owns which repository stands in the database.
package forge

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/keylock"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Host is how repository addresses name this forge.
const Host = "waymark"

// Branch is the branch that new repositories begin with.
const Branch = "main"

// State is where a repository stands.
type State string

// A repository is reserved by the run that is to fill it, and ready once it
// has a commit.
const (
	Reserved State = "reserved"
	Ready    State = "ready"
)

// Repository is one repository as recorded.
type Repository struct {
	Owner     string // the folder, by its group's name
	Name      string
	Team      string // reference of the group that owns it
	State     State
	Run       string // the run that made it
	CreatedBy string
	CreatedAt time.Time
	PushedAt  time.Time // zero before the first push
}

// Slug is owner/name.
func (r Repository) Slug() string { return r.Owner + "/" + r.Name }

// Store is what the forge keeps.
type Store interface {
	tx.DB
	// Repository returns ErrNotFound when there is none.
	Repository(ctx context.Context, owner, name string) (Repository, error)
	TouchRepository(ctx context.Context, t tx.Tx, owner, name string) error
	// DropRepository forgets the repository of a run.
	DropRepository(ctx context.Context, t tx.Tx, owner, name, run string) error
}

// The refusals of the forge.
var (
	ErrNotFound = fault.New(fault.NotFound, "The forge has no such repository.")
	ErrNoGit    = fault.New(fault.Unavailable, "Git is not installed where Waymark runs, so nothing can be cloned or pushed. Install git and start Waymark again.")
	ErrOff      = fault.New(fault.Unavailable, "The embedded forge is off: several copies share the database, but not the data folder. Set data_shared when they do.")
	ErrTaken    = fault.New(fault.Conflict, "This repository exists already and holds other work. Nothing was changed.")
	ErrTooLarge = fault.New(fault.TooLarge, "This is more than the forge takes.")
)

// Options say where the forge keeps what.
type Options struct {
	Dir     string // of the repositories
	URL     string // public address of Waymark, without a slash at the end
	Git     string // the git program; empty: looked for on PATH
	Off     bool   // see ErrOff
	MaxPush int64  // bytes of one push; 0 means 512 MiB
	Store   Store
	// Pushed is called after a push or publication has changed a repository.
	// May be nil.
	Pushed func(ctx context.Context, r Repository)
}

// Embedded is the forge. It is safe for concurrent use.
type Embedded struct {
	o     Options
	git   string
	locks keylock.Locks // one change of a repository follows the other
}

// New makes a forge. A missing git program is no error: publishing works, and
// clone and push answer ErrNoGit.
func New(o Options) (*Embedded, error) {
	if o.MaxPush == 0 {
		o.MaxPush = 512 << 20
	}
	f := &Embedded{o: o, git: o.Git}
	if f.git == "" {
		f.git, _ = exec.LookPath("git") // "" means that there is none
	}
	if o.Off {
		return f, nil
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("forge: %w", err)
	}
	return f, nil
}

// OnPushed sets what is called after a change; only before the first use.
func (f *Embedded) OnPushed(do func(ctx context.Context, r Repository)) { f.o.Pushed = do }

// Available says why the forge takes nothing, ErrOff; nil when it does.
func (f *Embedded) Available() error {
	if f.o.Off {
		return ErrOff
	}
	return nil
}

// HasGit reports whether clone and push work.
func (f *Embedded) HasGit() bool { return f.git != "" && !f.o.Off }

var (
	name     = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?$`)
	reserved = regexp.MustCompile(`\.\.|\.(git|lock)$|^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// ValidName reports whether s can be the name of a repository or of its
// owner: lower case, digits, dots, dashes and underscores.
func ValidName(s string) bool { return name.MatchString(s) && !reserved.MatchString(s) }

// NameRule is ValidName in words.
const NameRule = "Use 1 to 100 lower-case letters, digits, dashes, dots or underscores, beginning and ending with a letter or digit."

// path is the repository's folder. The names are checked here, whoever asks.
func (f *Embedded) path(owner, repo string) (string, error) {
	if f.o.Off {
		return "", ErrOff
	}
	if !ValidName(owner) || !ValidName(repo) {
		return "", ErrNotFound
	}
	return filepath.Join(f.o.Dir, owner, repo+".git"), nil
}

// lock holds a repository for a change and returns how to let it go.
func (f *Embedded) lock(owner, repo string) func() {
	return f.locks.Lock(owner + "/" + repo)
}

// CloneURL is where a repository is cloned from.
func (f *Embedded) CloneURL(owner, repo string) string {
	return strings.TrimSuffix(f.o.URL, "/") + "/git/" + owner + "/" + repo + ".git"
}

// FileURL is how the catalog names a file of a repository.
func FileURL(owner, repo, path string) string {
	return "https://" + Host + "/" + owner + "/" + repo + "/blob/" + Branch + "/" + strings.TrimPrefix(path, "/")
}

// RepoURL is how templates name a repository of this forge.
func RepoURL(owner, repo string) string { return Host + "?owner=" + owner + "&repo=" + repo }

// Repository is the record of a repository, ErrNotFound if there is none.
func (f *Embedded) Repository(ctx context.Context, owner, repo string) (Repository, error) {
	if !ValidName(owner) || !ValidName(repo) {
		return Repository{}, ErrNotFound
	}
	return f.o.Store.Repository(ctx, owner, repo)
}
