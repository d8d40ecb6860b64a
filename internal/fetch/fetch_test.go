package fetch

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

const secret = "tok-s3cr3t-value"

var loopbacks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// serve starts a TLS server and returns its name and a pool that trusts it.
func serve(t *testing.T, h http.HandlerFunc) (name string, roots *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.Listener.Addr().String(), roots
}

func client(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func get(c *Client, address string) (Answer, error) {
	return c.Get(context.Background(), address, "", 1<<20)
}

func TestReadsAnAllowedHostWithItsETag(t *testing.T) {
	name, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, "kind: Component")
	})
	c := client(t, Options{Hosts: []Host{{Name: name, Token: secret}}, AllowPrivate: loopbacks, Roots: roots})
	a, err := get(c, "https://"+name+"/a.yaml")
	if err != nil || string(a.Body) != "kind: Component" || a.ETag != `"1"` {
		t.Fatalf("got %q %q %v", a.Body, a.ETag, err)
	}
	if a, err = c.Get(context.Background(), "https://"+name+"/a.yaml", a.ETag, 1<<20); err != nil || !a.Same {
		t.Errorf("second reading: %+v %v, want the same", a, err)
	}
}

func TestRefusesWhereNobodyShouldLead(t *testing.T) {
	reached := false
	name, roots := serve(t, func(http.ResponseWriter, *http.Request) { reached = true })
	_, port, _ := strings.Cut(name, ":")
	closed := client(t, Options{Hosts: []Host{{Name: name}, {Name: "localhost:" + port}}, Roots: roots})
	open := client(t, Options{Hosts: []Host{{Name: name}}, AllowPrivate: loopbacks, Roots: roots})
	for what, c := range map[string]struct {
		client  *Client
		address string
		kind    fault.Kind
		says    string
	}{
		"a loopback address":      {closed, "https://" + name + "/", fault.Unavailable, "private address 127.0.0.1"},
		"a name that leads there": {closed, "https://localhost:" + port + "/", fault.Unavailable, "private address"},
		"a host not listed":       {open, "https://elsewhere.example/", fault.Unavailable, "not among catalog.hosts"},
		"the port not listed":     {open, "https://127.0.0.1/", fault.Unavailable, "not among catalog.hosts"},
		"a name in the address":   {open, "https://ada:pw@" + name + "/", fault.Invalid, "no name and password"},
		"plain http":              {open, "http://" + name + "/", fault.Invalid, "https only"},
		"a file":                  {open, "file:///etc/passwd", fault.Unavailable, "not among"},
		"another spelling":        {open, "https://2130706433:" + port + "/", fault.Unavailable, "not among"},
	} {
		_, err := get(c.client, c.address)
		if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %s: %s", what, err, c.kind, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: the error shows the password: %v", what, err)
		}
	}
	if reached {
		t.Error("a refused request reached the server")
	}
}

func TestJudgesAddresses(t *testing.T) {
	c := client(t, Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("169.254.0.0/16")}})
	for _, k := range []struct {
		address       string
		secure, plain bool
	}{
		{"140.82.121.3:443", true, false}, {"[2606:50c0:8000::154]:443", true, false},
		{"10.1.2.3:443", true, true}, {"[::ffff:10.1.2.3]:443", true, true},
		{"10.2.2.3:443", false, false}, {"192.168.1.1:443", false, false}, {"172.16.0.1:443", false, false},
		{"127.0.0.1:443", false, false}, {"[::1]:443", false, false}, {"[::ffff:127.0.0.1]:443", false, false},
		{"169.254.169.254:80", false, false}, {"[fe80::1]:443", false, false}, {"[fd00:ec2::254]:80", false, false},
		{"0.0.0.0:443", false, false}, {"[::]:443", false, false}, {"100.64.0.1:443", false, false},
		{"224.0.0.1:443", false, false}, {"255.255.255.255:443", false, false}, {"[64:ff9b::7f00:1]:443", false, false},
		{"[2002:7f00:1::]:443", false, false}, {"[fc00::1]:443", false, false}, {"nonsense", false, false},
	} {
		if got := c.judge(k.address, false) == nil; got != k.secure {
			t.Errorf("%s over https: allowed %v, want %v", k.address, got, k.secure)
		}
		if got := c.judge(k.address, true) == nil; got != k.plain {
			t.Errorf("%s over http: allowed %v, want %v", k.address, got, k.plain)
		}
	}
}

