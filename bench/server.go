package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is the measured process.
type server struct {
	binary, dir, database string
	addr                  string
	cmd                   *exec.Cmd
	client                *http.Client
}

func (s *server) start() error {
	if s.addr == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.addr = l.Addr().String()
		l.Close() // the server takes the port right after
		s.client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	}
	location := "file:" + filepath.Join(s.dir, "catalog", "*.yaml")
	s.cmd = exec.Command(s.binary, "serve", "--listen", s.addr, "--data", filepath.Join(s.dir, "data"))
	s.cmd.Env = append(os.Environ(), "WAYMARK_CATALOG_LOCATIONS="+location, "WAYMARK_CATALOG_TRUSTED="+location,
		"WAYMARK_BOOTSTRAP_TOKEN="+token, "WAYMARK_LOG_LEVEL=warn", "WAYMARK_DATABASE="+s.database)
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if res, err := s.get("/readyz"); err == nil {
			res.Body.Close()
			return nil
		}
	}
	return fmt.Errorf("%s did not answer", s.binary)
}

func (s *server) stop() {
	if s.cmd.ProcessState == nil {
		s.cmd.Process.Signal(syscall.SIGTERM)
		s.cmd.Wait() // its exit code says nothing about the figures
	}
}

func (s *server) get(path string) (*http.Response, error) {
	req, err := http.NewRequest(http.MethodGet, "http://"+s.addr+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return s.client.Do(req)
}

// waitForEntities waits until the catalog holds total entities.
func (s *server) waitForEntities(total int, began time.Time) (time.Duration, error) {
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		res, err := s.get("/api/v1/catalog/entities?limit=1")
		if err != nil {
			return 0, err
		}
		var page struct {
			Total int `json:"total"`
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		res.Body.Close()
		if err == nil && page.Total >= total {
			return time.Since(began), nil
		}
	}
	return 0, fmt.Errorf("the catalog did not reach %d entities", total)
}

// figures are what one line costs.
type figures struct {
	cpu       float64 // ms per request
	p99       float64 // ms
	perSecond int
}

// drive asks over conns connections for d.
func (s *server) drive(conns int, d time.Duration, path func(int) string) (figures, error) {
	before, err := s.cpu()
	if err != nil {
		return figures{}, err
	}
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var wait sync.WaitGroup
	end := time.Now().Add(d)
	for c := range conns {
		wait.Go(func() {
			mine, err := s.ask(c, conns, end, path)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			if err != nil {
				failed = err
			}
		})
	}
	wait.Wait()
	after, err := s.cpu()
	if err != nil || failed != nil || len(all) == 0 {
		return figures{}, fmt.Errorf("drive: %v %v, %d answers", err, failed, len(all))
	}
	slices.Sort(all)
	return figures{cpu: float64((after - before).Microseconds()) / 1000 / float64(len(all)),
		p99: float64(all[len(all)*99/100].Microseconds()) / 1000, perSecond: int(float64(len(all)) / d.Seconds())}, nil
}

func (s *server) ask(first, step int, end time.Time, path func(int) string) ([]time.Duration, error) {
	var out []time.Duration
	for i := first; time.Now().Before(end); i += step {
		began := time.Now()
		res, err := s.get(path(i * 7919))
		if err != nil {
			return out, err
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			return out, fmt.Errorf("%s: %s %v", path(i*7919), res.Status, err)
		}
		out = append(out, time.Since(began))
	}
	return out, nil
}

// ticks is the unit of CPU time in /proc: 100 a second on Linux.
const ticks = 10 * time.Millisecond

// cpu is the user and system time that the process has used.
func (s *server) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * ticks, err
}

// resident is the memory that the process holds, in bytes.
func (s *server) resident() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
