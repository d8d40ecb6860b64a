package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// minSecret is the shortest secret accepted for tokens and hooks that guard
// something.
const minSecret = 32

// Check completes what follows from other settings and refuses bad values and
// unsafe combinations, all at once, each with its key.
func (c *Config) Check() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		bad("listen", "%q is not an address and port such as 127.0.0.1:8080", c.Listen)
	}
	if c.URL == "" {
		c.URL = "http://" + c.Listen
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		bad("url", "%q is not an http or https address", c.URL)
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		bad("timezone", "%q is not an IANA time zone", c.Timezone)
	}
	if !slices.Contains([]string{"text", "json"}, c.LogFormat) {
		bad("log_format", "%q is neither text nor json", c.LogFormat)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		bad("log_level", "%q is none of debug, info, warn, error", c.LogLevel)
	}
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			bad("trusted_proxies", "%q is not a network such as 10.0.0.0/8", p)
		}
	}
	errs = append(errs, c.checkAccess()...)
	errs = append(errs, checkVisibility(c.Catalog.Visibility)...)
	errs = append(errs, c.Catalog.checkCatalog(os.Getenv)...)
	errs = append(errs, c.Scaffolder.check(os.Getenv)...)
	errs = append(errs, c.place())
	return errors.Join(errs...)
}

func (c *Config) checkAccess() []error {
	var errs []error
	if n := len(c.BootstrapToken); n > 0 && n < minSecret {
		errs = append(errs, fmt.Errorf("bootstrap_token: has %d characters, must have at least %d", n, minSecret))
	}
	for i, t := range c.StaticTokens {
		parts := strings.Split(t, ":")
		sum := []byte(nil)
		if len(parts) == 3 {
			sum, _ = hex.DecodeString(parts[2]) // a wrong one is caught by its length
		}
		if len(sum) != 32 {
			errs = append(errs, fmt.Errorf("static_tokens: entry %d is not name:role:sha256", i+1))
		}
	}
	if c.OIDC.Issuer != "" && c.OIDC.ClientID == "" {
		errs = append(errs, errors.New("oidc.client_id: is needed with oidc.issuer"))
	}
	if c.Sample && !loopback(c.Listen) {
		errs = append(errs, fmt.Errorf("listen: %q is not a loopback address; the sample organisation signs anybody in, so it is served on loopback only", c.Listen))
	}
	if c.Sample && c.OIDC.Issuer != "" {
		errs = append(errs, errors.New("oidc.issuer: the sample organisation has sign-in of its own; start without --sample"))
	}
	for _, t := range c.Catalog.Trusted {
		if !slices.Contains(c.Catalog.Locations, t) {
			errs = append(errs, fmt.Errorf("catalog.trusted: %q is not one of catalog.locations", t))
		}
	}
	return errs
}

// place moves a sample into a folder of its own and names the database.
func (c *Config) place() error {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	c.Data = data
	if c.Sample {
		c.Data, c.Database = filepath.Join(data, "sample"), ""
	}
	if c.Database == "" {
		c.Database = filepath.Join(c.Data, "waymark.db")
	}
	return nil
}

// loopback reports whether a listen address is reachable from this machine only.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