func TestPlainHTTPOnlyWhereConfigured(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	defer s.Close()
	name := s.Listener.Addr().String()
	c := client(t, Options{Hosts: []Host{{Name: name, HTTP: true}}, AllowPrivate: loopbacks})
	if a, err := get(c, "http://"+name+"/"); err != nil || string(a.Body) != "ok" {
		t.Errorf("configured: %q %v", a.Body, err)
	}
	c = client(t, Options{Hosts: []Host{{Name: name, HTTP: true}}})
	if _, err := get(c, "http://"+name+"/"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without allow_private: %v, want Unavailable", err)
	}
}

func TestEachRedirectIsCheckedAndLosesTheCredentials(t *testing.T) {
	var seen string
	other, otherRoots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization") + r.Header.Get("Referer")
		fmt.Fprint(w, "other")
	})
	var own string
	name, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "https://"+other+"/x", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "https://127.0.0.1:1/metadata", http.StatusFound)
		case "/down":
			http.Redirect(w, r, "http://"+r.Host+"/", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			own = r.Header.Get("Authorization")
		}
	})
	roots := otherRoots // httptest signs all its servers with one certificate
	c := client(t, Options{Hosts: []Host{{Name: name, Token: secret}, {Name: other, Token: "other-token"}}, AllowPrivate: loopbacks, Roots: roots})
	if a, err := get(c, "https://"+name+"/away"); err != nil || string(a.Body) != "other" || seen != "" {
		t.Errorf("redirect to another host: %q %v, it saw the credentials %q", a.Body, err, seen)
	}
	if _, err := get(c, "https://"+name+"/"); err != nil || own != "Bearer "+secret {
		t.Errorf("own host saw %q %v", own, err)
	}
	for _, p := range []string{"/inside", "/down", "/loop"} {
		if _, err := get(c, "https://"+name+p); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want a refusal without the token", p, err)
		}
	}
}

func TestCapsSizeAndTime(t *testing.T) {
	name, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			time.Sleep(300 * time.Millisecond)
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			for range 4096 {
				if _, err := z.Write(make([]byte, 1024)); err != nil {
					return
				}
			}
		}
	})
	c := client(t, Options{Hosts: []Host{{Name: name}}, AllowPrivate: loopbacks, Roots: roots, Timeout: 100 * time.Millisecond})
	if _, err := get(c, "https://"+name+"/slow"); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "in time") {
		t.Errorf("slow: %v", err)
	}
	c = client(t, Options{Hosts: []Host{{Name: name}}, AllowPrivate: loopbacks, Roots: roots, MaxBytes: 2 << 20})
	if _, err := get(c, "https://"+name+"/bomb"); !fault.Is(err, fault.TooLarge) {
		t.Errorf("gzip bomb: %v, want TooLarge", err)
	}
	if _, err := c.Get(context.Background(), "https://"+name+"/bomb", "", 8<<20); !fault.Is(err, fault.TooLarge) {
		t.Errorf("over the client's own limit: %v, want TooLarge", err)
	}
}

func TestWaitsAsLongAsTheHostAsks(t *testing.T) {
	now, asked := time.Unix(1_800_000_000, 0), 0
	name, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/limited" {
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", fmt.Sprint(now.Unix()+120))
			w.WriteHeader(http.StatusForbidden)
		}
	})
	c := client(t, Options{Hosts: []Host{{Name: name}}, AllowPrivate: loopbacks, Roots: roots, Now: func() time.Time { return now }})
	if _, err := get(c, "https://"+name+"/limited"); err == nil {
		t.Fatal("403 was taken for an answer")
	}
	_, err := get(c, "https://"+name+"/")
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.TooMany || f.RetryAfter != 2*time.Minute || asked != 1 {
		t.Errorf("got %v after %d requests, want TooMany for 2 minutes after one", err, asked)
	}
	now = now.Add(121 * time.Second)
	if _, err := get(c, "https://"+name+"/"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestNothingShowsACredential(t *testing.T) {
	h := Host{Name: "git.example.com", Token: secret}
	c := client(t, Options{Hosts: []Host{h}})
	err := c.Explain(&url.Error{Op: "Get", URL: "https://git.example.com/?token=" + secret, Err: errors.New("dial with " + secret)}, "git.example.com")
	texts := []string{fmt.Sprint(h), fmt.Sprintf("%v %#v", []Host{h}, h), err.Error(), c.Redact("a " + secret + " b")}
	for e := errors.Unwrap(err); e != nil; e = errors.Unwrap(e) {
		texts = append(texts, fmt.Sprintf("%v %#v", e, e))
	}
	for _, s := range texts {
		if strings.Contains(s, secret) {
			t.Errorf("%q shows the token", s)
		}
	}
}
