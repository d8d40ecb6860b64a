package scaffold_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var covered = regexp.MustCompile(`coverage: ([0-9]+)`)

// What a golden path of Go begins with builds, is formatted and passes its
// own tests.
func TestGoldenPathBuilds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds a service")
	}
	dir := t.TempDir()
	for name, text := range makeKind(t, readKindFile(t, "golden-path.yaml"), kindValues) {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"gofmt", "-l", "."}, {"go", "vet", "./..."}, {"go", "test", "-cover", "./..."}} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
		out, err := cmd.CombinedOutput()
		if err != nil || args[0] == "gofmt" && len(out) > 0 {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		if m := covered.FindSubmatch(out); args[1] == "test" && (m == nil || string(m[1]) <= "80" || len(m[1]) < 2) {
			t.Errorf("its own gate, coverage > 80%%, would refuse it:\n%s", out)
		}
	}
}
