package remote

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/fetch"
)

// location is the document that names the files of an organisation's
// repositories. A repository without one is no fault.
func location(h fetch.Host, org *url.URL, targets []string) []byte {
	return document(map[string]any{
		"apiVersion": "backstage.io/v1alpha1", "kind": "Location",
		"metadata": map[string]any{
			"name":        entityName(h.Name + "-" + strings.Trim(org.Path, "/")),
			"description": "Repositories of " + org.String(),
			"links":       []any{map[string]any{"url": org.String(), "title": "On " + h.Name}},
		},
		"spec": map[string]any{"type": "url", "presence": "optional", "targets": targets},
	})
}

// peopleFile holds the groups and users of an organisation.
func peopleFile(h fetch.Host, teams []team, people []card) []byte {
	var b bytes.Buffer
	prefix := map[fetch.Kind]string{fetch.GitHub: "github.com", fetch.GitLab: "gitlab.com", fetch.Gitea: "gitea.com"}[h.Kind]
	for _, t := range teams {
		spec := map[string]any{"type": "team", "children": []string{}, "members": names(t.members), "profile": profile(t.title, "", "")}
		if t.parent != "" {
			spec["parent"] = entityName(t.parent)
		}
		meta := map[string]any{"name": entityName(t.name), "annotations": map[string]string{prefix + "/team-slug": t.annotation}}
		if t.description != "" {
			meta["description"] = t.description
		}
		b.WriteString("---\n")
		b.Write(document(map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": "Group", "metadata": meta, "spec": spec}))
	}
	for _, p := range people {
		b.WriteString("---\n")
		b.Write(document(map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": "User",
			"metadata": map[string]any{"name": entityName(p.login), "annotations": map[string]string{prefix + "/user-login": p.login}},
			"spec":     map[string]any{"memberOf": []string{}, "profile": profile(p.name, p.email, p.picture)}}))
	}
	return b.Bytes()
}

func names(logins []string) []string {
	out := []string{}
	for _, l := range logins {
		out = append(out, entityName(l))
	}
	slices.Sort(out)
	return out
}

func profile(name, email, picture string) map[string]string {
	out := map[string]string{}
	for k, v := range map[string]string{"displayName": name, "email": email, "picture": picture} {
		if v != "" {
			out[k] = v
		}
	}
	return out
}

func document(v map[string]any) []byte {
	b, err := yaml.Marshal(v)
	if err != nil {
		return nil // texts and lists always encode
	}
	return b
}

// memFS is a folder of small files.
type memFS map[string][]byte

func (m memFS) version() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(m)) {
		h.Write([]byte(name))
		h.Write(m[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Open implements fs.FS.
func (m memFS) Open(name string) (fs.File, error) {
	b, ok := m[name]
	switch {
	case name == ".":
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	case !ok:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &webFile{Reader: bytes.NewReader(b), name: name}, nil
}

// Stat implements fs.StatFS.
func (m memFS) Stat(name string) (fs.FileInfo, error) {
	if name == "." {
		return folderInfo{}, nil
	}
	f, err := m.Open(name)
	if err != nil {
		return nil, err
	}
	return f.Stat()
}

// ReadDir implements fs.ReadDirFS.
func (m memFS) ReadDir(string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, fs.FileInfoToDirEntry(&webFile{Reader: bytes.NewReader(m[name]), name: name}))
	}
	return out, nil
}

// folderInfo is the root of a memFS.
type folderInfo struct{ *webFile }

func (folderInfo) Name() string      { return "." }
func (folderInfo) Size() int64       { return 0 }
func (folderInfo) IsDir() bool       { return true }
func (folderInfo) Mode() fs.FileMode { return fs.ModeDir | 0o555 }
