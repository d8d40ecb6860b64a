package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Answer is what an address holds.
type Answer struct {
	Body []byte
	ETag string
	Same bool // as under the ETag that was sent; Body is empty then
}

// Get reads an address, at most max bytes of it. With an ETag of an earlier
// answer the host may say that nothing changed. Faults: NotFound, TooLarge,
// TooMany, Invalid for what is no address, else Unavailable. No error holds a
// credential, nor the query of the address.
func (c *Client) Get(ctx context.Context, address, etag string, max int64) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Answer{}, fault.New(fault.Invalid, "This is no address of the form https://host/path.")
	}
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	resp, err := c.HTTP().Do(r)
	if err != nil {
		return Answer{}, c.Explain(err, r.URL.Host)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && etag != "":
		return Answer{ETag: etag, Same: true}, nil
	case resp.StatusCode != http.StatusOK:
		return Answer{}, refusal(r.URL.Host, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, max+1))
	if err != nil {
		return Answer{}, c.Explain(err, r.URL.Host)
	}
	if int64(len(body)) > max {
		return Answer{}, fault.Newf(fault.TooLarge, "the file is larger than the %d MB that are read of one", max>>20)
	}
	return Answer{Body: body, ETag: resp.Header.Get("ETag")}, nil
}

// refusal says what a status means for whoever configured the host.
func refusal(host string, status int) error {
	switch status {
	case http.StatusNotFound, http.StatusGone:
		return fault.Newf(fault.NotFound, "%s has nothing under this address, or shows it only with another token", host)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Newf(fault.Unavailable, "%s refuses access (%d); check its token under catalog.hosts", host, status)
	case http.StatusTooManyRequests:
		return fault.Newf(fault.TooMany, "%s limits how often it may be asked", host)
	}
	return fault.Newf(fault.Unavailable, "%s answers %d", host, status)
}

// Refusal is the fault for an HTTP status of a host.
func Refusal(host string, status int) error { return refusal(host, status) }

// Explain turns the error of a request to host into a fault that says why,
// without addresses of proxies, queries or credentials. A fault stays as it is.
func (c *Client) Explain(err error, host string) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Newf(fault.Unavailable, "%s did not answer in time", host)
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err // without the address, whose query may hold a secret
	}
	return fault.Newf(fault.Unavailable, "%s could not be read", host).Because(hidden{c.Redact(err.Error())})
}

// hidden is an error as text alone, so that nothing secret can be unwrapped.
type hidden struct{ text string }

func (h hidden) Error() string { return h.text }
