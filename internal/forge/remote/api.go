package remote

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

// maxPages bounds every list: at 100 entries a page, 100,000 of them.
const maxPages = 1000

// perPage is how many entries are asked for at once.
const perPage = 100

// allPages reads the pages of a list from the first on; page returns the number
// of the next one, 0 after the last. A list that does not end is an error and
// never a shorter list: what it left out would look as if it were gone.
func allPages[T any](page func(n int) ([]T, int, error)) ([]T, error) {
	var out []T
	n := 1
	for range maxPages {
		list, next, err := page(n)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if next == 0 {
			return out, nil
		}
		n = next
	}
	return nil, fault.Newf(fault.Unavailable, "a list of this host has more than %d pages", maxPages)
}

// lister makes the client for the API of a host.
func (r *Reader) lister(ctx context.Context, h fetch.Host) (lister, error) {
	w := &apiWitness{next: &conditional{reader: r, next: r.o.Client}, host: h.Name, client: r.o.Client}
	client := r.o.Client.HTTP()
	client.Transport, client.Timeout = w, time.Minute
	switch h.Kind {
	case fetch.GitHub:
		return newGitHub(r, h, client, w)
	case fetch.GitLab:
		return newGitLab(h, client, w)
	case fetch.Gitea:
		return newGitea(ctx, h, client, w)
	}
	return lister{}, fault.Newf(fault.Invalid, "%s has no API that lists repositories; give it the kind github, gitlab or gitea under catalog.hosts", h.Name)
}

// apiWitness keeps what a host answered last, since each SDK tells it in
// another way.
type apiWitness struct {
	next   http.RoundTripper
	client *fetch.Client
	host   string
	mu     sync.Mutex
	status int
	err    error
}

// RoundTrip implements http.RoundTripper.
func (w *apiWitness) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status, w.err = 0, err
	if err == nil {
		w.status = resp.StatusCode
	}
	return resp, err
}

// explain turns the error of an SDK into a fault without secrets.
func (w *apiWitness) explain(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		return nil
	case w.err != nil:
		return w.client.Explain(w.err, w.host)
	case w.status >= 400:
		return fetch.Refusal(w.host, w.status)
	}
	return w.client.Explain(err, w.host)
}

// listCache remembers the pages of lists with their ETags: what did not change
// does not count against a host's limits.
type listCache struct {
	mu    sync.Mutex
	by    map[string]listed
	bytes int
}

type listed struct {
	etag   string
	header http.Header
	body   []byte
}

// maxListed bounds what is remembered, in bytes.
const maxListed = 32 << 20

func (c *listCache) find(key string) listed {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[key]
}

func (c *listCache) keep(key string, l listed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes += len(l.body) - len(c.by[key].body); c.bytes > maxListed {
		c.by, c.bytes = map[string]listed{}, len(l.body)
	}
	c.by[key] = l
}

// conditional asks with the ETag of what is remembered.
type conditional struct {
	reader *Reader
	next   http.RoundTripper
}

// maxPage bounds one page of a list, in bytes.
const maxPage = 16 << 20

// RoundTrip implements http.RoundTripper.
func (l *conditional) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		return l.next.RoundTrip(r)
	}
	key := r.URL.String()
	known := l.reader.lists.find(key)
	if known.etag != "" {
		r = r.Clone(r.Context())
		r.Header.Set("If-None-Match", known.etag)
	}
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusNotModified && known.etag != "":
		resp.Body.Close()
		resp.StatusCode, resp.Status, resp.Header = http.StatusOK, "200 OK", known.header.Clone()
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(known.body)), int64(len(known.body))
	case resp.StatusCode == http.StatusOK && resp.Header.Get("ETag") != "":
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
		l.reader.lists.keep(key, listed{etag: resp.Header.Get("ETag"), header: resp.Header.Clone(), body: body})
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	return resp, nil
}

// cardCache remembers what hosts told of people, since each is a request.
type cardCache struct {
	mu sync.Mutex
	by map[string]card
	at time.Time
}

// cardLife is how long that is taken as it was.
const cardLife = 6 * time.Hour

func (c *cardCache) find(key string, now time.Time, ask func() (card, error)) (card, error) {
	c.mu.Lock()
	if now.Sub(c.at) > cardLife {
		c.by, c.at = map[string]card{}, now
	}
	known, ok := c.by[key]
	c.mu.Unlock()
	if ok {
		return known, nil
	}
	got, err := ask()
	if err == nil {
		c.mu.Lock()
		c.by[key] = got
		c.mu.Unlock()
	}
	return got, err
}
