package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// git runs git as a person would, without any configuration of this machine.
func git(t testing.TB, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@localhost", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@localhost")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// token makes an API token of the caller's.
func (c *client) token(body string) string {
	c.s.t.Helper()
	res, text := c.json("/api/v1/actions/create-token", body)
	var out struct{ Token string }
	if err := json.Unmarshal([]byte(text), &out); err != nil || res.StatusCode != http.StatusOK {
		c.s.t.Fatalf("token: %d %s", res.StatusCode, text)
	}
	return out.Token
}

// remote is a repository's address with a token in it.
func (s *server) remote(token, slug string) string {
	return strings.Replace(s.URL, "http://", "http://ada:"+token+"@", 1) + "/git/" + slug + ".git"
}

// A developer makes a service from the golden path in the browser: is told
// what is wrong while typing, reviews, watches the run, clones what was made,
// builds and tests it, pushes a change and sees it in the catalog.
func TestJourney4Create(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	b := open(t, s)
	b.signIn("ada")
	b.goTo("/create")
	b.waitText("main", "REST service in Go", 10*time.Second)
	look(t, b, "create")
	b.click(`a.btn[href="/create/default/go-rest-api"]`)
	b.waitText("h1", "REST service in Go", 5*time.Second)
	describe(t, b)
	b.click(`#create .form-acts button[value="next"]`)
	b.waitText(".wizard [aria-current]", "Choose parts", 5*time.Second)
	look(t, b, "create-parts")
	b.click(`#create .form-acts button[value="next"]`)
	b.waitText(".wizard [aria-current]", "Review", 10*time.Second)
	b.waitText("main", "Pays money back to cards", time.Second)
	b.waitText(".tree", "internal/api/api.go", time.Second)
	b.click(`.tree details:nth-of-type(1) summary`)
	look(t, b, "create-review")
	b.click(`#create button[value="create"]`)
	b.waitText("#made", "git clone", 30*time.Second)
	look(t, b, "create-made")
	slug := "payments-team/refund-api"
	b.click(`#made a[href="/catalog/default/component/refund-api"]`)
	b.waitText("h1", "refund-api", 5*time.Second)
	b.waitText("main", slug, 5*time.Second)
	b.goTo("/git/" + slug)
	b.waitText("main", "Make refund-api", 5*time.Second)
	look(t, b, "repository")
	b.forget() // the refused form is a 422
	b.clean()

	ada := s.as("ada")
	remote := s.remote(ada.token(`{"name":"laptop"}`), slug)
	dir := t.TempDir()
	if out, err := git(t, dir, "clone", "-q", remote, "work"); err != nil {
		t.Fatal(out, err)
	}
	work := filepath.Join(dir, "work")
	builds(t, work)
	changes(t, ada, work)
	t.Run("others", func(t *testing.T) { keptFromOthers(t, s, remote, slug) })
	t.Run("taken", func(t *testing.T) { nameTaken(t, ada) })
}

// look checks a page in light and dark and on a phone.
func look(t *testing.T, b *browser, name string) {
	t.Helper()
	b.axe(name)
	shotTo(b, name)
	b.dark(true)
	b.axe(name + ", dark")
	shotTo(b, name+"-dark")
	b.dark(false)
	b.size(360, 800)
	if wide := eval[bool](b, `document.documentElement.scrollWidth > innerWidth`); wide {
		t.Errorf("%s is wider than a phone", name)
	}
	shotTo(b, name+"-360")
	b.size(1440, 1000)
}

// describe fills the first page, wrongly at first.
func describe(t *testing.T, b *browser) {
	t.Helper()
	typeIn(b, `[name="values.name"]`, "ledger")
	b.waitText("#f-values-name-msg", "The catalog holds a component ledger already.", 5*time.Second)
	look(t, b, "create-describe")
	typeIn(b, `[name="values.description"]`, "Pays money back to cards")
	time.Sleep(time.Second) // until the checks of both fields have answered
	if at := eval[string](b, `document.activeElement.name`); at != "values.description" {
		t.Errorf("a wrong name pulls the person from the next field to %q", at)
	}
	b.click(`#create .form-acts button[value="next"]`)
	b.waitText(`[role="alert"]`, "The catalog holds a component ledger already.", 5*time.Second)
	if got := eval[string](b, `document.querySelector('[name="values.description"]').value`); got != "Pays money back to cards" {
		t.Errorf("the form forgot what was typed: %q", got)
	}
	typeIn(b, `[name="values.name"]`, "refund-api")
	b.waitText("#f-values-name-msg", "free in the catalog and on the forge", 5*time.Second)
	if owner := eval[string](b, `document.querySelector('[name="values.owner"]').value`); owner != "group:default/payments-team" {
		t.Errorf("the owner is %q, want Ada's team", owner)
	}
}

