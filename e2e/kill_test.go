package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The kinds of processes that are killed.
const (
	theServer     = "server"
	theSupervisor = "supervisor"
	theEngine     = "engine"
	everything    = "everything"
)

var victims = []string{theServer, theSupervisor, theEngine, everything}

const (
	killRounds = 5 // of four environments each: 20 kills
	perRound   = 4
)

// Twenty times, at random moments of launches and teardowns, the server, the
// supervisor, the engine or all three are killed with -9. After a restart each
// run goes on or is shown as failed with what exists; what was acknowledged is
// there; every environment can be destroyed, and nothing that it made stays.
func TestKillAtRandomMoments(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("SKIP /proc is missing: the processes of a run cannot be found")
	}
	engine := engines(t)[0]
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("WAYMARK_TEST_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("WAYMARK_TEST_SEED=%d", seed)
	k := &killer{t: t, rand: rand.New(rand.NewPCG(seed, 1)),
		s: start(t, options{sample: true, env: []string{"WAYMARK_ENGINE=" + engine}})}
	k.s.loaded()
	k.c = k.s.as("ada")
	for round := range killRounds {
		k.round(round)
	}
	t.Log(k.counts)
}

type killer struct {
	t      *testing.T
	s      *server
	c      *client
	rand   *rand.Rand
	counts map[string]int
}

// round launches four environments, kills something while they are made, and
// takes them away, again with a kill on the way.
func (k *killer) round(n int) {
	k.t.Helper()
	var ids []string
	for i := range perRound {
		ids = append(ids, k.c.launch(fmt.Sprintf("kill-%d-%d", n, i), `{"slowness": 1, "databases": 2}`))
	}
	for range perRound / 2 {
		k.strike(ids, 2500*time.Millisecond)
	}
	var wait sync.WaitGroup
	for _, id := range ids {
		wait.Go(func() { k.settles(id, "ready", "failed") })
	}
	wait.Wait()
	for _, id := range ids {
		k.explained(id)
		k.c.destroy(id)
	}
	for range perRound / 2 {
		k.strike(ids, 2500*time.Millisecond)
	}
	for _, id := range ids {
		wait.Go(func() { k.ends(id) })
	}
	wait.Wait()
	for _, id := range ids {
		k.nothingLeft(id)
	}
	k.quotaIsFree()
}

// settles waits for one of the states, through restarts of the server.
func (k *killer) settles(id string, states ...string) string {
	last := ""
	for end := time.Now().Add(120 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		e, err := k.look(id)
		if err != nil {
			last = err.Error()
			continue
		}
		last = e.State + ": " + e.Reason
		for _, s := range states {
			if e.State == s {
				return s
			}
		}
	}
	k.t.Errorf("%s did not become %s: %s", id, strings.Join(states, " or "), last)
	return ""
}

func (k *killer) look(id string) (environment, error) {
	var e environment
	res, err := k.c.Client.Get(k.s.URL + "/api/v1/environments/" + id)
	if err != nil {
		return e, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return e, fmt.Errorf("status %d", res.StatusCode)
	}
	return e, json.NewDecoder(res.Body).Decode(&e)
}

// explained: what failed says why on its page.
func (k *killer) explained(id string) {
	k.t.Helper()
	e := k.c.environment(id)
	if e.State != "failed" {
		return
	}
	k.t.Logf("%s failed: %s", id, e.Reason)
	if e.Reason == "" {
		k.t.Errorf("%s failed and does not say why", id)
	}
	if _, body := k.c.get("/environments/" + id); !strings.Contains(body, "Something may exist") {
		k.t.Errorf("%s failed and its page does not say what exists", id)
	}
}

