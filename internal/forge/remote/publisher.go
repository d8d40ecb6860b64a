package remote

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
	"github.com/waymark-portal/waymark/internal/forge"
)

// PublisherOptions are what a publisher works with.
type PublisherOptions struct {
	// Fetch are the hosts, each with the token that may write as its Token.
	// Hosts without one take a person's own token only.
	Fetch fetch.Options
	// Owners are, by host, patterns of the owners to whom may be published;
	// no pattern means all that the token may write to.
	Owners map[string][]string
	Limit  time.Duration // for one transfer of a repository; 0 means 5 minutes
}

// Publisher makes repositories on other hosts, pushes to them and opens
// requests to merge. It keeps nothing and is safe for concurrent use.
type Publisher struct {
	o      PublisherOptions
	client *fetch.Client
}

// NewPublisher makes a publisher. It fails for a host whose API is no address.
func NewPublisher(o PublisherOptions) (*Publisher, error) {
	if o.Limit == 0 {
		o.Limit = 5 * time.Minute
	}
	c, err := fetch.New(o.Fetch)
	if err != nil {
		return nil, err
	}
	return &Publisher{o, c}, nil
}

// writer is a conversation with one host in somebody's name.
type writer struct {
	*apiWitness
	at     Address
	place  forge.Place
	http   *http.Client
	limit  time.Duration
	ctx    context.Context // of the conversation; Gitea's SDK takes it once
	client *fetch.Client
}

// hostAPI is what differs between the hosts. It is made of functions, as
// lister is.
type hostAPI struct {
	find    func(ctx context.Context) (forge.Hosted, error)
	create  func(ctx context.Context, n forge.NewHosted) error
	settle  func(ctx context.Context, n forge.NewHosted) (notes []string, err error)
	propose func(ctx context.Context, p forge.Proposal) (forge.Proposed, error)
	order   func(ctx context.Context, name string, in map[string]any) (map[string]any, error)
}

// client returns the guarded client that writes in a person's name, or in the
// portal's.
func (p *Publisher) clientOf(h fetch.Host, c forge.Credential) (*fetch.Client, error) {
	if c.Token == "" {
		if h.Token == "" {
			return nil, fault.Newf(fault.Unavailable, "this portal may not write to %s: it has no write_token under catalog.hosts, and the step passes no token of a person", h.Name)
		}
		return p.client, nil
	}
	o := p.o.Fetch
	h.Token, h.User = c.Token, ""
	o.Hosts = []fetch.Host{h}
	return fetch.New(o)
}

// check finds the host of a place and judges the place.
func (p *Publisher) check(at forge.Place) (fetch.Host, error) {
	h, ok := p.client.Host(at.Host)
	switch {
	case !ok:
		return h, fault.Newf(fault.Invalid, "this portal does not know the host %s: it is not among catalog.hosts", at.Host)
	case h.Kind != fetch.GitHub && h.Kind != fetch.GitLab && h.Kind != fetch.Gitea:
		return h, fault.Newf(fault.Invalid, "%s has no API that makes repositories; give it the kind github, gitlab or gitea under catalog.hosts", at.Host)
	case !at.Valid() || !validRepo(h.Kind, at.Slug()):
		return h, fault.Newf(fault.Invalid, "%q cannot be a repository of %s; the address is %s?owner=OWNER&repo=NAME", at.Slug(), at.Host, at.Host)
	}
	list := p.o.Owners[h.Name]
	for _, pattern := range list {
		if ok, err := doublestar.Match(strings.ToLower(pattern), strings.ToLower(at.Owner)); ok && err == nil {
			return h, nil
		}
	}
	if len(list) > 0 {
		return h, fault.Newf(fault.Forbidden, "this portal publishes on %s for %s only (write_owners under catalog.hosts), not for %s", h.Name, strings.Join(list, ", "), at.Owner)
	}
	return h, nil
}

// Ready implements scaffold.Publisher. It asks nobody.
func (p *Publisher) Ready(at forge.Place, kind, branch string, c forge.Credential) (forge.Links, error) {
	h, err := p.check(at)
	if err != nil {
		return forge.Links{}, err
	}
	if kind != "" && string(h.Kind) != kind {
		return forge.Links{}, fault.Newf(fault.Invalid, "%s is a %s, not a %s", h.Name, h.Kind, kind)
	}
	if _, err := p.clientOf(h, c); err != nil {
		return forge.Links{}, err
	}
	a := address(h, at)
	return forge.Links{Web: a.Web(), Clone: a.Clone(), Contents: strings.TrimSuffix(a.base(branch), "/")}, nil
}

