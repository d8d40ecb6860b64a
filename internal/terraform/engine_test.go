package terraform

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/terraform/provider"
)

func TestParseVersion(t *testing.T) {
	tests := []struct {
		out, product, version string
		ok                    bool
	}{
		{"OpenTofu v1.12.6\non linux_amd64\n", "OpenTofu", "1.12.6", true},
		{"Terraform v1.11.4", "Terraform", "1.11.4", true},
		{"GNU bash v5", "GNU bash", "5", false},
		{"", "", "", false},
	}
	for _, tt := range tests {
		product, version, ok := parseVersion(tt.out)
		if product != tt.product || version != tt.version || ok != tt.ok {
			t.Errorf("parseVersion(%q) = %q, %q, %t", tt.out, product, version, ok)
		}
	}
}

func TestFinderSaysWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	f := &Finder{Built: filepath.Join(t.TempDir(), "tofu")}
	if _, err := f.Find(context.Background()); !errors.Is(err, ErrNoEngine) {
		t.Errorf("got %v, want ErrNoEngine", err)
	}
	if s := f.Status(context.Background()); s.Ready || s.Building || !strings.Contains(s.Problem, "PATH") {
		t.Errorf("got %+v", s)
	}
	if err := os.WriteFile(f.Built+BuildingSuffix, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s := f.Status(context.Background()); !s.Building {
		t.Errorf("got %+v, want building", s)
	}
	script := "#!/bin/sh\necho 'OpenTofu v9.9.9'\n"
	if err := os.WriteFile(f.Built, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if s := f.Status(context.Background()); !s.Ready || s.Engine.String() != "OpenTofu 9.9.9" {
		t.Errorf("got %+v, want the built one", s)
	}
	f.Configured = filepath.Join(t.TempDir(), "nothing")
	if s := f.Status(context.Background()); s.Ready || !strings.Contains(s.Problem, "does not start") {
		t.Errorf("got %+v, want the configured one to count", s)
	}
}

func TestStrayProcessesAreEnded(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("no /proc on this system")
	}
	f, other := Folder{Path: t.TempDir()}, Folder{Path: t.TempDir()}
	start := func(of Folder) *exec.Cmd {
		cmd := exec.Command("sleep", "60")
		cmd.Env = []string{provider.EnvWork + "=" + of.Path}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		return cmd
	}
	mine := start(f)
	start(other)
	done := make(chan error, 1)
	go func() { done <- mine.Wait() }()
	if n := f.KillStray(100 * time.Millisecond); n != 1 {
		t.Errorf("ended %d processes, want 1", n)
	}
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("the stray process lives")
	}
	if len(other.strays()) != 1 {
		t.Error("the process of another folder was ended")
	}
}

func TestQuote(t *testing.T) {
	if got := quote("a'b $c"); got != `'a'\''b $c'` {
		t.Errorf("got %s", got)
	}
	if got := providerWrapper("/opt/way mark"); got != "#!/bin/sh\nexec '/opt/way mark' provider \"$@\"\n" {
		t.Errorf("got %q", got)
	}
}

func TestFolderRefusesFilesOutside(t *testing.T) {
	f := Folder{Path: t.TempDir()}
	for _, name := range []string{"../x.tf", "/etc/x", "a/../../x"} {
		if err := f.Prepare(Prepared{Files: map[string][]byte{name: nil}}); err == nil {
			t.Errorf("%q was written", name)
		}
	}
}

func TestTooLittleDiskIsSaid(t *testing.T) {
	_, err := New(Options{Folder: Folder{Path: t.TempDir()}, MinFree: 1 << 60})
	if !errors.Is(err, ErrDisk) || !strings.Contains(err.Error(), "MiB are free") {
		t.Errorf("got %v, want ErrDisk", err)
	}
}