// builds checks that what was cloned builds and passes its tests, offline.
func builds(t *testing.T, work string) {
	t.Helper()
	for _, args := range [][]string{{"build", "./..."}, {"vet", "./..."}, {"test", "./..."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOTOOLCHAIN=local")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// changes pushes 20 MB and a new description, which the catalog shows within
// two seconds.
func changes(t *testing.T, c *client, work string) {
	t.Helper()
	file := filepath.Join(work, "catalog-info.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "Pays money back to cards", "Gives money back", 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	big := make([]byte, 20<<20)
	for i := range big {
		big[i] = byte(rand.Uint32())
	}
	if err := os.WriteFile(filepath.Join(work, "big.bin"), big, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"add", "."}, {"commit", "-qm", "Say it shorter"}, {"push", "-q", "origin", "HEAD"}} {
		if out, err := git(t, work, args...); err != nil {
			t.Fatal(args, out, err)
		}
	}
	eventually(t, 2*time.Second, "the catalog shows the change", func() error {
		if _, page := c.get("/catalog/default/component/refund-api"); strings.Contains(page, "Gives money back") {
			return nil
		}
		return errf("it still shows the old description")
	})
	if _, page := c.get("/git/payments-team/refund-api"); !strings.Contains(page, "Say it shorter") {
		t.Error("the page of the repository does not list the commit")
	}
}

// keptFromOthers: nobody clones without a token, whoever is not of the team does not push.
func keptFromOthers(t *testing.T, s *server, remote, slug string) {
	dir := t.TempDir()
	if out, err := git(t, dir, "clone", "-q", s.URL+"/git/"+slug+".git", "anonymous"); err == nil {
		t.Error("cloned without a token: " + out)
	}
	other := s.as("vera")
	theirs := s.remote(other.token(`{"name":"laptop"}`), slug)
	if out, err := git(t, dir, "clone", "-q", theirs, "theirs"); err != nil {
		t.Fatal("everybody may read: ", out)
	}
	if out, err := git(t, filepath.Join(dir, "theirs"), "commit", "-q", "--allow-empty", "-m", "x"); err != nil {
		t.Fatal(out)
	}
	if out, err := git(t, filepath.Join(dir, "theirs"), "push", "-q", "origin", "HEAD"); err == nil || !strings.Contains(out, "403") {
		t.Errorf("an outsider's push: %v %s, want 403", err, out)
	}
	for _, path := range []string{"/git/../../etc/passwd", "/git/%2e%2e/x.git/info/refs?service=git-upload-pack", "/git/payments-team/..%2f..%2fx.git/info/refs?service=git-upload-pack",
		"/git/payments-team/none.git/info/refs?service=git-upload-pack"} {
		req, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(remote)
		if err != nil {
			t.Fatal(err)
		}
		password, _ := u.User.Password()
		req.SetBasicAuth("ada", password)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d, want 404", path, res.StatusCode)
		}
	}
}

// nameTaken: the form works without JavaScript, and a name that is taken
// keeps everything that was typed.
func nameTaken(t *testing.T, c *client) {
	path := "/create/default/go-rest-api"
	res, page := c.form(path, url.Values{"values.name": {"refund-api"}, "values.description": {"Once more, please"}, "values.owner": {"group:default/payments-team"}, "_step": {"0"}, "_go": {"next"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, "The catalog holds a component refund-api already.") || !strings.Contains(page, "Once more, please") {
		t.Errorf("a taken name: %d", res.StatusCode)
	}
	res, body := c.json("/api/v1/actions/create-from-template", `{"template":"template:default/go-rest-api","values":{"name":"x","owner":"group:default/nobody","nmae":1}}`)
	for _, field := range []string{"values.name", "values.description", "values.owner", "values.nmae"} {
		if !strings.Contains(body, `"field":"`+field+`"`) {
			t.Errorf("the answer does not name %s: %d %s", field, res.StatusCode, body)
		}
	}
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("bad values: %d, want 400", res.StatusCode)
	}
	res, body = c.json("/api/v1/actions/create-from-template", `{"template":"template:default/go-rest-api","values":{"name":"risk-thing","description":"For others","owner":"group:default/risk-team"}}`)
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("for another team: %d %s, want 403", res.StatusCode, body)
	}
}

// The server is killed with -9 at random moments of scaffold runs. After the
// restart every run goes on to its end, with one commit and one entity each.
func TestKillDuringCreate(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	c := s.as("ada")
	var runs, names []string
	for i := range 6 {
		name := fmt.Sprintf("kill-api-%d", i)
		res, body := c.json("/api/v1/actions/create-from-template",
			`{"template":"template:default/go-rest-api","values":{"name":"`+name+`","description":"Is killed","owner":"group:default/payments-team"}}`)
		var out struct{ Run struct{ ID string } }
		if err := json.Unmarshal([]byte(body), &out); err != nil || res.StatusCode != http.StatusAccepted {
			t.Fatalf("%d %s", res.StatusCode, body)
		}
		runs, names = append(runs, out.Run.ID), append(names, name)
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		s.kill()
		s.restart()
	}
	for i, id := range runs {
		eventually(t, 60*time.Second, id+" ends", func() error {
			_, body := c.get("/api/v1/runs/" + id)
			var r struct{ State string }
			if err := json.Unmarshal([]byte(body), &r); err != nil || r.State != "succeeded" {
				return errf("%s", body)
			}
			return nil
		})
		if res, _ := c.get("/catalog/default/component/" + names[i]); res.StatusCode != http.StatusOK {
			t.Errorf("%s is not in the catalog: %d", names[i], res.StatusCode)
		}
		dir := t.TempDir()
		if out, err := git(t, dir, "clone", "-q", s.remote(c.token(`{"name":"t"}`), "payments-team/"+names[i]), "w"); err != nil {
			t.Fatal(out, err)
		}
		if out, err := git(t, filepath.Join(dir, "w"), "rev-list", "--count", "HEAD"); err != nil || strings.TrimSpace(out) != "1" {
			t.Errorf("%s has %s commits, want 1 (%v)", names[i], strings.TrimSpace(out), err)
		}
	}
}

// order asks for a service over the API.
func (c *client) order(name string) (int, string) {
	c.s.t.Helper()
	res, body := c.json("/api/v1/actions/create-from-template",
		`{"template":"template:default/go-rest-api","values":{"name":"`+name+`","description":"Made in a test","owner":"group:default/payments-team"}}`)
	return res.StatusCode, body
}

// run waits until a run is in one of the states and returns what the API says.
func (c *client) run(id string, states ...string) (found struct {
	State string
	Steps []struct{ ID, State, Error string }
}) {
	c.s.t.Helper()
	eventually(c.s.t, 60*time.Second, id+" is "+strings.Join(states, " or "), func() error {
		_, body := c.get("/api/v1/runs/" + id)
		if err := json.Unmarshal([]byte(body), &found); err != nil || !slices.Contains(states, found.State) {
			return errf("%s", body)
		}
		return nil
	})
	return found
}

// Of many who want one name at once, one gets it.
func TestOneNameForOne(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	ada, ben := s.as("ada"), s.as("ben")
	var wait sync.WaitGroup
	codes := make([]int, 8)
	for i := range codes {
		wait.Go(func() {
			who := ada
			if i%2 == 1 {
				who = ben
			}
			codes[i], _ = who.order("one-of-many")
		})
	}
	wait.Wait()
	slices.Sort(codes)
	if codes[0] != http.StatusAccepted || codes[1] < 400 || codes[7] >= 500 {
		t.Errorf("answers %v; want one 202 and refusals", codes)
	}
}

// A run that fails says at which step and why; what is finished is kept, and
// once the cause is gone a retry goes on from there.
func TestCreateRetries(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	c := s.as("ada")
	blocker := filepath.Join(s.Data, "git", "payments-team") // a file where a folder must be
	if err := os.WriteFile(blocker, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, body := c.order("stuck-api")
	var out struct{ Run struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &out); err != nil || code != http.StatusAccepted {
		t.Fatalf("%d %s", code, body)
	}
	r := c.run(out.Run.ID, "failed")
	if r.Steps[1].State != "succeeded" || r.Steps[2].State != "failed" || r.Steps[2].Error == "" || r.Steps[3].State != "skipped" {
		t.Errorf("after the failure: %+v", r.Steps)
	}
	if res, _ := c.get("/catalog/default/component/stuck-api"); res.StatusCode != http.StatusNotFound {
		t.Errorf("the catalog answers %d for what was not made", res.StatusCode)
	}
	if err := os.Remove(blocker); err != nil {
		t.Fatal(err)
	}
	if res, body := c.json("/api/v1/actions/retry-run", `{"run":"`+out.Run.ID+`"}`); res.StatusCode >= 300 {
		t.Fatalf("retry: %d %s", res.StatusCode, body)
	}
	c.run(out.Run.ID, "succeeded")
	if res, _ := c.get("/catalog/default/component/stuck-api"); res.StatusCode != http.StatusOK {
		t.Errorf("after the retry the catalog answers %d", res.StatusCode)
	}
}
