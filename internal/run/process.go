package run

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/waymark-portal/waymark/internal/id"
)

// A worker is named machine/pid/start, so that another process on the same
// machine can tell at once that it is dead. Where /proc does not say (other
// systems), only the lease tells.

// self names this process.
func self() string {
	if m := machine(); m != "" {
		if start := started(os.Getpid()); start != "" {
			return fmt.Sprintf("%s/%d/%s", m, os.Getpid(), start)
		}
	}
	return id.New("worker")
}

// dead reports whether worker ran on this machine and does not any more.
func dead(worker string) bool {
	parts := strings.Split(worker, "/")
	if len(parts) != 3 || parts[0] != machine() {
		return false
	}
	var pid int
	if _, err := fmt.Sscanf(parts[1], "%d", &pid); err != nil {
		return false
	}
	return started(pid) != parts[2]
}

// machine is the boot and the process namespace that we live in.
var machine = sync.OnceValue(func() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "-" + strings.Trim(strings.TrimPrefix(space, "pid:"), "[]")
})

// started is when a process began, in clock ticks since boot; "" when there
// is no such process or it is only waiting to be reaped.
func started(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, ok := strings.Cut(string(b), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}
