package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/asset"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/static"
	"github.com/waymark-portal/waymark/web"
)

func serveCommand() *cobra.Command {
	var sample bool
	var listen, data string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the portal",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(func(c *config.Config) {
				c.Sample = sample
				if listen != "" {
					c.Listen = listen
				}
				if data != "" {
					c.Data = data
				}
			})
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg)
		},
	}
	cmd.Flags().BoolVar(&sample, "sample", false, "serve the sample organisation from a database of its own, on loopback only")
	cmd.Flags().StringVar(&listen, "listen", "", "address and port to listen on")
	cmd.Flags().StringVar(&data, "data", "", "data folder")
	return cmd
}

// loadConfig reads the settings, lets flags change them, checks them and sets
// up the log.
func loadConfig(flags func(*config.Config)) (config.Config, error) {
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return cfg, err
	}
	flags(&cfg)
	if err := cfg.Check(); err != nil {
		return cfg, err
	}
	setupLog(cfg)
	return cfg, nil
}

// setupLog makes slog write as configured; log lines go to standard error.
func setupLog(cfg config.Config) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		level = slog.LevelInfo // Check has refused it already
	}
	opts := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(os.Stderr, opts)
	if cfg.LogFormat == "json" {
		h = slog.NewJSONHandler(os.Stderr, opts)
	}
	slog.SetDefault(slog.New(h))
}

// serve listens first, so that a port in use is said at once, then builds and
// answers until ctx ends.
func serve(ctx context.Context, cfg config.Config) error {
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer l.Close()
	a, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.close()
	srv, err := a.buildServer()
	if err != nil {
		return err
	}
	if cfg.Sample { // the people who sign in are catalog entities
		if err := a.catalog.ReadAll(ctx); err != nil {
			return err
		}
	}
	work, stopWork := context.WithCancel(ctx)
	defer stopWork()
	wait := a.startBackground(work)
	a.sayHello(l.Addr().String())
	restMemory()
	err = srv.Serve(ctx, l, cfg.StopGrace)
	stopWork()
	if !waitFor(wait, cfg.StopGrace) {
		slog.Warn("background work did not end in time; what it did goes on after the next start")
	}
	return err
}

func (a *app) buildServer() (*web.Server, error) {
	assets, err := asset.New(static.Files)
	if err != nil {
		return nil, err
	}
	a.assets = assets
	frame := &web.Frame{Entries: a.nav, Assets: assets, Allow: a.allow, Sample: a.cfg.Sample, Loading: a.sampleDoing, Timezone: a.cfg.Timezone, Version: version}
	srv, m, err := web.New(web.Options{Config: a.cfg, Access: a.access, Allow: a.allow, Assets: assets,
		Shell: frame.Shell, Ready: a.store.Ping, Version: version})
	if err != nil {
		return nil, err
	}
	a.mountSignIn(m, srv, assets)
	a.mount(m)
	frame.Entries = a.nav
	return srv, nil
}

// startBackground starts what works beside the requests.
func (a *app) startBackground(ctx context.Context) *sync.WaitGroup {
	var wait sync.WaitGroup
	for _, f := range a.starts {
		wait.Go(func() { f(ctx) })
	}
	wait.Go(func() { a.runPeriodic(ctx) })
	return &wait
}

// waitFor reports whether wait ended within d.
func waitFor(wait *sync.WaitGroup, d time.Duration) bool {
	done := make(chan struct{})
	go func() { wait.Wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-time.After(d):
		return false
	}
}

// sayHello tells whoever started the server where it is and how to sign in.
func (a *app) sayHello(addr string) {
	fmt.Printf("\nWaymark %s is ready at %s\n", version, a.cfg.URL)
	if a.cfg.URL != "http://"+addr {
		fmt.Printf("listening on %s\n", addr)
	}
	fmt.Println(a.signInHint())
	fmt.Println()
}
