package goldenpath_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programs are what each path makes, and how it is tried.
var programs = map[string]struct {
	name string
	run  func(t *testing.T, m making, dir, binary string)
}{
	"go-rest-api":        {"server", runAPI},
	"go-event-processor": {"processor", runProcessor},
	"go-batch-job":       {"job", runJob},
}

// process is a program that was made, running.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	mu   sync.Mutex
	log  strings.Builder
	done chan error
}

// start runs a program until the test ends, and waits for its address.
func start(t *testing.T, binary string, stdin io.Reader, settings ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary), done: make(chan error, 1)}
	p.cmd.Env, p.cmd.Stdin = append([]string{"LISTEN=127.0.0.1:0"}, settings...), stdin
	lines, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // it has ended, if all went well
	address := make(chan string, 1)
	go func() {
		for s := bufio.NewScanner(lines); s.Scan(); {
			p.mu.Lock()
			p.log.WriteString(s.Text() + "\n")
			p.mu.Unlock()
			var line struct{ Msg, Address, Service, Version string }
			if json.Unmarshal(s.Bytes(), &line) == nil && line.Msg == "listening" && line.Service == service && line.Version == "1.2.3" {
				address <- line.Address
			}
		}
		p.done <- p.cmd.Wait()
	}()
	select {
	case a := <-address:
		p.url = "http://" + a
	case err := <-p.done:
		t.Fatalf("it ended: %v\n%s", err, p.said())
	case <-time.After(20 * time.Second):
		t.Fatalf("it does not listen\n%s", p.said())
	}
	return p
}

// said is what the program has logged.
func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// get returns the status and body of a page.
func (p *process) get(path string, header ...string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return p.answer(http.DefaultClient.Do(req))
}

func (p *process) answer(res *http.Response, err error) (int, string) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.said())
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// until asks for the metrics until they hold all lines.
func (p *process) until(lines ...string) {
	p.t.Helper()
	var body string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		_, body = p.get("/metrics")
		missing := 0
		for _, line := range lines {
			if !strings.Contains(body, line+"\n") {
				missing++
			}
		}
		if missing == 0 {
			return
		}
	}
	p.t.Fatalf("the metrics do not become %q\n%s\n%s", lines, body, p.said())
}

// healthy checks the probes and that the metrics name service and version.
func (p *process) healthy() {
	p.t.Helper()
	for _, path := range []string{"/healthz", "/readyz"} {
		if code, body := p.get(path); code != http.StatusOK {
			p.t.Errorf("%s: %d %s", path, code, body)
		}
	}
	p.until(`build_info{service="` + service + `",version="1.2.3"} 1`)
}

// stop asks the program to end, and returns its exit code.
func (p *process) stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	return p.ended(15 * time.Second)
}

// ended waits for the program's end.
func (p *process) ended(within time.Duration) int {
	p.t.Helper()
	select {
	case err := <-p.done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			p.t.Fatal(err)
		}
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		p.t.Fatalf("it has not ended after %s\n%s", within, p.said())
		return -1
	}
}

func runJob(t *testing.T, m making, dir, binary string) {
	pushed := make(chan string, 2)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		pushed <- r.URL.Path + " " + string(body)
	}))
	defer gateway.Close()
	items := filepath.Join(dir, "deploy", "kubernetes", "base", "items.txt")
	p := start(t, binary, nil, "INPUT="+items, "PUSHGATEWAY_URL="+gateway.URL)
	if code := p.ended(15 * time.Second); code != 0 {
		t.Errorf("a good run ends with %d\n%s", code, p.said())
	}
	if got := <-pushed; !strings.HasPrefix(got, "/metrics/job/"+service) || !strings.Contains(got, "batch_items") || !strings.Contains(got, "batch_last_success") {
		t.Errorf("pushed %.200q", got)
	}
	// A run that waits for items is alive, shows its metrics, and can be stopped.
	lines, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	p = start(t, binary, lines, "INPUT=-", "PUSHGATEWAY_URL="+gateway.URL)
	if _, err := input.WriteString("one\n"); err != nil {
		t.Fatal(err)
	}
	p.healthy()
	p.until(`batch_items{result="done"} 1`)
	if code := p.stop(); code != 1 || !strings.Contains(p.said(), "interrupted") {
		t.Errorf("an interrupted run ends with %d, want 1 so that it is tried again\n%s", code, p.said())
	}
	if got := <-pushed; strings.Contains(got, "batch_last_success") {
		t.Error("an interrupted run counts as a success")
	}
}
