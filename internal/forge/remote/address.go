package remote

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/fetch"
)

// Address is what an address says of a repository.
type Address struct {
	Host fetch.Host
	Repo string // path of the repository on its host, such as owner/name
	Rest string // ref and path, not yet told apart; empty: the whole default branch
	View string // what stands between repository and ref, such as blob
	root string // scheme and host
}

// viewed are the words between repository and ref, by kind of host.
var viewed = map[fetch.Kind][]string{
	fetch.GitHub: {"blob", "tree", "raw", "edit"},
	fetch.GitLab: {"-/blob", "-/tree", "-/raw", "-/edit", "blob", "tree", "raw"},
	fetch.Gitea:  {"src/branch", "src/tag", "src/commit", "raw/branch", "raw/tag", "raw/commit"},
	fetch.Git:    {"blob", "tree", "raw"},
}

// fileView is the word under which the files of a repository are named.
var fileView = map[fetch.Kind]string{fetch.GitHub: "blob", fetch.GitLab: "-/blob", fetch.Gitea: "src/branch", fetch.Git: "blob"}

// Parse reads the address of a repository, or of a file, folder or glob in
// one; false when its host is none of Git, or it names no repository.
func (r *Reader) Parse(target string) (Address, bool) {
	u, err := url.Parse(target)
	if err != nil || u.RawQuery != "" {
		return Address{}, false
	}
	h, ok := r.o.Client.Host(u.Host)
	if !ok || h.Kind == fetch.Plain {
		return Address{}, false
	}
	a := Address{Host: h, View: fileView[h.Kind], root: u.Scheme + "://" + u.Host + "/"}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if at, n := view(h.Kind, parts); at > 0 {
		a.View = strings.Join(parts[at:at+n], "/")
		a.Repo, a.Rest = strings.Join(parts[:at], "/"), strings.Join(parts[at+n:], "/")
		if a.Rest == "" {
			return Address{}, false
		}
	} else {
		a.Repo = strings.Join(parts, "/")
	}
	a.Repo = strings.TrimSuffix(a.Repo, ".git")
	if !validRepo(h.Kind, a.Repo) {
		return Address{}, false
	}
	a.View = strings.NewReplacer("tree", "blob", "edit", "blob", "raw/", "src/").Replace(a.View)
	if a.View == "raw" || a.View == "-/raw" {
		a.View = fileView[h.Kind]
	}
	return a, true
}

// view finds where the word of a view stands in the parts of a path, and how
// many parts it has; 0 when there is none.
func view(kind fetch.Kind, parts []string) (at, n int) {
	first := 2 // owner and name
	if kind == fetch.Git {
		first = 1
	}
	for at := first; at < len(parts); at++ {
		for _, v := range viewed[kind] {
			words := strings.Split(v, "/")
			if at+len(words) <= len(parts) && slices.Equal(parts[at:at+len(words)], words) {
				return at, len(words)
			}
		}
		if kind == fetch.GitHub || kind == fetch.Gitea {
			break // a repository has no folders above it there
		}
	}
	return 0, 0
}

func validRepo(kind fetch.Kind, repo string) bool {
	parts := strings.Split(repo, "/")
	for _, p := range parts {
		if p == "" || p == "." || p == ".." {
			return false
		}
	}
	switch kind {
	case fetch.GitHub, fetch.Gitea:
		return len(parts) == 2
	case fetch.GitLab:
		return len(parts) >= 2
	}
	return true
}

// Clone is where the repository is cloned from.
func (a Address) Clone() string { return a.root + a.Repo + ".git" }

// Web is the page of the repository.
func (a Address) Web() string { return a.root + a.Repo }

// base is what stands before the path of each file at ref.
func (a Address) base(ref string) string { return a.root + a.Repo + "/" + a.View + "/" + ref + "/" }

// Under begins the ids of all sources that lie in the repository.
func (a Address) Under() string { return "url:" + a.Web() }

// In is the address of a file, folder or glob of the repository at ref.
func (a Address) In(ref, name string) string {
	return a.base(ref) + strings.TrimPrefix(path.Clean("/"+name), "/")
}
