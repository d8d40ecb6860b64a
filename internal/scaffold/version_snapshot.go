package scaffold

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// The limits of what is kept of one version.
const (
	maxKeptFiles = 5_000
	maxKeptBytes = 20 << 20
)

// Snapshot is all that shapes what a template makes: its file, and the folders
// beside it that its steps fetch. Titles, owners, changelog and tests are not
// part of it, so that they can be mended without a new version.
type Snapshot struct {
	Digest string
	File   string       // the template's own, among Files
	Files  []forge.File // by path
	Partly string       // why files are missing; empty: all are there
}

// aside are the keys of spec that do not shape what is made.
var aside = []string{"version", "owner", "lifecycle", "type", "deprecated", "deprecatedVersions", "changelog", "gets", "upgrade"}

// Snapshot reads the template's folders; the digest names their content.
func (t *Template) Snapshot(ctx context.Context) (Snapshot, error) {
	s := Snapshot{File: t.file}
	sum := sha256.New()
	spec := maps.Clone(object(t.doc, "spec"))
	for _, key := range aside {
		delete(spec, key)
	}
	body, err := json.Marshal(map[string]any{"apiVersion": t.doc["apiVersion"], "kind": t.doc["kind"], "spec": spec})
	if err != nil {
		return s, err
	}
	sum.Write(body)
	kept := &keeper{files: map[string]forge.File{}}
	for _, dir := range t.fetched() {
		if err := kept.folder(ctx, t.files, dir); err != nil {
			return s, err
		}
	}
	for _, p := range slices.Sorted(maps.Keys(kept.sums)) {
		fmt.Fprintf(sum, "\n%s %s", p, kept.sums[p])
	}
	s.Digest = hex.EncodeToString(sum.Sum(nil))
	if s.Partly = kept.partly; s.Partly != "" {
		return s, nil
	}
	if s.File, err = kept.own(t); err != nil {
		return s, err
	}
	for _, p := range slices.Sorted(maps.Keys(kept.files)) {
		s.Files = append(s.Files, kept.files[p])
	}
	return s, nil
}

// fetched are the folders beside the template that its steps name.
func (t *Template) fetched() []string {
	if t.files == nil {
		return nil
	}
	var out []string
	for _, s := range t.Steps {
		in, _ := s.Input.(map[string]any)
		url := text(in, "url")
		if !strings.HasPrefix(s.Action, "fetch:") || url == "" || strings.Contains(url, "://") {
			continue
		}
		if i := strings.Index(url, "${{"); i >= 0 { // a choice of folders: all that it can be
			url = path.Dir(url[:i] + "x")
		}
		dir := path.Clean(path.Join(path.Dir(t.file), url))
		if fs.ValidPath(dir) && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return out
}

// keeper gathers files, each once.
type keeper struct {
	files  map[string]forge.File
	sums   map[string]string
	bytes  int
	partly string
}

func (k *keeper) folder(ctx context.Context, files fs.FS, dir string) error {
	info, err := fs.Stat(files, dir)
	if err != nil {
		k.partly = fmt.Sprintf("%s cannot be read.", dir)
		return nil // the run itself says so, with the step
	}
	if k.sums == nil {
		k.sums = map[string]string{}
	}
	if !info.IsDir() {
		data, err := fs.ReadFile(files, dir)
		if err != nil {
			return err
		}
		k.put(dir, WorkFile{Data: data})
		return nil
	}
	sub, err := fs.Sub(files, dir)
	if err != nil {
		return err
	}
	return eachFile(ctx, sub, func(p string, f WorkFile) error {
		k.put(path.Join(dir, p), f)
		return nil
	})
}

func (k *keeper) put(p string, f WorkFile) {
	if _, ok := k.sums[p]; ok {
		return
	}
	h := sha256.Sum256(f.Data)
	k.sums[p] = fmt.Sprintf("%d %s", f.Mode, hex.EncodeToString(h[:]))
	if k.bytes += len(f.Data); k.bytes > maxKeptBytes || len(k.sums) > maxKeptFiles {
		k.partly = fmt.Sprintf("The template's folders hold more than %d files or %d MB, so this version is known by its digest only.", maxKeptFiles, maxKeptBytes>>20)
		clear(k.files)
		return
	}
	k.files[p] = forge.File{Path: p, Mode: f.Mode, Data: f.Data}
}

// own adds the template's own file, as it is or, out of reach, as it was read.
func (k *keeper) own(t *Template) (string, error) {
	if t.files != nil {
		if b, err := fs.ReadFile(t.files, t.file); err == nil {
			k.files[t.file] = forge.File{Path: t.file, Data: b}
			return t.file, nil
		}
	}
	b, err := json.Marshal(t.doc)
	if err != nil {
		return "", err
	}
	k.files["template.yaml"] = forge.File{Path: "template.yaml", Data: b}
	return "template.yaml", nil
}

// Thaw makes a template of a kept version again.
func Thaw(ref catalog.Ref, s Snapshot) (*Template, error) {
	if s.Partly != "" {
		return nil, fault.Newf(fault.Unavailable, "The files of this version of %s were not kept. %s", ref.Name, s.Partly)
	}
	files, err := folderOf(s.Files)
	if err != nil {
		return nil, err
	}
	b, err := fs.ReadFile(files, s.File)
	if err != nil {
		return nil, fault.Newf(fault.Unavailable, "The file of this version of %s was not kept.", ref.Name).Because(err)
	}
	return parse(b, s.File, files, ref.Name)
}

// folderOf is a list of files as a folder.
func folderOf(list []forge.File) (fs.FS, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range list {
		h := &zip.FileHeader{Name: f.Path, Method: zip.Store}
		h.SetMode(0o644)
		if f.Mode == forge.Executable {
			h.SetMode(0o755)
		}
		part, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(part, bytes.NewReader(f.Data)); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}
