package goldenpath_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// offline is the environment of commands in what was made: nothing of ours,
// and no network.
func offline() []string {
	return append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local",
		"TEST_DATABASE_URL="+os.Getenv("WAYMARK_TEST_POSTGRES"))
}

// in runs a command in a folder and returns what it wrote.
func in(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, offline()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// staticcheck is the program of our own go.mod.
var staticcheck = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "tool", "-n", "staticcheck").Output()
	return string(bytes.TrimSpace(out)), err
})

// What is made builds, lints, passes its own tests with the coverage that its
// pipeline asks for, and runs.
func TestBuildAndRun(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: nothing that is made is built")
	}
	t.Parallel()
	lint, err := staticcheck()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range makings {
		if !m.built {
			continue
		}
		t.Run(m.name(), func(t *testing.T) {
			t.Parallel()
			dir := m.make(t)
			if out := in(t, dir, "gofmt", "-l", "."); out != "" {
				t.Errorf("gofmt would change %s", out)
			}
			in(t, dir, "go", "vet", "./...")
			in(t, dir, lint, "./...")
			covered(t, dir)
			if golangci, err := exec.LookPath("golangci-lint"); err == nil {
				in(t, dir, golangci, "run", "--allow-parallel-runners")
			}
			if m.path == "library-go" {
				return
			}
			binary := filepath.Join(t.TempDir(), "made")
			in(t, dir, "go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=1.2.3", "-o", binary, "./cmd/"+programs[m.path].name)
			programs[m.path].run(t, m, dir, binary)
		})
	}
}

// covered runs the tests as make coverage does, with its own check.
func covered(t *testing.T, dir string) {
	t.Helper()
	if _, err := exec.LookPath("make"); err != nil {
		t.Log("make is not on PATH: only go test is run")
		in(t, dir, "go", "test", "./...")
		return
	}
	out := in(t, dir, "make", "coverage")
	total := regexp.MustCompile(`(?m)^coverage ([0-9.]+)%$`).FindStringSubmatch(out)
	if total == nil {
		t.Fatal("no coverage")
	}
	if percent, err := strconv.ParseFloat(total[1], 64); err != nil || percent <= 80 {
		t.Errorf("coverage is %s %%, want more than 80 (%v)", total[1], err)
	}
	t.Logf("coverage %s %%", total[1])
}
