package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/handlers/hooks"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/web"
)

// numbersArea is what things cost and how delivery goes.
type numbersArea struct {
	costs    *cost.Engine
	delivery *delivery.Engine
}

// wireNumbers builds costs and delivery.
func (a *app) wireNumbers() error {
	zone, err := time.LoadLocation(a.cfg.Timezone)
	if err != nil {
		return fmt.Errorf("timezone: %w", err)
	}
	spool := filepath.Join(a.cfg.Data, "uploads")
	if err := os.RemoveAll(spool); err != nil { // what a stop left behind
		return err
	}
	a.costs = cost.New(cost.Options{Store: a.store, Catalog: a.store, Events: a.store, Zone: zone, Spool: spool})
	a.delivery, err = delivery.New(delivery.Options{Store: a.store, Catalog: &deliveryCatalog{store: a.store}, Events: a.store, Zone: zone})
	if err != nil {
		return err
	}
	a.background(func(ctx context.Context) {
		if err := a.delivery.KeepZone(ctx, a.store); err != nil && ctx.Err() == nil {
			slog.Error("delivery", "error", err)
		}
	})
	a.nav = append(a.nav,
		web.NavEntry{Group: "Operate", Label: "Deployments", URL: "/deployments", Icon: "rocket", Key: "p"},
		web.NavEntry{Group: "Understand", Label: "Costs", URL: "/costs", Icon: "coins", Key: "$"},
		web.NavEntry{Group: "Understand", Label: "DORA", URL: "/dora", Icon: "chart-column", Key: "o"})
	return a.register(append(a.costs.Actions(), a.delivery.Actions()...)...)
}

func (a *app) mountNumbers(m mounts) {
	costs := &handlers.Costs{Reader: a.costs, Spool: a.costs, Names: a.store, Actions: a.actions}
	costs.Register(m.Pages)
	(&handlers.DORA{Reader: a.delivery, Catalog: a.store}).Register(m.Pages)
	a.entityExtras.Tabs = append(a.entityExtras.Tabs, &handlers.DeploymentsTab{Reader: a.delivery}, &handlers.CostsTab{Costs: costs})
	(&api.Costs{Reader: a.costs, Uploads: a.costs, Actions: a.actions}).Register(m.API, m.Root)
	(&api.Delivery{Reader: a.delivery}).Register(m.API)
	(&hooks.Hooks{Recorder: a.delivery, Inbox: a.store, Secret: a.cfg.Hooks.Secret, Pushed: a.hostPushed}).Register(m.Hooks)
}

// deliveryCatalog is the catalog as delivery sees it.
type deliveryCatalog struct {
	store *store.Store
	mu    sync.Mutex
	known map[string]repositoryOwner // by repository
}

type repositoryOwner struct {
	service string
	until   time.Time
}

// ScopeServices implements delivery.Catalog.
func (d *deliveryCatalog) ScopeServices(ctx context.Context, v access.Viewer, s delivery.Scope) ([]string, error) {
	ref := catalog.MustRef(s.Ref)
	if _, err := d.store.Entity(ctx, v, ref); err != nil {
		return nil, err
	}
	f := catalog.Filter{Kinds: []string{"component"}, Limit: 500}
	if s.Kind == "team" {
		f.Owners = []string{s.Ref}
	} else {
		f.Systems = []string{s.Ref}
	}
	var out []string
	for {
		page, err := d.store.Entities(ctx, v, f)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			out = append(out, e.Ref.String())
		}
		if page.Next == "" {
			return out, nil
		}
		f.After = page.Next
	}
}

// ServiceOwner implements delivery.Catalog.
func (d *deliveryCatalog) ServiceOwner(ctx context.Context, v access.Viewer, service string) (string, error) {
	ref, err := catalog.ParseRef(service, "component", "")
	if err != nil {
		return "", err
	}
	e, err := d.store.Entity(ctx, v, ref)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return "", nil
	}
	return e.Owner().String(), err
}

// rememberRepository is how long the service of a repository is believed, and
// maxRepositories how many are remembered.
const (
	rememberRepository = time.Minute
	maxRepositories    = 10_000
)

// ServiceOf implements delivery.Catalog.
func (d *deliveryCatalog) ServiceOf(ctx context.Context, repository string) (string, error) {
	d.mu.Lock()
	k, ok := d.known[repository]
	d.mu.Unlock()
	if ok && time.Now().Before(k.until) {
		return k.service, nil
	}
	service, err := d.store.ComponentOfRepository(ctx, access.System("delivery"), repository)
	if err != nil {
		return "", err
	}
	if service == "" {
		name := repository[strings.LastIndexByte(repository, '/')+1:]
		ref, err := catalog.ParseRef(strings.ToLower(name), "component", "")
		if err != nil {
			return "", errors.Join(fault.InvalidField("repository", "required", "The message names no repository."), err)
		}
		service = ref.String()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) >= maxRepositories {
		d.known = map[string]repositoryOwner{}
	}
	d.known[repository] = repositoryOwner{service, time.Now().Add(rememberRepository)}
	return service, nil
}
