package provision

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
)

// Every pair of states: allowed are exactly those that are listed.
func TestMoves(t *testing.T) {
	allowed := map[string]bool{}
	for _, pair := range strings.Fields(`
		requested>planning requested>failed requested>refused requested>cancelled
		planning>awaiting_approval planning>applying planning>failed planning>refused planning>cancelled
		awaiting_approval>planning awaiting_approval>applying awaiting_approval>failed awaiting_approval>refused awaiting_approval>cancelled
		applying>ready applying>failed ready>updating ready>destroying updating>ready updating>failed
		destroying>destroyed destroying>failed failed>planning failed>applying failed>destroying`) {
		allowed[pair] = true
	}
	for _, from := range AllStates {
		for _, to := range AllStates {
			e := Environment{Name: "x", State: from}
			err := e.move(to)
			if want := allowed[string(from)+">"+string(to)]; (err == nil) != want {
				t.Errorf("%s to %s: %v, want allowed %t", from, to, err, want)
			}
			if err != nil && (!fault.Is(err, fault.Conflict) || e.State != from) {
				t.Errorf("%s to %s: %v, now %s", from, to, err, e.State)
			}
		}
	}
}

func TestEndOfALaunch(t *testing.T) {
	tests := []struct {
		state State
		run   run.State
		want  State
		moves bool
	}{
		{Requested, run.Cancelled, Cancelled, true},
		{Planning, run.Refused, Refused, true},
		{Planning, run.Failed, Failed, true},
		{AwaitingApproval, run.Refused, Refused, true},
		{Applying, run.Cancelled, Failed, true},
		{Applying, run.Failed, Failed, true},
		{Ready, run.Succeeded, Ready, false},
		{Failed, run.Failed, Failed, false},
		{Destroyed, run.Failed, Destroyed, false},
	}
	for _, tt := range tests {
		if got, moves := endOf(tt.state, tt.run); got != tt.want || moves != tt.moves {
			t.Errorf("%s when the run is %s: %s %t, want %s %t", tt.state, tt.run, got, moves, tt.want, tt.moves)
		}
	}
}

const header = `apiVersion: waymark.dev/v1
kind: Blueprint
metadata: {name: db, title: A database}
spec:
  version: 1.0.0
  owner: group:default/platform
  ttl: {default: 8h, max: 24h}
`

func TestReadBlueprint(t *testing.T) {
	read := func(doc string) error {
		_, err := ReadBlueprint(fstest.MapFS{"db/blueprint.yaml": {Data: []byte(doc)}, "db/main.tf": {Data: []byte("#")}}, "db")
		return err
	}
	if err := read(header); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, old, new, want string }{
		{"kind", "kind: Blueprint", "kind: Template", "kind must be"},
		{"name is not the folder's", "name: db", "name: other", "folder's name"},
		{"version", "1.0.0", "one", "spec.version"},
		{"unknown key", "spec:", "spec:\n  verison: 1", "verison"},
		{"default above max", "max: 24h", "max: 1h", "spec.ttl"},
		{"unknown kind", "spec:", "spec:\n  kinds: [prod]", `"prod" is none of`},
		{"schema that is none", "spec:", "spec:\n  parameters: {type: nothing}", "spec.parameters"},
		{"not YAML", "kind:", "\tkind:", "blueprint.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := read(strings.Replace(header, tt.old, tt.new, 1)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to say %s", err, tt.want)
			}
		})
	}
}

