// Package local is the platform on this machine: databases, buckets and
// endpoints as folders, for a portal that has no cloud yet. Terraform makes
// them through Waymark's provider; the portal lists them to prove that nothing
// stays behind. Every object has a name that follows from its environment, so
// that what was being made when a machine died can be found again.
package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"time"
)

// Kind is a sort of object; it is also a folder's name.
type Kind string

// The kinds of objects.
const (
	Database Kind = "database"
	Bucket   Kind = "bucket"
	Endpoint Kind = "endpoint"
)

// Kinds lists every kind.
var Kinds = []Kind{Database, Bucket, Endpoint}

// Object is what stands in an object's manifest.
type Object struct {
	ID          string            `json:"id"` // see ID
	Kind        Kind              `json:"kind"`
	Name        string            `json:"name"`
	Environment string            `json:"environment"` // the environment's id
	Spec        map[string]string `json:"spec,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	CreatedAt   time.Time         `json:"createdAt"`
}

var (
	// ErrNotFound means that there is no such object.
	ErrNotFound = errors.New("local: no such object")
	// ErrForeign means that an object of that id belongs to another environment.
	ErrForeign = errors.New("local: the object belongs to another environment")
)

var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,127}$`)

// ID is the deterministic id of an object: its environment's id and its name.
func ID(environment, name string) string { return environment + "-" + name }

// ValidName reports whether name can be part of an id.
func ValidName(name string) bool { return idPattern.MatchString(name) && len(name) <= 40 }

// Store is the folder that holds the objects.
type Store struct{ Dir string }

const manifest = "manifest.json"

// Path is an object's folder.
func (s Store) Path(k Kind, id string) string { return filepath.Join(s.Dir, string(k), id) }

// Get reads an object; ErrNotFound if there is none.
func (s Store) Get(k Kind, id string) (Object, error) {
	if !idPattern.MatchString(id) {
		return Object{}, ErrNotFound
	}
	b, err := os.ReadFile(filepath.Join(s.Path(k, id), manifest))
	if errors.Is(err, fs.ErrNotExist) {
		return Object{}, fmt.Errorf("%s %s: %w", k, id, ErrNotFound)
	}
	if err != nil {
		return Object{}, err
	}
	var o Object
	if err := json.Unmarshal(b, &o); err != nil {
		return Object{}, fmt.Errorf("%s %s: %w", k, id, err)
	}
	return o, nil
}

// Put makes an object or takes back the one that the same environment made
// before; it is safe to call again after a crash at any point. It returns
// ErrForeign when another environment holds the id.
func (s Store) Put(o Object) (Object, error) {
	if !idPattern.MatchString(o.ID) {
		return Object{}, fmt.Errorf("id %q: only lower-case letters, digits, - and _", o.ID)
	}
	old, err := s.Get(o.Kind, o.ID)
	switch {
	case err == nil && old.Environment != o.Environment:
		return Object{}, fmt.Errorf("%s %s: %w", o.Kind, o.ID, ErrForeign)
	case err == nil:
		o.CreatedAt = old.CreatedAt
	case !errors.Is(err, ErrNotFound):
		return Object{}, err
	}
	if o.CreatedAt.IsZero() {
		o.CreatedAt = time.Now().UTC()
	}
	dir := s.Path(o.Kind, o.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Object{}, err
	}
	// The manifest first: whatever exists from here on can be found by it.
	if err := writeManifest(dir, o); err != nil {
		return Object{}, err
	}
	return o, fill(dir, o)
}

func writeManifest(dir string, o Object) error {
	b, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, manifest), append(b, '\n'))
}

// writeFile replaces a file whole, so that a crash leaves the old or the new.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Delete removes an object; one that is not there is no error. The manifest
// goes last, so that a removal that was cut short can be found and finished.
func (s Store) Delete(k Kind, id string) error {
	if !idPattern.MatchString(id) {
		return nil
	}
	dir := s.Path(k, id)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != manifest {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(dir)
}

// List returns every object of an environment; the empty text means all
// environments. A folder without a manifest is listed under its own name.
func (s Store) List(environment string) ([]Object, error) {
	var out []Object
	for _, k := range Kinds {
		entries, err := os.ReadDir(filepath.Join(s.Dir, string(k)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			o, err := s.Get(k, e.Name())
			if errors.Is(err, ErrNotFound) {
				o = Object{ID: e.Name(), Kind: k, Environment: environmentOf(e.Name())}
			} else if err != nil {
				return nil, err
			}
			if environment == "" || o.Environment == environment {
				out = append(out, o)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out, nil
}

// idLength is how long an environment's id is: env_ and a ULID.
const idLength = 30

func environmentOf(id string) string {
	if len(id) > idLength && id[idLength] == '-' {
		return id[:idLength]
	}
	return ""
}
