// Package remote reads repositories and files of other hosts for the catalog:
// Git over https by commit, single files by address, and the repositories,
// groups and people of organisations through the APIs of their hosts.
package remote

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
	"github.com/waymark-portal/waymark/internal/keylock"
)

// Options are what a reader works with.
type Options struct {
	Client *fetch.Client
	Dir    string        // of the mirrors; a cache that may be deleted
	Orgs   []Org         // what Organisation finds
	Limit  time.Duration // for one repository; 0 means 5 minutes
	Now    func() time.Time
}

// Reader reads what the client's hosts hold. It is safe for concurrent use.
type Reader struct {
	o     Options
	mu    sync.Mutex
	refs  map[string]*remoteRefs // by address of the repository
	locks keylock.Locks
	hints map[string]string // when a repository was changed last, as its host lists it
	files *fileCache
	lists *listCache
	cards *cardCache
}

// New makes a reader.
func New(o Options) *Reader {
	if o.Limit == 0 {
		o.Limit = 5 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Reader{o: o, refs: map[string]*remoteRefs{}, hints: map[string]string{},
		files: newFileCache(), lists: &listCache{by: map[string]listed{}}, cards: &cardCache{by: map[string]card{}}}
}

// Reads implements catalog.Remote.
func (r *Reader) Reads(host string) bool {
	_, ok := r.o.Client.Host(host)
	return ok
}

// Fetch implements catalog.Fetcher. For a repository it costs one question to
// the host; files are mirrored when they are first read.
func (r *Reader) Fetch(ctx context.Context, target string) (catalog.Snapshot, error) {
	if err := r.o.Client.Check(target); err != nil {
		return catalog.Snapshot{}, err
	}
	u, err := url.Parse(target)
	if err != nil {
		return catalog.Snapshot{}, fault.New(fault.Invalid, "This is no address of the form https://host/path.")
	}
	a, ok := r.Parse(target)
	if !ok {
		return r.fetchFile(ctx, u)
	}
	return r.fetchTree(ctx, a)
}

// Ping reports why a host cannot be reached; nil when it answers, whatever it
// says.
func (r *Reader) Ping(ctx context.Context, host string) error {
	h, ok := r.o.Client.Host(host)
	if !ok {
		return r.o.Client.Check("https://" + host + "/")
	}
	scheme := "https://"
	if h.HTTP {
		scheme = "http://"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, scheme+h.Name+"/", nil)
	if err != nil {
		return fault.New(fault.Invalid, "This is no name of a host.")
	}
	resp, err := r.o.Client.RoundTrip(req) // where it redirects to does not matter
	if err != nil {
		return r.o.Client.Explain(err, h.Name)
	}
	return resp.Body.Close()
}
