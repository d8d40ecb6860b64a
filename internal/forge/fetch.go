package forge

import (
	"context"
	"io/fs"
	"net/url"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// catalogFiles is what the catalog reads of a repository that is named
// without a path.
const catalogFiles = "**/catalog-info.{yaml,yml}"

// Target is a file or folder of a repository that an address names.
type Target struct {
	Owner, Name, Ref, Path string
	Whole                  bool // the address names the repository and nothing in it
}

// ParseTarget reads https://waymark/OWNER/REPO/blob/BRANCH/PATH, or tree
// instead of blob for a folder, or https://waymark/OWNER/REPO for the whole.
func ParseTarget(address string) (Target, error) {
	bad := fault.Newf(fault.Invalid, "%q is not an address on this forge; write https://%s/OWNER/REPO/blob/%s/PATH.", address, Host, Branch)
	u, err := url.Parse(address)
	if err != nil || u.Host != Host {
		return Target{}, bad
	}
	p := strings.SplitN(strings.Trim(u.Path, "/"), "/", 5)
	whole := len(p) == 2
	if whole {
		p = []string{p[0], strings.TrimSuffix(p[1], ".git"), "tree", Branch}
	}
	if len(p) < 4 || (p[2] != "blob" && p[2] != "tree" && p[2] != "raw") || !ValidName(p[0]) || !ValidName(p[1]) {
		return Target{}, bad
	}
	t := Target{Owner: p[0], Name: p[1], Ref: p[3], Whole: whole}
	if len(p) == 5 {
		t.Path = p[4]
	}
	return t, nil
}

// Fetch implements catalog.Fetcher for the host waymark.
func (f *Embedded) Fetch(_ context.Context, address string) (catalog.Snapshot, error) {
	t, err := ParseTarget(address)
	if err != nil {
		return catalog.Snapshot{}, err
	}
	if t.Whole {
		t.Path = catalogFiles
	}
	files, version, err := f.snapshot(t.Owner, t.Name, t.Ref)
	if err != nil {
		return catalog.Snapshot{}, err
	}
	base := "url:https://" + Host + "/" + t.Owner + "/" + t.Name + "/blob/" + t.Ref + "/"
	return catalog.Snapshot{FS: files, Path: t.Path, Version: version,
		Location: func(path string) string { return base + strings.TrimPrefix(path, "/") }}, nil
}

// Addresses reads repositories by the addresses that the catalog keeps.
type Addresses struct{ Forge *Embedded }

// Version names the state of the repository at an address such as
// https://waymark/OWNER/REPO/blob/main/catalog-info.yaml; fault NotFound for
// one that is not here.
func (a Addresses) Version(ctx context.Context, address string) (string, error) {
	t, err := ParseTarget(address)
	if err != nil {
		return "", ErrNotFound.Because(err)
	}
	return a.Forge.Version(ctx, t.Owner, t.Name, t.Ref)
}

// Files returns all files of that repository and the path that the address
// names inside it.
func (a Addresses) Files(ctx context.Context, address string) (fs.FS, string, error) {
	t, err := ParseTarget(address)
	if err != nil {
		return nil, "", ErrNotFound.Because(err)
	}
	files, err := a.Forge.FS(ctx, t.Owner, t.Name, t.Ref)
	return files, t.Path, err
}
