package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/fetch"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// stepOptions adds what steps may do outside the portal.
func (a *app) stepOptions(o scaffold.Options) (scaffold.Options, error) {
	s := a.cfg.Scaffolder
	private, err := prefixes(s.AllowPrivate)
	if err != nil {
		return o, err
	}
	if len(s.Hosts) > 0 {
		if o.Requester, err = sender(s.Hosts, private); err != nil {
			return o, err
		}
	}
	for _, c := range s.Actions {
		custom, err := customAction(c, private)
		if err != nil {
			return o, fmt.Errorf("scaffolder.actions: %s: %w", c.ID, err)
		}
		o.Custom = append(o.Custom, custom)
	}
	o.Limits = scaffold.Limits{Off: s.Off, Roles: s.Roles}
	o.Environment = scaffold.Environment{Parameters: s.Parameters, Secrets: s.EnvironmentSecrets()}
	o.Fetcher, o.Events, o.Policy = a.remote, a.store, a.policy
	return o, nil
}

func prefixes(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, n := range list {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// sender is a guarded client for some hosts, each with http:// in front when
// it speaks plain http.
func sender(hosts []string, private []netip.Prefix) (*fetch.Client, error) {
	o := fetch.Options{Key: "scaffolder", AllowPrivate: private}
	for _, h := range hosts {
		name, plain := strings.CutPrefix(h, "http://")
		o.Hosts = append(o.Hosts, fetch.Host{Name: strings.TrimPrefix(strings.TrimSuffix(name, "/"), "https://"), HTTP: plain})
	}
	return fetch.New(o)
}

func customAction(c config.ScaffolderAction, private []netip.Prefix) (scaffold.Custom, error) {
	out := scaffold.Custom{ID: c.ID, Description: c.Description, URL: c.URL, Secret: c.Secret, Timeout: c.Timeout, DryRun: c.DryRun, Undo: c.Undo}
	u, err := url.Parse(c.URL)
	if err != nil {
		return out, err
	}
	if out.Client, err = sender([]string{u.Scheme + "://" + u.Host}, private); err != nil {
		return out, err
	}
	if out.Input, err = schemaOf(c.Input); err != nil {
		return out, fmt.Errorf("input: %w", err)
	}
	if out.Output, err = schemaOf(c.Output); err != nil {
		return out, fmt.Errorf("output: %w", err)
	}
	for _, e := range c.Examples {
		b, err := yaml.Marshal(e.Input)
		if err != nil {
			return out, fmt.Errorf("examples: %w", err)
		}
		out.Examples = append(out.Examples, scaffold.Example{Description: e.Description, Input: string(b)})
	}
	return out, nil
}

func schemaOf(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}
