package main

import (
	"context"
	"io/fs"
	"log/slog"
	"path"
	"time"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/forge/remote"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/web"
)

// fleetArea is what was made from templates.
type fleetArea struct{ fleet *fleet.Engine }

// How often templates are looked at for new versions, and repositories on
// other hosts for drift.
const (
	scanEvery  = 5 * time.Second
	sweepEvery = 5 * time.Minute
	adoptEvery = 2 * time.Minute
)

// wireFleet builds what keeps services and templates together. It stands on
// what makes services.
func (a *app) wireFleet() error {
	publisher, err := remotePublisher(a.cfg)
	if err != nil {
		return err
	}
	a.fleet = fleet.New(fleet.Options{Store: a.store, Templates: a.scaffold.Library(), Renderer: a.scaffold, Embedded: a.forge,
		Remote: hosts{a.remote, publisher}, Merger: a.forge.Merger(), Runs: a.runs, Access: a.allow, URL: a.cfg.URL})
	a.runs.Register(a.fleet.Kind())
	a.runs.Register(a.fleet.MergeRun())
	a.every("look for versions of templates", scanEvery, a.fleet.Scan)
	a.every("compare repositories on other hosts with their bases", sweepEvery, a.fleet.Sweep)
	a.every("find what was made from templates elsewhere", adoptEvery, a.fleet.Adopt)
	a.every("forget versions that nothing uses", 24*time.Hour, a.fleet.Forget)
	a.background(func(ctx context.Context) {
		if err := a.fleet.Scan(ctx); err != nil && ctx.Err() == nil {
			slog.Error("versions of templates are not recorded", "error", err)
		}
	})
	a.nav = append(a.nav, web.NavEntry{Group: "Build", Label: "Fleet", URL: "/create/fleet", Icon: "layers"})
	return a.register(a.fleet.Actions()...)
}

func (a *app) mountFleet(m mounts) {
	h := &handlers.Fleet{Reader: a.store, Versions: a.store, Engine: a.fleet, Diffs: a.forge, Templates: a.scaffold.Library(), Actions: a.actions}
	h.Register(m.Pages)
	a.entityExtras.Panels = append(a.entityExtras.Panels, h.Panel)
	a.runResults[fleet.KindName] = h.Result
	(&api.Fleet{Reader: a.store, Versions: a.store}).Register(m.API)
}

// hosts are the repositories on other hosts.
type hosts struct {
	*remote.Reader
	*remote.Publisher
}

// Tree implements fleet.Remote.
func (h hosts) Tree(ctx context.Context, host, repository string) (fs.FS, string, error) {
	target := "https://" + host + "/" + repository
	place := forge.Place{Host: host, Owner: path.Dir(repository), Name: path.Base(repository)}
	if links, err := h.Publisher.Ready(place, "", forge.Branch, forge.Credential{}); err == nil {
		target = links.Web
	}
	if !h.Reader.Reads(host) {
		return nil, "", fault.Newf(fault.Unavailable, "%s is not among catalog.hosts, so %s cannot be read.", host, repository)
	}
	if at, ok := h.Reader.Parse(target); ok {
		h.Reader.Forget(at) // what was pushed a moment ago counts
	}
	snap, err := h.Reader.Fetch(ctx, target)
	return snap.FS, snap.Version, err
}

// offeredTemplates are the templates as they can be used now.
type offeredTemplates struct{ *scaffold.Library }

// Template implements handlers.Templates. Lists, which the portal reads for
// everybody, take the files as they are.
func (o offeredTemplates) Template(ctx context.Context, v access.Viewer, ref catalog.Ref) (*scaffold.Template, error) {
	if v.Via == "system" {
		return o.Library.Template(ctx, v, ref)
	}
	return o.Library.Offered(ctx, v, ref)
}
