package scaffold

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/forge"
)

// The limits of what one template may make.
const (
	maxFiles = 5_000
	maxBytes = 50 << 20
	maxName  = 400
)

// Workspace holds the files that a run is making. It lives in memory and is
// kept with the run after each step; nothing of it ever touches a disk, so
// no path can lead out of it.
type Workspace struct {
	files   map[string]WorkFile
	names   map[string]string // paths by fold; nil until one is asked for
	total   int
	changed bool
}

// WorkFile is one file of a workspace.
type WorkFile struct {
	Mode forge.FileMode `json:"m,omitempty"`
	Data []byte         `json:"d"`
}

// NewWorkspace returns an empty one.
func NewWorkspace() *Workspace { return &Workspace{files: map[string]WorkFile{}} }

// CleanPath makes a path relative to the workspace, refusing what would leave
// it. The workspace itself is "".
func CleanPath(p string) (string, error) {
	if strings.ContainsAny(p, "\\\x00") || len(p) > maxName || strings.HasPrefix(p, "/") {
		return "", fmt.Errorf("the path %.80q is not allowed: paths are relative, with slashes", p)
	}
	c := path.Clean("/" + p)[1:]
	for _, part := range strings.Split(p, "/") {
		if part == ".." {
			return "", fmt.Errorf("the path %.80q leaves the workspace", p)
		}
	}
	if c == "" {
		return c, nil
	}
	return c, checkParts(c)
}

// Put writes a file. Of names that differ in nothing but upper and lower case
// only one may be there: many disks take them for the same file.
func (w *Workspace) Put(p string, f WorkFile) error {
	c, err := CleanPath(p)
	if err != nil {
		return err
	}
	if c == "" {
		return fmt.Errorf("a file needs a name")
	}
	for dir := path.Dir(c); dir != "."; dir = path.Dir(dir) {
		if _, isFile := w.files[dir]; isFile {
			return fmt.Errorf("%q is a file, so %q cannot be made", dir, c)
		}
	}
	if f.Mode == forge.Symlink {
		if err := checkLink(c, string(f.Data)); err != nil {
			return err
		}
	}
	if other, ok := w.folded()[fold(c)]; ok && other != c {
		return fmt.Errorf("%q differs from %q in upper and lower case only, and many disks take them for the same file", c, other)
	}
	w.names[fold(c)] = c
	w.total += len(f.Data) - len(w.files[c].Data)
	w.files[c] = f
	w.changed = true
	if len(w.files) > maxFiles || w.total > maxBytes {
		return fmt.Errorf("a template may make %d files of %d MB in all", maxFiles, maxBytes>>20)
	}
	return nil
}

// fold is p as a disk sees it that does not tell upper from lower case.
func fold(p string) string { return strings.ToLower(strings.ToUpper(p)) }

// folded are the paths by fold.
func (w *Workspace) folded() map[string]string {
	if w.names == nil {
		w.names = make(map[string]string, len(w.files))
		for p := range w.files {
			w.names[fold(p)] = p
		}
	}
	return w.names
}

// Get returns a file.
func (w *Workspace) Get(p string) (WorkFile, bool) {
	f, ok := w.files[p]
	return f, ok
}

// Delete removes a file.
func (w *Workspace) Delete(p string) {
	w.total -= len(w.files[p].Data)
	delete(w.files, p)
	delete(w.names, fold(p))
	w.changed = true
}

// Paths lists the files in order.
func (w *Workspace) Paths() []string { return slices.Sorted(maps.Keys(w.files)) }

// Under lists the files of a folder, "" for all.
func (w *Workspace) Under(dir string) []string {
	var out []string
	for _, p := range w.Paths() {
		if dir == "" || p == dir || strings.HasPrefix(p, dir+"/") {
			out = append(out, p)
		}
	}
	return out
}

// MarshalJSON packs the files.
func (w *Workspace) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := json.NewEncoder(z).Encode(w.files); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return json.Marshal(b.Bytes())
}

// UnmarshalJSON unpacks what MarshalJSON packed.
func (w *Workspace) UnmarshalJSON(in []byte) error {
	var packed []byte
	if err := json.Unmarshal(in, &packed); err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	w.files, w.names, w.total = map[string]WorkFile{}, nil, 0
	if err := json.NewDecoder(io.LimitReader(z, 3*maxBytes)).Decode(&w.files); err != nil {
		return err
	}
	for _, f := range w.files {
		w.total += len(f.Data)
	}
	return z.Close()
}
