// Package web is the HTTP edge: the server, its middleware, who is asking,
// security headers, and the one map from errors to answers.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/asset"
	"github.com/waymark-portal/waymark/internal/config"
)

// bodyLimit bounds what a request may carry; uploads and Git have groups of
// their own with larger bounds.
const (
	bodyLimit   = 2 << 20
	filesLimit  = 10 << 20 // of files in JSON
	uploadLimit = 256 << 20
)

// Options are what the server stands on.
type Options struct {
	Config  config.Config
	Access  *access.Service
	Allow   action.Access
	Assets  *asset.Set
	Shell   respond.Shell
	Ready   func(context.Context) error // nil error: ready to serve
	Version string
}

// Server serves the portal.
type Server struct {
	Options
	echo    *echo.Echo
	handler http.Handler
	http    *http.Server
	origin  *url.URL
	limits  *limiter
	stop    context.CancelFunc
	metrics *metrics
}

// Mounts are the groups to which handlers add their routes.
type Mounts struct {
	Pages  *echo.Group // signed in; others are sent to sign-in
	API    *echo.Group // /api/v1; others get 401
	Root   *echo.Group // JSON outside /api/v1 for callers who are known: published routes, /api/catalog
	Large  *echo.Group // as Root, for bodies that hold files
	Hooks  *echo.Group // /hooks; each source proves itself
	Git    *echo.Group // /git; the handler asks for a password
	Public *echo.Group // anybody: sign-in, health
}

// New builds the server; Mounts says where handlers go.
func New(o Options) (*Server, Mounts, error) {
	origin, err := url.Parse(o.Config.URL)
	if err != nil {
		return nil, Mounts{}, err
	}
	s := &Server{Options: o, echo: echo.New(), origin: origin, limits: newLimiter(), metrics: newMetrics()}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = s.handleError
	s.echo.IPExtractor = ipExtractor(o.Config.TrustedProxies)
	m, err := s.mount()
	return s, m, err
}

func (s *Server) mount() (Mounts, error) {
	gzip, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.CompressionLevel(1),
		gzhttp.ContentTypes([]string{"text/html", "application/json", "application/problem+json", "text/csv", "text/plain", "text/markdown"}))
	if err != nil {
		return Mounts{}, err
	}
	s.handler = gzip(s.echo) // around everything, so that error pages are written while it is open
	s.echo.Use(requestID, s.observe, traced, s.recovered, s.knownHost, secure(s.origin.Scheme == "https"))
	assets := echo.WrapHandler(s.Assets)
	s.echo.GET(asset.Prefix+"*", assets)
	s.echo.HEAD(asset.Prefix+"*", assets)
	s.health()

	common := []echo.MiddlewareFunc{sameOrigin(), respond.WithAccess(s.Allow), respond.WithShell(s.Shell)}
	public := s.echo.Group("", append(common, limitBody(bodyLimit), s.identify, s.clock)...)
	pages := s.echo.Group("", append(common, s.identify, signedIn, s.clock, limitUpload)...)
	api := s.echo.Group("/api/v1", append(common, s.identify, signedIn, limitUpload)...)
	root := s.echo.Group("", append(common, s.identify, signedIn, limitBody(bodyLimit))...)
	large := s.echo.Group("", append(common, s.identify, signedIn, limitBody(filesLimit))...)
	hooks := s.echo.Group("/hooks", limitBody(uploadLimit/8))
	git := s.echo.Group("/git", respond.WithAccess(s.Allow), respond.WithShell(s.Shell), s.identify, s.clock)
	return Mounts{Pages: pages, API: api, Root: root, Large: large, Hooks: hooks, Git: git, Public: public}, nil
}

// Handler is the server as a handler, for tests.
func (s *Server) Handler() http.Handler { return s.handler }

// Guessing limits how often one address may try what guesses secrets, such as
// sign-in.
func (s *Server) Guessing() echo.MiddlewareFunc { return s.limits.guessing }

// Serve answers on l until ctx ends, then stops gracefully within grace: no
// new requests, streams are told to reconnect, running requests finish.
func (s *Server) Serve(ctx context.Context, l net.Listener, grace time.Duration) error {
	base, stop := context.WithCancel(context.Background()) // requests outlive ctx by the grace period
	s.stop = stop
	defer stop()
	s.http = &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return base },
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn)}
	s.http.RegisterOnShutdown(stop)
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopCtx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := s.http.Shutdown(stopCtx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return s.http.Close()
}

// ipExtractor believes forwarding headers from trusted networks only.
func ipExtractor(trusted []string) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	opts := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, t := range trusted {
		p, err := netip.ParsePrefix(t)
		if err != nil {
			continue // config.Check has refused it already
		}
		opts = append(opts, echo.TrustIPRange(&net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(opts...)
}