// ends waits until an environment is gone; a destroy that failed is asked for
// again, as a person would.
func (k *killer) ends(id string) {
	for range 4 {
		if k.settles(id, "destroyed", "failed") != "failed" {
			return
		}
		res, err := k.c.Post(k.s.URL+"/api/v1/actions/destroy-environment", "application/json", strings.NewReader(`{"environment": "`+id+`"}`))
		if err != nil {
			k.t.Error(err)
			return
		}
		res.Body.Close()
		time.Sleep(time.Second)
	}
	k.t.Errorf("%s cannot be destroyed", id)
}

func (k *killer) nothingLeft(id string) {
	k.t.Helper()
	if left := k.s.local(id); len(left) > 0 {
		k.t.Errorf("%s left behind %v", id, left)
	}
	if _, err := os.Stat(filepath.Join(k.s.Data, "work", id)); err == nil {
		k.t.Errorf("%s left its work folder behind", id)
	}
	if left := processes(func(p process) bool { return p.kind != theSupervisor && p.of(k.s, id) }); len(left) > 0 {
		k.t.Errorf("%s left %d processes behind, such as %s", id, len(left), bytes.ReplaceAll(left[0].args, []byte{0}, []byte(" ")))
	}
	e := k.c.environment(id)
	if _, name, ok := strings.Cut(e.Entity, "/"); ok {
		if res, _ := k.c.get("/catalog/default/environment/" + name); res.StatusCode == http.StatusOK {
			k.t.Errorf("%s is still in the catalog", id)
		}
	}
}

func (k *killer) quotaIsFree() {
	k.t.Helper()
	_, body := k.c.get("/api/v1/quotas")
	var list struct {
		Items []struct {
			Quota, Owner string
			Used         int
		}
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		k.t.Fatalf("quotas: %v %s", err, body)
	}
	for _, q := range list.Items {
		if q.Quota == "environments" && q.Owner == "group:default/payments-team" && q.Used != 0 {
			k.t.Errorf("%d environments are counted where none is left", q.Used)
		}
	}
}

// strike waits a random time and kills something with -9; the server is
// started again.
func (k *killer) strike(ids []string, within time.Duration) {
	k.t.Helper()
	time.Sleep(time.Duration(k.rand.Int64N(int64(within))))
	victim := victims[k.rand.IntN(len(victims))]
	id := ids[k.rand.IntN(len(ids))]
	if k.counts == nil {
		k.counts = map[string]int{}
	}
	k.counts[victim]++
	if victim == theServer || victim == everything {
		k.s.kill()
	}
	for _, p := range processes(func(p process) bool { return victim != theServer && p.of(k.s, id) }) {
		if victim == everything || victim == p.kind {
			syscall.Kill(p.pid, syscall.SIGKILL)
		}
	}
	if victim == theServer || victim == everything {
		k.s.restart()
	}
}

// process is one process of a run.
type process struct {
	pid           int
	kind          string
	args, environ []byte
}

// of reports whether p works for an environment of s.
func (p process) of(s *server, id string) bool {
	return bytes.Contains(p.environ, []byte(filepath.Join(s.Data, "work", id))) ||
		(p.kind == theSupervisor && supervises(s, p, id))
}

// supervises reports whether a supervisor's run is one of the environment: a
// work folder of the run's name says so.
func supervises(s *server, p process, id string) bool {
	args := bytes.Split(bytes.TrimRight(p.args, "\x00"), []byte{0})
	_, err := os.Stat(filepath.Join(s.Data, "work", id, string(args[len(args)-1])))
	return err == nil
}

// processes lists the supervisors, engines and providers that match.
func processes(match func(process) bool) []process {
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is valid
	var out []process
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		args, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || len(args) == 0 {
			continue
		}
		environ, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil {
			continue
		}
		p := process{pid: pid, args: args, environ: environ, kind: theEngine}
		switch {
		case bytes.Contains(args, []byte("\x00supervise\x00")):
			p.kind = theSupervisor
		case bytes.Contains(args, []byte("\x00provider")):
			p.kind = "provider"
		}
		if match(p) {
			out = append(out, p)
		}
	}
	return out
}
