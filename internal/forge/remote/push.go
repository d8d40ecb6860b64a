package remote

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// Push implements scaffold.Publisher.
func (p *Publisher) Push(ctx context.Context, h forge.HostedPush, c forge.Credential) (string, error) {
	w, _, err := p.talk(ctx, h.Place, c)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.Limit)
	defer cancel()
	s := newRecorder()
	hash, err := forge.WriteCommit(s, h.Publication)
	if err != nil {
		return "", err
	}
	refs, err := w.newRefs(ctx)
	if err != nil {
		return "", err
	}
	switch old, there := refs.byName["refs/heads/"+h.Branch]; {
	case there && old == hash:
		return hash.String(), nil
	case there:
		return "", fault.Newf(fault.Conflict, "The branch %s of %s holds other work already. Nothing was pushed.", h.Branch, h.Place)
	}
	return hash.String(), w.send(ctx, s, plumbing.NewBranchReferenceName(h.Branch), plumbing.ZeroHash, hash)
}

// recorder remembers which objects were made here, since only they are sent,
// each once.
type recorder struct {
	*memory.Storage
	made []plumbing.Hash
	seen map[plumbing.Hash]bool
}

func newRecorder() *recorder {
	return &recorder{Storage: memory.NewStorage(), seen: map[plumbing.Hash]bool{}}
}

// SetEncodedObject implements storer.EncodedObjectStorer.
func (r *recorder) SetEncodedObject(o plumbing.EncodedObject) (plumbing.Hash, error) {
	h, err := r.Storage.SetEncodedObject(o)
	if !r.seen[h] {
		r.seen[h], r.made = true, append(r.made, h)
	}
	return h, err
}

// reader reads the repository with the conversation's credentials.
func (w *writer) reader() *Reader {
	return New(Options{Client: w.client, Limit: w.limit})
}

func (w *writer) refs(ctx context.Context) (*remoteRefs, error) {
	s, err := w.reader().session(w.at)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	adv, err := s.advertised(ctx)
	if err != nil {
		return nil, err
	}
	return readRefs(adv), nil
}

// justMade is how long a repository that was made a moment ago may be unknown
// to the part of its host that speaks Git.
const justMade = 5 * time.Second

// newRefs are the refs of a repository that may have been made just now.
func (w *writer) newRefs(ctx context.Context) (refs *remoteRefs, err error) {
	deadline := time.Now().Add(justMade)
	asked := w.until(ctx, func() (bool, error) {
		refs, err = w.refs(ctx)
		return !fault.Is(err, fault.NotFound) || time.Now().After(deadline), nil
	})
	if asked != nil {
		return nil, asked
	}
	return refs, err
}

// commit fetches one commit with its trees into s.
func (w *writer) commit(ctx context.Context, s *recorder, hash plumbing.Hash) (*object.Commit, error) {
	u, err := w.reader().session(w.at)
	if err != nil {
		return nil, err
	}
	defer u.Close()
	adv, err := u.advertised(ctx)
	if err != nil {
		return nil, err
	}
	req, err := request(adv.Capabilities, hash)
	if err != nil {
		return nil, w.client.Explain(err, w.host)
	}
	if req.Filter != "" {
		req.Filter = packp.FilterBlobNone()
	}
	resp, err := u.UploadPack(ctx, req)
	if err != nil {
		return nil, u.explain(err)
	}
	defer resp.Close()
	body := &witnessed{Reader: demux(req.Capabilities, resp)}
	if err := packfile.UpdateObjectStorage(s.Storage, io.LimitReader(body, maxFetched)); err != nil {
		return nil, u.explain(errors.Join(err, body.err))
	}
	return object.GetCommit(s.Storage, hash)
}

// maxFetched bounds what is fetched of a repository to change it, in bytes:
// its trees, and its files where the host cannot leave them out.
const maxFetched = 256 << 20

// send pushes the objects that were made to a branch that stood at old.
func (w *writer) send(ctx context.Context, s *recorder, branch plumbing.ReferenceName, old, next plumbing.Hash) error {
	ep, err := transport.NewEndpoint(w.at.Clone())
	if err != nil {
		return fault.Newf(fault.Invalid, "%s is no address of a repository", w.at.Web())
	}
	client := w.client.HTTP()
	seen := &witness{next: client.Transport}
	client.Transport = seen
	session, err := githttp.NewClient(client).NewReceivePackSession(ep, nil)
	if err != nil {
		return w.client.Explain(err, w.host)
	}
	defer session.Close()
	explain := func(err error) error {
		switch {
		case seen.refused != nil:
			return w.client.Explain(seen.refused, w.host)
		case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed), errors.Is(err, transport.ErrRepositoryNotFound):
			return fault.Newf(fault.Unavailable, "%s does not take a push to %s; check what its token may do", w.host, w.place.Slug())
		}
		return w.client.Explain(err, w.host)
	}
	adv, err := session.AdvertisedReferencesContext(ctx)
	if err != nil && !errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return explain(err)
	}
	req := packp.NewReferenceUpdateRequest()
	if adv != nil {
		req = packp.NewReferenceUpdateRequestFromCapabilities(adv.Capabilities)
	}
	if adv != nil && adv.Capabilities.Supports(capability.Sideband64k) {
		_ = req.Capabilities.Set(capability.Sideband64k) // it takes no argument, so this cannot fail
	}
	req.Commands = []*packp.Command{{Name: branch, Old: old, New: next}}
	pack, in := io.Pipe()
	go func() {
		_, err := packfile.NewEncoder(in, s, false).Encode(s.made, 0)
		in.CloseWithError(err)
	}()
	req.Packfile = pack
	report, err := session.ReceivePack(ctx, req)
	_ = pack.CloseWithError(err) // ends the encoder when the request ended early
	if report != nil {
		if err := report.Error(); err != nil {
			return fault.Newf(fault.Conflict, "%s did not take the push to %s of %s: %s", w.host, branch.Short(), w.place.Slug(), w.client.Redact(strings.TrimSpace(err.Error())))
		}
	}
	if err != nil {
		return explain(err)
	}
	return nil
}
