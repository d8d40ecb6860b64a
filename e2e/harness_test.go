// Package e2e tests the built binary as people use it: in a real browser,
// with real engines, databases and clients.
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bin is where the binary under test is; scripts/test.sh builds it.
var bin = func() string {
	if b := os.Getenv("WAYMARK_BIN"); b != "" {
		return b
	}
	p, err := filepath.Abs("../bin/waymark")
	if err != nil {
		panic(err)
	}
	return p
}()

// server is one running portal.
type server struct {
	URL  string
	Data string
	cmd  *exec.Cmd
	log  *safeBuffer
	env  []string
	args []string
	t    testing.TB
}

// options change how a server starts.
type options struct {
	sample bool
	data   string   // empty: a new folder
	env    []string // on top of a clean environment
	listen string
}

// start runs the server and waits until it answers.
func start(t testing.TB, o options) *server {
	t.Helper()
	if _, err := os.Stat(bin); err != nil {
		t.Fatalf("%v; run make build first", err)
	}
	if o.data == "" {
		o.data = t.TempDir()
	}
	if o.listen == "" {
		o.listen = freeAddr(t)
	}
	s := &server{URL: "http://" + o.listen, Data: o.data, t: t, log: &safeBuffer{}}
	s.args = []string{"serve", "--listen", o.listen, "--data", o.data}
	if o.sample {
		s.args = append(s.args, "--sample")
		s.Data = filepath.Join(o.data, "sample")
	}
	s.env = append([]string{"PATH=" + os.Getenv("PATH") + ":" + filepath.Dir(bin), "HOME=" + os.Getenv("HOME"), "WAYMARK_LOG_LEVEL=info"}, o.env...)
	s.run()
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("server log (end):\n%s", tail(s.log.String(), 6000))
		}
	})
	return s
}

func (s *server) run() {
	s.t.Helper()
	s.cmd = exec.Command(bin, s.args...)
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = s.env, s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		res, err := http.Get(s.URL + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("server did not answer:\n%s", tail(s.log.String(), 4000))
}

// kill ends the server as a crash would.
func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// stop ends the server as an operator would.
func (s *server) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { s.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(25 * time.Second):
		s.cmd.Process.Kill()
		<-done
	}
}

// loaded waits until the sample organisation's bills, deliveries and answers
// are in.
func (s *server) loaded() {
	s.t.Helper()
	eventually(s.t, 60*time.Second, "the sample is loaded", func() error {
		if strings.Contains(s.log.String(), "sample organisation loaded") {
			return nil
		}
		return errf("no line says so")
	})
}

// restart starts the server again on the same address and data.
func (s *server) restart() { s.t.Helper(); s.run() }

// client is somebody with a session, without a browser.
type client struct {
	*http.Client
	s *server
}

// as signs in as a sample person.
func (s *server) as(user string) *client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &client{&http.Client{Jar: jar, Timeout: 60 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, s}
	res, _ := c.form("/sign-in/sample", url.Values{"user": {"user:default/" + user}})
	if res.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("sign in as %s: status %d", user, res.StatusCode)
	}
	return c
}

// get returns the answer and its body.
func (c *client) get(path string) (*http.Response, string) {
	c.s.t.Helper()
	return c.do(http.MethodGet, path, nil, "")
}

// form posts a form.
func (c *client) form(path string, values url.Values) (*http.Response, string) {
	c.s.t.Helper()
	return c.do(http.MethodPost, path, strings.NewReader(values.Encode()), "application/x-www-form-urlencoded")
}

// json posts JSON.
func (c *client) json(path, body string) (*http.Response, string) {
	c.s.t.Helper()
	return c.do(http.MethodPost, path, strings.NewReader(body), "application/json")
}

func (c *client) do(method, path string, body io.Reader, contentType string) (*http.Response, string) {
	c.s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, c.s.URL+path, body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := c.Do(req)
	if err != nil {
		c.s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	return res, string(b)
}

// need skips a test whose part is missing, aloud; a core part that is required
// fails instead.
func need(t testing.TB, part string, there bool) {
	t.Helper()
	if there {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("WAYMARK_TEST_REQUIRE"), ","), "core") {
		t.Fatalf("%s is required and missing", part)
	}
	t.Skipf("SKIP %s is missing", part)
}

// engines are the paths of OpenTofu and Terraform that are there.
func engines(t testing.TB) []string {
	var out []string
	for _, name := range []string{"tofu", "terraform"} {
		if p, err := exec.LookPath(name); err == nil {
			out = append(out, p)
		}
	}
	if p := filepath.Join(filepath.Dir(bin), "tofu"); len(out) == 0 || !strings.HasSuffix(out[0], "tofu") {
		if _, err := os.Stat(p); err == nil {
			out = append(out, p)
		}
	}
	need(t, "OpenTofu or Terraform", len(out) > 0)
	return out
}

func freeAddr(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func tail(s string, n int) string {
	if len(s) > n {
		return s[len(s)-n:]
	}
	return s
}

// eventually waits until f returns nil, at most d.
func eventually(t testing.TB, d time.Duration, what string, f func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatalf("%s: not within %s: %v", what, d, err)
}

// errf is fmt.Errorf, short for use in eventually.
func errf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// safeBuffer may be written and read at once.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
