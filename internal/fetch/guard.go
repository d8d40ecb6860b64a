package fetch

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// transport connects to what the guard allows. The address is judged when it
// is dialled, after names were resolved: a name that leads elsewhere the
// second time gains nothing.
func (c *Client) transport(plain bool) *http.Transport {
	d := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return c.judge(address, plain)
	}}
	return &http.Transport{
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: c.o.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  30 * time.Second,
		MaxResponseHeaderBytes: 1 << 18,
		IdleConnTimeout:        30 * time.Second,
		MaxIdleConnsPerHost:    4,
		ForceAttemptHTTP2:      true,
	}
}

// judge refuses addresses that no public host has, unless they are configured.
// Plain http goes to configured private networks only.
func (c *Client) judge(address string, plain bool) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fault.New(fault.Unavailable, "The host has no usable address.").Because(err)
	}
	ip := ap.Addr().Unmap().WithZone("")
	switch {
	case never(ip):
		return fault.Newf(fault.Unavailable, "the host leads to the address %s, which is never read", ip)
	case c.allowed(ip):
		return nil
	case plain:
		return fault.Newf(fault.Unavailable, "the host leads to the address %s: plain http is for the networks of %s.allow_private only", ip, c.o.Key)
	case private(ip):
		return fault.Newf(fault.Unavailable, "the host leads to the private address %s, which is in no network of %s.allow_private", ip, c.o.Key)
	}
	return nil
}

func (c *Client) allowed(ip netip.Addr) bool {
	for _, p := range c.o.AllowPrivate {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// never are addresses that no configuration opens: clouds answer with
// credentials there.
func never(ip netip.Addr) bool {
	return !ip.IsValid() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || ip == cloudMetadata6
}

var cloudMetadata6 = netip.MustParseAddr("fd00:ec2::254")

// inward are further networks that are not the public Internet, or that wrap
// addresses of other networks.
var inward = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

func private(ip netip.Addr) bool {
	if ip.IsLoopback() || ip.IsPrivate() || !ip.IsGlobalUnicast() {
		return true
	}
	for _, p := range inward {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// Check reports why an address may not be read; nil when it may. It asks
// nobody.
func (c *Client) Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return fault.New(fault.Invalid, "This is no address of the form https://host/path.")
	}
	_, err = c.check(u)
	return err
}

func (c *Client) check(u *url.URL) (*Host, error) {
	if u.User != nil {
		return nil, fault.Newf(fault.Invalid, "an address holds no name and password; give %s a token under %s.hosts", u.Hostname(), c.o.Key)
	}
	h, ok := c.hosts[hostName(u)]
	if !ok {
		return nil, fault.Newf(fault.Unavailable, "this portal does not read from %s: it is not among %s.hosts", hostName(u), c.o.Key)
	}
	if u.Scheme != h.scheme() {
		return nil, fault.Newf(fault.Invalid, "%s is read over %s only", h.Name, h.scheme())
	}
	return h, nil
}

// RoundTrip implements http.RoundTripper. Every request passes here, also each
// redirect, whichever library sends it.
func (c *Client) RoundTrip(r *http.Request) (*http.Response, error) {
	h, err := c.check(r.URL)
	if err != nil {
		return nil, err
	}
	if err := c.waiting(h); err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	for _, secret := range []string{"Authorization", "Private-Token", "Cookie", "Referer"} {
		out.Header.Del(secret)
	}
	if c.origin(r) == h {
		h.sign(out)
	}
	out.Header.Set("User-Agent", "waymark-catalog")
	t := c.secure
	if h.HTTP {
		t = c.plain
	}
	resp, err := t.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	c.note(h, resp)
	resp.Body = &bounded{ReadCloser: resp.Body, left: c.o.MaxBytes}
	return resp, nil
}

// origin is the host at which a chain of redirects began. Credentials go
// along with requests that were meant for their host, never with those that
// another host sent there.
func (c *Client) origin(r *http.Request) *Host {
	for r.Response != nil && r.Response.Request != nil {
		r = r.Response.Request
	}
	return c.hosts[hostName(r.URL)]
}

// sign adds the host's own credentials.
func (h *Host) sign(r *http.Request) {
	git := strings.HasSuffix(r.URL.Path, "/info/refs") || strings.HasSuffix(r.URL.Path, "/git-upload-pack") || strings.HasSuffix(r.URL.Path, "/git-receive-pack")
	switch {
	case h.Token == "":
	case h.User != "":
		r.SetBasicAuth(h.User, h.Token)
	case git && h.Kind == GitHub:
		r.SetBasicAuth("x-access-token", h.Token)
	case git:
		r.SetBasicAuth("oauth2", h.Token)
	default:
		r.Header.Set("Authorization", "Bearer "+h.Token)
	}
}

func (c *Client) checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > c.o.Redirects {
		return fault.Newf(fault.Unavailable, "the host redirects more than %d times", c.o.Redirects)
	}
	_, err := c.check(r.URL)
	return err
}

// longestWait bounds what a host may ask for.
const longestWait = time.Hour

// note remembers that a host asked to be left alone for a while.
func (c *Client) note(h *Host, r *http.Response) {
	limited := r.StatusCode == http.StatusTooManyRequests ||
		(r.StatusCode == http.StatusForbidden && (r.Header.Get("X-RateLimit-Remaining") == "0" || r.Header.Get("Retry-After") != ""))
	if !limited {
		return
	}
	now := c.o.Now()
	until := now.Add(time.Minute)
	if n, err := strconv.ParseInt(r.Header.Get("Retry-After"), 10, 64); err == nil && n >= 0 {
		until = now.Add(time.Duration(min(n, int64(longestWait/time.Second))) * time.Second)
	} else if n, err := strconv.ParseInt(first(r.Header.Get("X-RateLimit-Reset"), r.Header.Get("RateLimit-Reset")), 10, 64); err == nil {
		until = time.Unix(n, 0)
	}
	if until.After(now.Add(longestWait)) {
		until = now.Add(longestWait)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until[h.Name] = until
}

// waiting refuses a request to a host that asked to be left alone.
func (c *Client) waiting(h *Host) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.until[h.Name].Sub(c.o.Now())
	if left <= 0 {
		return nil
	}
	f := fault.Newf(fault.TooMany, "%s limits how often it may be asked; the next try is in %s", h.Name, left.Round(time.Second))
	f.RetryAfter = left
	return f
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// errTooLarge ends the reading of an answer.
var errTooLarge = fault.New(fault.TooLarge, "the answer is larger than this portal reads")

// bounded is a body that ends with an error when it is too large.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 && (err == nil || errors.Is(err, io.EOF)) {
		return n, errTooLarge
	}
	return n, err
}
