package main

import (
	"context"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/waymark-portal/waymark/handlers/hooks"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/fetch"
	"github.com/waymark-portal/waymark/internal/forge/remote"
)

// remoteReader reads the hosts of the configuration, and no other.
func remoteReader(cfg config.Config) (*remote.Reader, error) {
	o, err := hostOptions(cfg, func(h config.CatalogHost) string {
		if h.Token == "" {
			return h.WriteToken // what was published there is to be read too
		}
		return h.Token
	})
	if err != nil {
		return nil, err
	}
	client, err := fetch.New(o)
	if err != nil {
		return nil, err
	}
	var orgs []remote.Org
	for _, o := range cfg.Catalog.Orgs {
		orgs = append(orgs, remote.Org{URL: o.URL, Path: o.Path, Match: o.Match, Exclude: o.Exclude, Topics: o.Topics,
			Archived: o.Archived, Forks: o.Forks, People: o.People})
	}
	return remote.New(remote.Options{Client: client, Dir: filepath.Join(cfg.Data, "cache", "git"), Orgs: orgs}), nil
}

// hostOptions are the hosts of the configuration, each with one of its tokens.
func hostOptions(cfg config.Config, token func(config.CatalogHost) string) (fetch.Options, error) {
	o := fetch.Options{}
	for _, h := range cfg.Catalog.Hosts {
		kind := fetch.Kind(h.Kind)
		if h.Kind == "plain" {
			kind = fetch.Plain
		}
		o.Hosts = append(o.Hosts, fetch.Host{Name: h.Host, Kind: kind, API: h.API, User: h.User, Token: token(h), HTTP: h.HTTP})
	}
	for _, n := range cfg.Catalog.AllowPrivate {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			return o, err
		}
		o.AllowPrivate = append(o.AllowPrivate, p)
	}
	return o, nil
}

// remotePublisher writes to the hosts of the configuration, and to no other.
func remotePublisher(cfg config.Config) (*remote.Publisher, error) {
	o, err := hostOptions(cfg, func(h config.CatalogHost) string { return h.WriteToken })
	if err != nil {
		return nil, err
	}
	owners := map[string][]string{}
	for _, h := range cfg.Catalog.Hosts {
		owners[h.Host] = h.WriteOwners
	}
	return remote.NewPublisher(remote.PublisherOptions{Fetch: o, Owners: owners})
}

// catalogRules are those of the configuration.
func catalogRules(cfg config.Config) catalog.Rules {
	var out catalog.Rules
	for _, r := range cfg.Catalog.Rules {
		rule := catalog.Rule{}
		for _, a := range r.Allow {
			rule.Allow = append(rule.Allow, catalog.Allow{Kind: a.Kind, Type: a.Type})
		}
		for _, p := range r.Locations {
			rule.Locations = append(rule.Locations, catalog.Place{Type: p.Type, Exact: p.Exact, Pattern: p.Pattern})
		}
		out.General = append(out.General, rule)
	}
	return out
}

// hostPushed reads the sources of a repository again of which a webhook says
// that it has changed: those that lie in it, those whose Locations lead into
// it, and organisations that it belongs to.
func (a *app) hostPushed(ctx context.Context, p hooks.Push) error {
	at, ok := a.remote.Parse(p.Repository)
	if !ok {
		return nil // of no host that the catalog reads
	}
	a.remote.Forget(at)
	ids, err := a.store.SourcesUnder(ctx, at.Web())
	if err != nil {
		return err
	}
	for _, id := range ids {
		a.catalog.Soon(id)
	}
	for _, o := range a.cfg.Catalog.Orgs {
		if id := remote.OrgID(o.URL); strings.HasPrefix(strings.ToLower("org:"+at.Web())+"/", strings.ToLower(id)+"/") {
			a.catalog.Soon(id)
		}
	}
	return nil
}
