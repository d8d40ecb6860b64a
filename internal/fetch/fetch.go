// Package fetch is the one way in which Waymark reads what other hosts serve.
// Its client talks to the hosts of an allow-list only, over https, checks the
// address it really connects to, bounds size, time and redirects, and gives
// each host its own credentials and no other's.
package fetch

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Kind says what a host speaks.
type Kind string

// The kinds of hosts.
const (
	Plain  Kind = ""       // files by their address
	Git    Kind = "git"    // repositories, by address; no API
	GitHub Kind = "github" // also GitHub Enterprise
	GitLab Kind = "gitlab"
	Gitea  Kind = "gitea" // also Forgejo
)

// Host is one host that may be read.
type Host struct {
	Name  string // as in addresses: host or host:port, lower case
	Kind  Kind
	API   string // base address of its API; empty: the kind's usual one
	User  string // sent with Token as basic authentication; empty: as the kind wants it
	Token string
	HTTP  bool // plain http; works towards AllowPrivate addresses only
}

// Options are what a client works with; the zero value reaches no host.
type Options struct {
	Hosts        []Host
	AllowPrivate []netip.Prefix // private networks that may be reached all the same
	MaxBytes     int64          // of one answer; 0 means 512 MiB
	Timeout      time.Duration  // of one Get; 0 means 30 s
	Redirects    int            // 0 means 5
	Roots        *x509.CertPool // nil: the system's
	Now          func() time.Time
	Key          string // of the configuration that lists the hosts, for messages; empty: catalog
}

// Client reads from the hosts of its list. It is safe for concurrent use.
type Client struct {
	o      Options
	hosts  map[string]*Host // by every name that leads to it
	secure *http.Transport
	plain  *http.Transport
	mu     sync.Mutex
	until  map[string]time.Time // a host asked not to be asked before
}

// New makes a client. It fails for a host whose API is no address.
func New(o Options) (*Client, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = 512 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Redirects == 0 {
		o.Redirects = 5
	}
	if o.Key == "" {
		o.Key = "catalog"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Client{o: o, hosts: map[string]*Host{}, until: map[string]time.Time{}}
	for _, h := range o.Hosts {
		if err := c.add(h); err != nil {
			return nil, err
		}
	}
	c.secure, c.plain = c.transport(false), c.transport(true)
	return c, nil
}

// add takes a host into the list, under its own name and that of its API.
func (c *Client) add(h Host) error {
	h.Name = strings.ToLower(h.Name)
	if h.API == "" {
		h.API = h.usualAPI()
	}
	c.hosts[h.Name] = &h
	if h.API == "" {
		return nil
	}
	u, err := url.Parse(h.API)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != h.scheme() {
		return fmt.Errorf("host %s: its API %q is no address of the form %s://host/path", h.Name, h.API, h.scheme())
	}
	c.hosts[hostName(u)] = &h
	return nil
}

func (h Host) scheme() string {
	if h.HTTP {
		return "http"
	}
	return "https"
}

// usualAPI is where a kind of host has its API if nothing else is said.
func (h Host) usualAPI() string {
	base := h.scheme() + "://" + h.Name
	switch h.Kind {
	case GitHub:
		if h.Name == "github.com" {
			return "https://api.github.com/"
		}
		return base + "/api/v3/"
	case GitLab:
		return base + "/api/v4/"
	case Gitea:
		return base + "/" // its SDK adds /api/v1
	}
	return ""
}

// String names the host without its secret.
func (h Host) String() string { return h.Name }

// GoString names the host without its secret.
func (h Host) GoString() string { return "fetch.Host{" + h.Name + "}" }

// Host returns the host of that name, false when it may not be read.
func (c *Client) Host(name string) (Host, bool) {
	h, ok := c.hosts[strings.ToLower(name)]
	if !ok || h.Name != strings.ToLower(name) {
		return Host{}, false
	}
	return *h, true
}

// As is a client that reads one host with a person's own token, and no other
// host. It returns a fault when the host may not be read.
func (c *Client) As(host, token string) (*Client, error) {
	h, ok := c.Host(host)
	if !ok {
		return nil, fault.Newf(fault.Unavailable, "this portal does not read from %s: it is not among %s.hosts", host, c.o.Key)
	}
	h.User, h.Token = "", token
	o := c.o
	o.Hosts = []Host{h}
	return New(o)
}

// HTTP is an http.Client for libraries: guarded like Get, with the
// credentials of each host, without a total time.
func (c *Client) HTTP() *http.Client {
	return &http.Client{Transport: c, CheckRedirect: c.checkRedirect}
}

// redactMin is the length from which a text is taken for a secret.
const redactMin = 4

// Redact replaces every credential of the client in text.
func (c *Client) Redact(text string) string {
	for _, h := range c.o.Hosts {
		if len(h.Token) >= redactMin {
			text = strings.ReplaceAll(text, h.Token, "•••")
			text = strings.ReplaceAll(text, url.QueryEscape(h.Token), "•••")
		}
	}
	return text
}

// hostName is the host of an address as the list writes it: lower case,
// without the port that its scheme has anyway.
func hostName(u *url.URL) string {
	name, port := strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port == "" || (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		return name
	}
	return name + ":" + port
}