func TestParametersKeepTheirOrder(t *testing.T) {
	b, err := ReadBlueprint(fstest.MapFS{"db/main.tf": {Data: []byte("#")}, "db/blueprint.yaml": {Data: []byte(header +
		"  parameters: {type: object, properties: {zeta: {type: string, default: a}, alpha: {type: integer, maximum: 3}}}\n")}}, "db")
	if err != nil {
		t.Fatal(err)
	}
	if i, j := strings.Index(string(b.Parameters), "zeta"), strings.Index(string(b.Parameters), "alpha"); i > j {
		t.Errorf("the order is lost: %s", b.Parameters)
	}
	got, err := b.complete([]byte(`{"alpha": 2}`))
	if err != nil || string(got) != `{"alpha":2,"zeta":"a"}` {
		t.Errorf("got %s, %v", got, err)
	}
	for _, bad := range []string{`{"alpha": 4}`, `{"alpha": "x"}`, `[]`, `null`, `{`} {
		if _, err := b.complete([]byte(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", bad, err)
		}
	}
}

func TestHashIsOfNamesAndContents(t *testing.T) {
	a := hashFiles(map[string][]byte{"a": []byte("xy"), "b": nil})
	for _, other := range []map[string][]byte{{"a": []byte("x"), "b": []byte("y")}, {"a": []byte("xy")}, {"c": []byte("xy"), "b": nil}} {
		if hashFiles(other) == a {
			t.Errorf("%v has the same hash", other)
		}
	}
}

func change(address, kind string, after any) *tfjson.ResourceChange {
	return &tfjson.ResourceChange{Address: address, Type: kind, Mode: tfjson.ManagedResourceMode, Change: &tfjson.Change{After: after}}
}

func TestEstimate(t *testing.T) {
	book, err := ParsePrices([]byte(`{version: v1, source: us, date: today, currency: USD, hours: 730, resources: {
		db: {title: Database, by: size, monthly: {small: "12.505", large: "100"}, usage: Backups by the gigabyte.}, free: {title: Free, monthly: {"": "0"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := book.Estimate(&tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		change("db.a", "db", map[string]any{"size": "small"}), change("db.b", "db", map[string]any{"size": "small"}),
		change("db.c", "db", map[string]any{"size": "huge"}), change("free.a", "free", map[string]any{}),
		change("other.a", "other", map[string]any{}), change("db.gone", "db", nil)}})
	want := Estimate{Currency: "USD", Monthly: "25.01", Hours: 730, Book: "v1, us, today",
		Known: []PriceLine{{Title: "Database, small", Count: 2, Monthly: "25.01"}},
		Usage: []string{"Backups by the gigabyte."}, Unsupported: []string{"db.c", "other.a"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := got.For(73 * time.Hour); s != "2.50" {
		t.Errorf("73 hours cost %s, want 2.50", s)
	}
	for _, bad := range []string{`{currency: USD}`, `{currency: USD, hours: 1, resources: {a: {monthly: {"": lots}}}}`, `{nonsense: 1}`} {
		if _, err := ParsePrices([]byte(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestStateAddresses(t *testing.T) {
	f, err := readState([]byte(`{"resources": [
		{"mode": "managed", "type": "a", "name": "x", "instances": [{}]},
		{"mode": "managed", "type": "a", "name": "n", "instances": [{"index_key": 0}, {"index_key": 1}]},
		{"module": "module.m", "mode": "managed", "type": "b", "name": "k", "instances": [{"index_key": "q\"r"}]},
		{"mode": "data", "type": "d", "name": "x", "instances": [{}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a.n[0]", "a.n[1]", "a.x", `module.m.b.k["q\"r"]`}
	if diff := cmp.Diff(want, f.addresses()); diff != "" {
		t.Error(diff)
	}
	if got := typeOf(`module.m["x.y\"]"].module.n.waymark_bucket.files`); got != "waymark_bucket" {
		t.Errorf("type is %q", got)
	}
}

func TestProgress(t *testing.T) {
	tests := []struct {
		m    terraform.Message
		want Progress
	}{
		{terraform.Message{Type: "apply_start", Action: "create", Resource: "a.b"}, Making},
		{terraform.Message{Type: "apply_complete", Action: "create", Resource: "a.b"}, Made},
		{terraform.Message{Type: "apply_complete", Action: "update", Resource: "a.b"}, Made},
		{terraform.Message{Type: "apply_start", Action: "delete", Resource: "a.b"}, Removing},
		{terraform.Message{Type: "apply_complete", Action: "delete", Resource: "a.b"}, Removed},
		{terraform.Message{Type: "apply_complete", Action: "read", Resource: "data.a.b"}, ""},
		{terraform.Message{Type: "apply_progress", Action: "create", Resource: "a.b"}, ""},
	}
	for _, tt := range tests {
		if got, ok := progress(tt.m); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%+v: %q %t, want %q", tt.m, got, ok, tt.want)
		}
	}
}

func TestTTL(t *testing.T) {
	l := TTL{Default: 8 * time.Hour, Max: 72 * time.Hour}
	tests := []struct {
		in   string
		want time.Duration
		ok   bool
	}{{"", 8 * time.Hour, true}, {"30m", 30 * time.Minute, true}, {"72h", 72 * time.Hour, true}, {"73h", 0, false},
		{"1s", 0, false}, {"-8h", 0, false}, {"soon", 0, false}}
	for _, tt := range tests {
		got, problem := l.parse(tt.in)
		if (problem == "") != tt.ok || (tt.ok && got != tt.want) {
			t.Errorf("%q: %s %q", tt.in, got, problem)
		}
	}
}

func TestEntityRef(t *testing.T) {
	if got := entityRef("group:Pay/Team-A", "try").String(); got != "environment:pay/team-a-try" {
		t.Errorf("got %s", got)
	}
}

// Policy judges an extension by the whole life of the environment, as what it
// is: its kind, its owner, its name.
func TestPolicySeesTheWholeLife(t *testing.T) {
	ready := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	e := &Engine{Options: Options{Now: func() time.Time { return ready.Add(100 * time.Hour) }}}
	got, ok := e.extension(Environment{ID: "env_1", Name: "load", Owner: "group:default/ledger-team", Kind: "staging", ReadyAt: ready}, 8*time.Hour).(map[string]any)
	if !ok || got["ttl"] != "108h0m0s" || got["kind"] != "staging" || got["owner"] != "group:default/ledger-team" || got["name"] != "load" || got["environment"] != "env_1" {
		t.Errorf("policy sees %v", got)
	}
}