func address(h fetch.Host, at forge.Place) Address {
	scheme := "https://"
	if h.HTTP {
		scheme = "http://"
	}
	return Address{Host: h, Repo: at.Slug(), View: fileView[h.Kind], root: scheme + h.Name + "/"}
}

// talk begins a conversation with the host of a place.
func (p *Publisher) talk(ctx context.Context, at forge.Place, c forge.Credential) (*writer, hostAPI, error) {
	h, err := p.check(at)
	if err != nil {
		return nil, hostAPI{}, err
	}
	client, err := p.clientOf(h, c)
	if err != nil {
		return nil, hostAPI{}, err
	}
	w := &writer{apiWitness: &apiWitness{next: client, host: h.Name, client: client}, at: address(h, at), place: at, limit: p.o.Limit, ctx: ctx, client: client}
	w.http = client.HTTP()
	w.http.Transport, w.http.Timeout = w.apiWitness, time.Minute
	var api hostAPI
	switch h.Kind {
	case fetch.GitHub:
		api, err = gitHubWriter(w)
	case fetch.GitLab:
		api, err = gitLabWriter(w)
	default:
		api, err = giteaWriter(w)
	}
	return w, api, err
}

// Find implements scaffold.Publisher.
func (p *Publisher) Find(ctx context.Context, at forge.Place, c forge.Credential) (forge.Hosted, error) {
	_, api, err := p.talk(ctx, at, c)
	if err != nil {
		return forge.Hosted{}, err
	}
	return api.find(ctx)
}

// Create implements scaffold.Publisher.
func (p *Publisher) Create(ctx context.Context, n forge.NewHosted, c forge.Credential) error {
	_, api, err := p.talk(ctx, n.Place, c)
	if err != nil {
		return err
	}
	return api.create(ctx, n)
}

// Settle implements scaffold.Publisher.
func (p *Publisher) Settle(ctx context.Context, n forge.NewHosted, c forge.Credential) ([]string, error) {
	_, api, err := p.talk(ctx, n.Place, c)
	if err != nil {
		return nil, err
	}
	return api.settle(ctx, n)
}

// Order implements scaffold.Publisher.
func (p *Publisher) Order(ctx context.Context, at forge.Place, name string, in map[string]any, c forge.Credential) (map[string]any, error) {
	_, api, err := p.talk(ctx, at, c)
	if err != nil {
		return nil, err
	}
	return api.order(ctx, name, in)
}

// longestSaid bounds what of a host's own words is shown.
const longestSaid = 300

// refused turns the error of a writing call into a fault with what the host
// says of it.
func (w *writer) refused(err error, said string) error {
	if err == nil {
		return nil
	}
	w.mu.Lock()
	status, failed := w.status, w.err
	w.mu.Unlock()
	if failed != nil || status < 400 || status == http.StatusTooManyRequests {
		return w.explain(err)
	}
	said = w.client.Redact(strings.Join(strings.Fields(said), " "))
	if r := []rune(said); len(r) > longestSaid {
		said = string(r[:longestSaid]) + "…"
	}
	if said != "" {
		said = ": " + said
	}
	text := fmt.Sprintf("%s refuses (%d)%s", w.host, status, said)
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.New(fault.Unavailable, text+"; check what its token may do")
	case http.StatusNotFound:
		return fault.Newf(fault.NotFound, "%s does not find %s, or shows it only with another token", w.host, w.place.Slug())
	case http.StatusConflict:
		return fault.New(fault.Conflict, text)
	}
	if status >= 500 {
		return fault.New(fault.Unavailable, text)
	}
	return fault.New(fault.Invalid, text)
}

// missing reports whether the host answered that there is no such thing.
func (w *writer) missing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err == nil && w.status == http.StatusNotFound
}

// hostsDelay is how long a host may take to notice what was pushed to it.
const hostsDelay = 20 * time.Second

// until asks again and again whether the host has noticed a push; hosts take
// in what Git brought in the background.
func (w *writer) until(ctx context.Context, noticed func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, hostsDelay)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		ok, err := noticed()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return fault.Newf(fault.Unavailable, "%s took the push to %s but does not show it yet; try again", w.host, w.place.Slug())
		case <-time.After(pause):
		}
	}
}
