package remote

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// CatalogFiles is what is read of a repository that is named without a path.
const CatalogFiles = "**/catalog-info.{yaml,yml}"

// refsLife is how long the refs of a repository are taken as they were: one
// reading may name many files of it.
const refsLife = 2 * time.Second

// hintLife is how long refs are taken as they were because the listing of the
// organisation says that nothing was pushed.
const hintLife = 15 * time.Minute

// remoteRefs are the refs of a repository, as its host told them.
type remoteRefs struct {
	at     time.Time
	hint   string // when its host said it was changed, at that time
	head   string // name of the default branch, if it is told
	hash   plumbing.Hash
	byName map[string]plumbing.Hash // refs/heads/…, refs/tags/…
}

// fetchTree takes a snapshot of a repository.
func (r *Reader) fetchTree(ctx context.Context, a Address) (catalog.Snapshot, error) {
	refs, err := r.lsRemote(ctx, a)
	if err != nil {
		return catalog.Snapshot{}, err
	}
	ref, name, hash, err := refs.split(a)
	if err != nil {
		return catalog.Snapshot{}, err
	}
	base := "url:" + a.base(ref)
	files := &lazyFS{open: func() (fs.FS, error) { return r.tree(ctx, a, hash) }}
	return catalog.Snapshot{FS: files, Path: name, Version: hash.String(),
		Location: func(p string) string { return base + strings.TrimPrefix(p, "/") }}, nil
}

var fullHash = regexp.MustCompile(`^[0-9a-f]{40}$`)

// split tells ref and path apart: a branch may have slashes in its name, so
// the longest that exists counts.
func (refs *remoteRefs) split(a Address) (ref, name string, hash plumbing.Hash, err error) {
	if a.Rest == "" {
		if refs.hash.IsZero() {
			return "", "", hash, fault.Newf(fault.NotFound, "the repository %s on %s is empty", a.Repo, a.Host.Name)
		}
		return refs.head, CatalogFiles, refs.hash, nil
	}
	parts := strings.Split(a.Rest, "/")
	for n := len(parts); n > 0; n-- {
		ref = strings.Join(parts[:n], "/")
		name = strings.Join(parts[n:], "/")
		for _, kind := range []string{"refs/heads/", "refs/tags/"} {
			if h, ok := refs.byName[kind+ref]; ok {
				return ref, name, h, nil
			}
		}
	}
	name = strings.Join(parts[1:], "/")
	switch {
	case fullHash.MatchString(parts[0]):
		return parts[0], name, plumbing.NewHash(parts[0]), nil
	case parts[0] == "HEAD" && !refs.hash.IsZero():
		return parts[0], name, refs.hash, nil
	}
	return "", "", hash, fault.Newf(fault.NotFound, "the repository %s on %s has no branch or tag %q", a.Repo, a.Host.Name, parts[0])
}

// Forget makes the next reading ask the host of a repository again, even if
// it was asked just now.
func (r *Reader) Forget(a Address) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.refs, a.Clone())
}

// lsRemote asks the host for the refs of a repository.
func (r *Reader) lsRemote(ctx context.Context, a Address) (*remoteRefs, error) {
	defer r.locks.Lock("refs " + a.Clone())()
	r.mu.Lock()
	known, hint := r.refs[a.Clone()], r.hints[a.Clone()]
	r.mu.Unlock()
	if known != nil && (r.o.Now().Sub(known.at) < refsLife || (hint != "" && known.hint == hint && r.o.Now().Sub(known.at) < hintLife)) {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.o.Limit)
	defer cancel()
	s, err := r.session(a)
	if err != nil {
		return nil, err
	}
	adv, err := s.advertised(ctx)
	if err != nil {
		return nil, err
	}
	refs := readRefs(adv)
	refs.at, refs.hint = r.o.Now(), hint
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refs[a.Clone()] = refs
	return refs, nil
}

func readRefs(adv *packp.AdvRefs) *remoteRefs {
	refs := &remoteRefs{byName: adv.References}
	for tag, commit := range adv.Peeled {
		refs.byName[tag] = commit
	}
	if adv.Head == nil {
		return refs
	}
	refs.hash, refs.head = *adv.Head, "HEAD"
	for _, s := range adv.Capabilities.Get("symref") {
		if name, ok := strings.CutPrefix(s, "HEAD:refs/heads/"); ok {
			refs.head = name
			return refs
		}
	}
	for name, h := range refs.byName { // an old server that does not tell
		if b, ok := strings.CutPrefix(name, "refs/heads/"); ok && h == refs.hash && (refs.head == "HEAD" || b == "main" || b == "master") {
			refs.head = b
		}
	}
	return refs
}

// session is a conversation with a repository's host.
type session struct {
	transport.UploadPackSession
	reader *Reader
	a      Address
	seen   *witness
}

func (r *Reader) session(a Address) (*session, error) {
	ep, err := transport.NewEndpoint(a.Clone())
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "%s is no address of a repository", a.Web())
	}
	client := r.o.Client.HTTP()
	w := &witness{next: client.Transport}
	client.Transport = w
	s, err := githttp.NewClient(client).NewUploadPackSession(ep, nil)
	if err != nil {
		return nil, r.o.Client.Explain(err, a.Host.Name)
	}
	return &session{UploadPackSession: s, reader: r, a: a, seen: w}, nil
}

func (s *session) advertised(ctx context.Context) (*packp.AdvRefs, error) {
	adv, err := s.AdvertisedReferencesContext(ctx)
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return packp.NewAdvRefs(), nil
	}
	return adv, s.explain(err)
}

// explain turns an error of go-git into a fault with a reason.
func (s *session) explain(err error) error {
	if err == nil {
		return nil
	}
	switch {
	case s.seen.refused != nil:
		return s.reader.o.Client.Explain(s.seen.refused, s.a.Host.Name)
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return fault.Newf(fault.NotFound, "%s has no repository %s, or shows it only with another token", s.a.Host.Name, s.a.Repo)
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		return fault.Newf(fault.Unavailable, "%s has no repository %s, or refuses access to it; check its token under catalog.hosts", s.a.Host.Name, s.a.Repo)
	}
	return s.reader.o.Client.Explain(err, s.a.Host.Name)
}

// witness keeps the error of a request, which go-git does not pass on whole.
type witness struct {
	next    http.RoundTripper
	refused error
}

// RoundTrip implements http.RoundTripper.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		w.refused = err
	}
	return resp, err
}
