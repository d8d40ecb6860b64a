package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticks is the unit of CPU time in /proc: 100 a second on Linux.
const ticks = 10 * time.Millisecond

// cpu is the user and system time that the server and the database's
// processes for it have used.
func (s *server) cpu() (time.Duration, error) {
	mine, err := cpuOf(s.cmd.Process.Pid)
	if err != nil || s.pg == nil {
		return mine, err
	}
	return mine + s.pg.cpu(), nil
}

func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
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

// resident is the memory that the server's process holds, in bytes.
func (s *server) resident() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// watch notes the most memory that the server holds until it is stopped.
func (s *server) watch() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			if rss, err := s.resident(); err == nil {
				s.peak.Store(max(s.peak.Load(), rss))
			}
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() { close(done); <-ended }
}

// backends are PostgreSQL's processes for one database of this machine.
type backends struct {
	name string
	seen map[int]time.Duration // what each had used when it was last seen
}

// cpu sums what the processes have used, also those that have ended.
func (b *backends) cpu() time.Duration {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is right
	for _, file := range all {
		line, err := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(string(line), "postgres:") || !strings.Contains(string(line), " "+b.name+" ") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			continue
		}
		if used, err := cpuOf(pid); err == nil {
			b.seen[pid] = used
		}
	}
	var sum time.Duration
	for _, used := range b.seen {
		sum += used
	}
	return sum
}
