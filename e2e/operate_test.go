package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// tool runs the binary and returns what it prints.
func tool(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestBackupAndRestore(t *testing.T) {
	s := start(t, options{sample: true})
	ada := s.as("ada")
	if res, body := ada.json("/api/v1/actions/create-token", `{"name":"kept over the restore"}`); res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	file := filepath.Join(t.TempDir(), "waymark.backup")
	env := []string{"WAYMARK_DATA=" + filepath.Dir(s.Data)}
	if out, err := tool(t, env, "backup", "--sample", file); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	key, err := os.ReadFile(filepath.Join(s.Data, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	s.stop()

	fresh := t.TempDir()
	env = []string{"WAYMARK_DATA=" + fresh}
	if out, err := tool(t, env, "restore", "--sample", file); err == nil || !strings.Contains(out, "key") {
		t.Errorf("restore without the key: %v, %s; want a refusal that names the key", err, out)
	}
	data := filepath.Join(fresh, "sample")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "secret.key"), []byte(strings.Repeat("x", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := tool(t, env, "restore", "--sample", file); err == nil || !strings.Contains(out, "key") {
		t.Errorf("restore with a wrong key: %v, %s; want a refusal that names the key", err, out)
	}
	if err := os.WriteFile(filepath.Join(data, "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := tool(t, env, "restore", "--sample", file); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := tool(t, env, "restore", "--sample", file); err == nil || !strings.Contains(out, "already") {
		t.Errorf("restore over what is there: %v, %s; want a refusal", err, out)
	}
	again := start(t, options{sample: true, data: fresh})
	if _, body := again.as("ada").get("/settings/tokens"); !strings.Contains(body, "kept over the restore") {
		t.Error("the token did not come back")
	}
}

func TestBackupAndRestoreOnPostgres(t *testing.T) {
	_, err := exec.LookPath("pg_dump")
	need(t, "pg_dump", err == nil)
	first, second := postgres(t), postgres(t)
	s := start(t, options{env: []string{"WAYMARK_DATABASE=" + first, "WAYMARK_BOOTSTRAP_TOKEN=" + adminToken}})
	file := filepath.Join(t.TempDir(), "waymark.backup")
	if out, err := tool(t, []string{"WAYMARK_DATA=" + s.Data, "WAYMARK_DATABASE=" + first}, "backup", file); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	fresh := t.TempDir()
	key, err := os.ReadFile(filepath.Join(s.Data, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(fresh, "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := tool(t, []string{"WAYMARK_DATA=" + fresh, "WAYMARK_DATABASE=" + second}, "restore", file); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	start(t, options{data: fresh, env: []string{"WAYMARK_DATABASE=" + second}})
}

func TestDoctorSaysHowToMend(t *testing.T) {
	out, err := tool(t, []string{"WAYMARK_DATA=" + t.TempDir()}, "doctor")
	if err != nil {
		t.Errorf("a fresh machine: %v\n%s", err, out)
	}
	for _, part := range []string{"configuration", "database", "engine", "git", "disk", "clock"} {
		if !strings.Contains(out, part) {
			t.Errorf("nothing about %s:\n%s", part, out)
		}
	}
	for name, env := range map[string][]string{
		"database":      {"WAYMARK_DATABASE=postgres://nobody@127.0.0.1:1/none"},
		"configuration": {"WAYMARK_TIMEZONE=Mars/North"},
	} {
		out, err := tool(t, append(env, "WAYMARK_DATA="+t.TempDir()), "doctor")
		if err == nil || !strings.Contains(out, "FAIL  "+name) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestConfigMasksSecrets(t *testing.T) {
	out, err := tool(t, []string{"WAYMARK_DATA=" + t.TempDir(), "WAYMARK_BOOTSTRAP_TOKEN=" + adminToken}, "config")
	if err != nil || strings.Contains(out, adminToken) || !strings.Contains(out, "bootstrap_token") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTracesAreSentWhenConfigured(t *testing.T) {
	var got atomic.Int32
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/traces" {
			got.Add(1)
		}
	}))
	defer collector.Close()
	s := start(t, options{env: []string{"WAYMARK_OTLP_ENDPOINT=" + collector.URL + "/v1/traces"}})
	s.stop() // a graceful stop sends what is left
	if got.Load() == 0 {
		t.Error("no traces arrived")
	}
}

// The first administrator signs in once by the code that the server prints.
func TestTheFirstAdministrator(t *testing.T) {
	s := start(t, options{})
	i := -1
	eventually(t, 5*time.Second, "a one-time link is printed", func() error {
		if i = strings.Index(s.log.String(), "/sign-in/first?code="); i < 0 {
			return errf("not yet")
		}
		return nil
	})
	code := strings.Fields(s.log.String()[i+len("/sign-in/first?code="):])[0]
	for try, want := range []int{http.StatusSeeOther, http.StatusForbidden} {
		res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).
			PostForm(s.URL+"/sign-in/first", map[string][]string{"code": {code}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("try %d: status %d, want %d", try+1, res.StatusCode, want)
		}
	}
}
