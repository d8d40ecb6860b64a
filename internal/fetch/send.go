package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Message is a request that somebody has composed.
type Message struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
	Max    int64         // of the answer, in bytes
	Within time.Duration // for all of it; 0 means the client's timeout
}

// Reply is what a host answered, whatever its status.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Send sends a request as it is composed, to a host of the list. It follows
// no redirect: what was meant for one host goes to no other. The host's own
// credentials go along unless the request has some. Faults are those of Get;
// none holds a header, the query of the address or the body.
func (c *Client) Send(ctx context.Context, m Message) (Reply, error) {
	if m.Within == 0 {
		m.Within = c.o.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, m.Within)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, m.Method, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return Reply{}, fault.New(fault.Invalid, "This is no request to an address of the form https://host/path.")
	}
	h, err := c.check(r.URL)
	if err != nil {
		return Reply{}, err
	}
	for k, v := range m.Header {
		r.Header[k] = v
	}
	r.Header.Del("Host")
	if r.Header.Get("Authorization") == "" {
		h.sign(r)
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "waymark")
	}
	t := c.secure
	if h.HTTP {
		t = c.plain
	}
	resp, err := t.RoundTrip(r)
	if err != nil {
		return Reply{}, c.Explain(err, r.URL.Host)
	}
	defer resp.Body.Close()
	return readReply(c, resp, m.Max)
}

func readReply(c *Client, resp *http.Response, most int64) (Reply, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil && !errors.Is(err, io.EOF) {
		return Reply{}, c.Explain(err, resp.Request.URL.Host)
	}
	if int64(len(body)) > most {
		return Reply{}, fault.Newf(fault.TooLarge, "%s answers more than the %d KB that are read", resp.Request.URL.Host, most>>10)
	}
	return Reply{resp.StatusCode, resp.Header, body}, nil
}
