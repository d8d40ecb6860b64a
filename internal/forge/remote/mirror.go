package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// kept is how long a mirror stays that another commit has taken the place of:
// somebody may still read it.
const kept = 10 * time.Minute

// tree returns the files of a commit, from the mirror; it is made when there
// is none: one commit, without its history and without large files.
func (r *Reader) tree(ctx context.Context, a Address, hash plumbing.Hash) (fs.FS, error) {
	defer r.locks.Lock("mirror " + a.Clone())()
	sum := sha256.Sum256([]byte(a.Clone()))
	dir := filepath.Join(r.o.Dir, hex.EncodeToString(sum[:12]))
	at := filepath.Join(dir, hash.String())
	if _, err := os.Stat(at); errors.Is(err, fs.ErrNotExist) {
		if err := r.mirror(ctx, a, hash, at); err != nil {
			return nil, err
		}
		r.prune(dir, hash.String())
	}
	now := r.o.Now()
	_ = os.Chtimes(at, now, now) // only delays when it is pruned
	repo, err := git.Open(storageAt(at), nil)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(at)) // made anew next time
	}
	return forge.Tree(repo, hash)
}

func storageAt(dir string) *filesystem.Storage {
	return filesystem.NewStorage(osfs.New(dir, osfs.WithBoundOS()), cache.NewObjectLRU(8*cache.MiByte))
}

// mirror fetches one commit into a folder of its own, whole or not at all.
func (r *Reader) mirror(ctx context.Context, a Address, hash plumbing.Hash, at string) error {
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(at), "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	ctx, cancel := context.WithTimeout(ctx, r.o.Limit)
	defer cancel()
	if err := r.download(ctx, a, hash, storageAt(tmp)); err != nil {
		return err
	}
	return os.Rename(tmp, at)
}

func (r *Reader) download(ctx context.Context, a Address, hash plumbing.Hash, into *filesystem.Storage) error {
	s, err := r.session(a)
	if err != nil {
		return err
	}
	adv, err := s.advertised(ctx)
	if err != nil {
		return err
	}
	req, err := request(adv.Capabilities, hash)
	if err != nil {
		return r.o.Client.Explain(err, a.Host.Name)
	}
	resp, err := s.UploadPack(ctx, req)
	if err != nil {
		return s.explain(err)
	}
	defer resp.Close()
	body := &witnessed{Reader: resp}
	if err := packfile.UpdateObjectStorage(into, demux(req.Capabilities, body)); err != nil {
		if fault.Is(body.err, fault.TooLarge) {
			return fault.Newf(fault.TooLarge, "the repository %s on %s is larger than this portal mirrors", a.Repo, a.Host.Name)
		}
		return s.explain(err)
	}
	if err := into.SetShallow([]plumbing.Hash{hash}); err != nil {
		return err
	}
	return into.SetReference(plumbing.NewHashReference(plumbing.HEAD, hash))
}

// request asks for one commit without its history.
func request(can *capability.List, hash plumbing.Hash) (*packp.UploadPackRequest, error) {
	req := packp.NewUploadPackRequestFromCapabilities(can)
	req.Wants = []plumbing.Hash{hash}
	if can.Supports(capability.Shallow) {
		if err := req.Capabilities.Set(capability.Shallow); err != nil {
			return nil, err
		}
		req.Depth = packp.DepthCommits(1)
	}
	if can.Supports(capability.Filter) {
		if err := req.Capabilities.Set(capability.Filter); err != nil {
			return nil, err
		}
		req.Filter = packp.FilterBlobLimit(forge.MaxFile>>20, packp.BlobLimitPrefixMebi)
	}
	return req, nil
}

func demux(can *capability.List, r io.Reader) io.Reader {
	switch {
	case can.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, r)
	case can.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, r)
	}
	return r
}

// witnessed keeps the error that ended a stream.
type witnessed struct {
	io.Reader
	err error
}

func (w *witnessed) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// unread is how long the mirror of a repository stays that no source reads.
const unread = 7 * 24 * time.Hour

// Sweep removes the mirrors that nobody has read for a week.
func (r *Reader) Sweep(context.Context) error {
	commits, err := filepath.Glob(filepath.Join(r.o.Dir, "*", "*"))
	if err != nil {
		return err
	}
	for _, at := range commits {
		info, err := os.Stat(at)
		if err != nil || r.o.Now().Sub(info.ModTime()) < unread {
			continue // one that is gone is swept already
		}
		if err := os.RemoveAll(at); err != nil {
			return err
		}
		_ = os.Remove(filepath.Dir(at)) // fails while it holds others
	}
	return nil
}

// prune removes the mirrors of other commits that nobody has read for a while.
func (r *Reader) prune(dir, current string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return // a cache; the next reading tries again
	}
	for _, d := range list {
		info, err := d.Info()
		if err == nil && d.Name() != current && r.o.Now().Sub(info.ModTime()) > kept {
			_ = os.RemoveAll(filepath.Join(dir, d.Name())) // as above
		}
	}
}
