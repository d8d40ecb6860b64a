package durable_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/store/storetest"
)

const head = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: makes, title: Makes}
spec:
  type: service
  parameters: {properties: {name: {type: string}, list: {type: array}, map: {type: object}, token: {type: string}}}
  steps:
`

// withSteps is a portal whose template has these steps.
func withSteps(t *testing.T, steps string) *portal {
	t.Helper()
	p := newPortal(t, storetest.SQLite(t), setup{files: fstest.MapFS{"makes/template.yaml": {Data: []byte(head + steps)},
		"makes/many/${{ values.n }}.txt": {Data: []byte("${{ values.n }}")}}})
	p.begin()
	return p
}

func (p *portal) orderWith(values map[string]any, secrets map[string]string) (run.ID, error) {
	if values == nil {
		values = map[string]any{}
	}
	in := map[string]any{"template": "template:default/makes", "values": values}
	if secrets != nil {
		in["secrets"] = secrets
	}
	return p.do(person, scaffold.ActionName, in)
}

// fails is a step that fails, but not when it is tried dry.
const fails = `    - {id: fails, action: catalog:register, input: {catalogInfoUrl: "https://waymark/no/body/blob/main/x.yaml"}}
`

func stepStates(r run.Run) string {
	var out []string
	for _, s := range r.Steps {
		word := s.ID + " " + string(s.State)
		if s.Note != "" {
			word += " (" + s.Note + ")"
		}
		out = append(out, word)
	}
	return strings.Join(out, ", ")
}

func TestSteps(t *testing.T) {
	say := func(id, more string) string {
		return "    - {id: " + id + ", action: debug:log, input: {message: said-" + id + "}, " + more + "}\n"
	}
	tests := []struct {
		name, steps string
		values      map[string]any
		want        run.State
		states      string
		log, not    []string
	}{
		{"conditions", say("a", `if: "${{ parameters.name == 'x' }}"`) + say("b", `if: "${{ parameters.name == 'y' }}"`) + say("c", `if: false`) + say("d", `if: "false"`) + say("e", `if: "${{ parameters.none }}"`),
			map[string]any{"name": "x"}, run.Succeeded,
			"a succeeded, b skipped (its condition does not hold), c skipped (its condition does not hold), d succeeded, e skipped (its condition does not hold), waymark-finish succeeded",
			[]string{"said-a", "said-d"}, []string{"said-b", "said-c", "said-e"}},
		{"each with a condition for each item", `    - {id: a, action: debug:log, each: "${{ parameters.list }}", if: "${{ each.value != 'y' }}", input: {message: "is ${{ each.key }} ${{ each.value }}"}}` + "\n",
			map[string]any{"list": []any{"x", "y", "z"}}, run.Succeeded, "a succeeded (2 of 3 items), waymark-finish succeeded",
			[]string{"is 0 x", "is 2 z", "Item 2 of 3 (1) is left out"}, []string{"is 1 y"}},
		{"each over an object and over nothing", `    - {id: a, action: debug:log, each: "${{ parameters.map }}", input: {message: "is ${{ each.key }} ${{ each.value.n }}"}}
    - {id: b, action: debug:log, each: "${{ parameters.list }}", input: {message: never}}` + "\n",
			map[string]any{"map": map[string]any{"k": map[string]any{"n": 7}}, "list": []any{}}, run.Succeeded,
			"a succeeded (1 of 1 items), b skipped (there is nothing to do it for), waymark-finish succeeded", []string{"is k 7"}, nil},
		{"after a failure", fails + say("plain", "name: plain") + say("held", `if: "${{ parameters.name == 'x' }}"`) + say("always", `if: "${{ always() }}"`) + say("failure", `if: "${{ failure() }}"`) +
			say("both", `if: "${{ failure() and parameters.name == 'y' }}"`) + `    - {id: each, action: debug:log, each: [1, 2], if: "${{ failure() and each.value == 2 }}", input: {message: "tidied ${{ each.value }}"}}` + "\n",
			map[string]any{"name": "x"}, run.Failed,
			"fails failed, plain skipped (an earlier step failed), held skipped (an earlier step failed), always succeeded, failure succeeded, " +
				"both skipped (its condition does not hold), each succeeded (1 of 2 items), waymark-finish skipped (an earlier step failed)",
			[]string{"said-always", "said-failure", "tidied 2"}, []string{"said-plain", "said-held", "tidied 1"}},
		{"without a failure", say("always", `if: "${{ always() }}"`) + say("failure", `if: "${{ failure() }}"`), nil, run.Succeeded,
			"always succeeded, failure skipped (its condition does not hold), waymark-finish succeeded", nil, []string{"said-failure"}},
		{"what happens after a failure may fail too", fails + strings.Replace(fails, "id: fails,", `id: more, if: "${{ failure() }}",`, 1) + say("last", `if: "${{ always() }}"`), nil, run.Failed,
			"fails failed, more failed, last succeeded, waymark-finish skipped (an earlier step failed)", []string{"said-last"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := withSteps(t, tt.steps)
			id, err := p.orderWith(tt.values, nil)
			if err != nil {
				t.Fatal(err)
			}
			r := p.ends(id, tt.want)
			if got := stepStates(r); got != tt.states {
				t.Errorf("steps\n%s, want\n%s", got, tt.states)
			}
			log := p.log(id)
			for _, s := range tt.log {
				if !strings.Contains(log, s) {
					t.Errorf("no %q in\n%s", s, log)
				}
			}
			for _, s := range tt.not {
				if strings.Contains(log, s) {
					t.Errorf("%q in\n%s", s, log)
				}
			}
		})
	}
}

func TestOutput(t *testing.T) {
	p := withSteps(t, `    - {id: a, action: debug:log, input: {message: x}}
  output:
    links:
      - {title: yes, url: "https://x/${{ parameters.name }}", if: "${{ parameters.name == 'n' }}"}
      - {title: no, url: "https://x", if: "${{ parameters.none }}"}
      - {title: never, url: "https://x", if: false}
    text:
      - {title: secret, content: "${{ secrets.token }}${{ parameters.name }}"}
    free: ["${{ parameters.name }}"]
`)
	id, err := p.orderWith(map[string]any{"name": "n"}, map[string]string{"token": "a-token-that-is-kept"})
	if err != nil {
		t.Fatal(err)
	}
	p.ends(id, run.Succeeded)
	s, err := p.store.Scaffold(t.Context(), access.System("test"), string(id))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(s.Output, &got); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"free":["n"],"links":[{"title":"yes","url":"https://x/n"}],"text":[{"content":"n","title":"secret"}]}`; string(b) != want {
		t.Errorf("output %s, want %s", b, want)
	}
}

// A template that asks for too much ends with a sentence, before anything is
// made, and soon.
func TestHostileTemplates(t *testing.T) {
	big := strings.Repeat("x", 1000)
	for name, tt := range map[string]struct{ steps, want string }{
		"millions of items":    {`    - {id: a, action: debug:log, each: "${{ range(100000000) }}", input: {message: x}}`, ""},
		"more than a thousand": {`    - {id: a, action: debug:log, each: "${{ range(1001) }}", input: {message: x}}`, "at most 1000 items"},
		"nested loops":         {`    - {id: a, action: debug:log, input: {message: "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}${{ c }}{% endfor %}{% endfor %}{% endfor %}"}}`, "-"},
		"doubling text":        {`    - {id: a, action: debug:log, input: {message: "{% set s = 'xxxxxxxx' %}{% for i in range(60) %}{% set s = s ~ s %}{% endfor %}${{ s }}"}}`, "-"},
		"many files":           {`    - {id: a, action: fetch:template, each: "${{ range(900) }}", input: {url: ./many, targetPath: "t${{ each.value }}/a/b", values: {n: "` + big + `"}}}`, ""},
		"endless log":          {`    - {id: a, action: debug:log, each: "${{ range(30) }}", input: {message: "${{ range(300) | join('` + strings.Repeat("-", 8000) + `\n') }}"}}`, "-"},
		"many repositories":    {`    - {id: w, action: catalog:write, input: {entity: {apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: n}, spec: {type: service, lifecycle: x, owner: payments-team}}}}` + "\n" + `    - {id: a, action: publish:git, each: "${{ range(30) }}", input: {repoUrl: "waymark?owner=payments-team&repo=r${{ each.value }}"}}`, "at most 20"},
		"a path out":           {`    - {id: a, action: fetch:plain, input: {url: ../../.., targetPath: x}}`, "leads out"},
		"a target out":         {`    - {id: a, action: fetch:template, input: {url: ./many, targetPath: ../../x, values: {n: y}}}`, "leaves the workspace"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := withSteps(t, tt.steps+"\n")
			id, err := p.orderWith(nil, nil)
			if err == nil && tt.want == "-" { // it may run: what cannot be rendered is left as it is, and a log is cut
				if r := until(p, id, func(r run.Run) bool { return r.State.Over() }); r.State != run.Succeeded && r.Error == "" {
					t.Errorf("run is %s without a reason", r.State)
				}
				var size int64
				if err := p.store.WriteDB().QueryRow(`SELECT COALESCE(SUM(LENGTH(text)), 0) FROM run_lines WHERE run_id = $1`, string(id)).Scan(&size); err != nil || size > 70<<20 || !strings.Contains(p.log(id), "warn: ") {
					t.Errorf("a log of %d bytes, %v", size, err)
				}
				return
			}
			var f *fault.Error
			if err == nil || !errors.As(err, &f) || f.Kind == fault.Internal {
				t.Fatalf("order: %v", err)
			}
			if !strings.Contains(f.Public, tt.want) {
				t.Errorf("refused with %q, want %q", f.Public, tt.want)
			}
		})
	}
}

// Secrets are sealed beside the order, wiped when no step needs them any more,
// and asked for again by a retry that does.
func TestSecretsAreWiped(t *testing.T) {
	const token = "the-token-of-a-person"
	uses := `    - {id: uses, action: debug:log, input: {message: "with ${{ secrets.token }}"}}
`
	kept := func(p *portal, id run.ID) bool {
		b, err := p.store.Note(t.Context(), id, scaffold.SecretsKey)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), token) {
			t.Error("the secret is kept unsealed")
		}
		return len(b) > 0
	}
	ordered := func(t *testing.T, steps string) (*portal, run.ID) {
		t.Helper()
		p := withSteps(t, steps)
		id, err := p.orderWith(nil, map[string]string{"token": token})
		if err != nil {
			t.Fatal(err)
		}
		return p, id
	}
	t.Run("at the end", func(t *testing.T) {
		p, id := ordered(t, uses)
		p.ends(id, run.Succeeded)
		if kept(p, id) || strings.Contains(p.log(id), token) {
			t.Errorf("the secret is kept, or in the log:\n%s", p.log(id))
		}
	})
	t.Run("after the last step that needs it", func(t *testing.T) {
		p, id := ordered(t, uses+fails)
		p.ends(id, run.Failed)
		if kept(p, id) {
			t.Error("the secret is kept although no step needs it")
		}
		if _, err := p.do(person, "retry-run", map[string]any{"run": id}); err != nil {
			t.Errorf("a retry that needs no secret: %v", err)
		}
	})
	t.Run("asked for again", func(t *testing.T) {
		p, id := ordered(t, fails+uses)
		r := p.ends(id, run.Failed)
		if !kept(p, id) {
			t.Error("the secret is gone although a retry needs it")
		}
		if _, err := p.store.WriteDB().Exec(`UPDATE runs SET finished_at = '2026-01-01T00:00:00.000000Z' WHERE id = $1`, string(id)); err != nil {
			t.Fatal(err)
		}
		p.forget()
		if kept(p, id) {
			t.Error("the secret is still there after a day")
		}
		if names, err := p.engine.NeedsSecrets(t.Context(), r); err != nil || len(names) != 1 || names[0] != "token" {
			t.Errorf("needs %v, %v", names, err)
		}
		if _, err := p.do(person, "retry-run", map[string]any{"run": id}); !fault.Is(err, fault.Invalid) || !strings.Contains(fields(err), "secrets.token") {
			t.Errorf("retry without it: %v", err)
		}
		if _, err := p.do(person, "retry-run", map[string]any{"run": id, "secrets": map[string]string{"other": "x"}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("retry with another one: %v", err)
		}
		if _, err := p.do(person, "retry-run", map[string]any{"run": id, "secrets": map[string]string{"token": token}}); err != nil || !kept(p, id) {
			t.Errorf("retry with it: %v", err)
		}
		p.ends(id, run.Failed)
	})
}

// A secret never gets into a commit.
func TestSecretsAreNotPublished(t *testing.T) {
	p := withSteps(t, `    - {id: a, action: fetch:template, input: {url: ./many, values: {n: "${{ secrets.token }}"}}}
    - {id: b, action: publish:git, input: {repoUrl: "waymark?owner=payments-team&repo=leaky"}}
`)
	_, err := p.orderWith(nil, map[string]string{"token": "the-token-of-a-person"})
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), `holds the secret "token"`) || strings.Contains(err.Error(), "the-token") {
		t.Errorf("order: %v", err)
	}
}

// What a run registers must belong to who asked.
func TestRegisterOnlyWhatIsOnesOwn(t *testing.T) {
	entity := func(owner string) string {
		return `    - {id: w, action: catalog:write, input: {filePath: deep/other.yaml, entity: {apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: n}, spec: {type: service, lifecycle: x, owner: "` + owner + `"}}}}
    - {id: p, action: publish:git, input: {repoUrl: "waymark?owner=payments-team&repo=own"}}
    - {id: r, action: catalog:register, input: {repoContentsUrl: "${{ steps.p.output.repoContentsUrl }}", catalogInfoPath: deep/other.yaml}}
`
	}
	for owner, want := range map[string]run.State{"payments-team": run.Succeeded, "user:ada": run.Succeeded, "risk-team": run.Failed, "user:ben": run.Failed} {
		p := withSteps(t, entity(owner))
		id, err := p.orderWith(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := p.ends(id, want)
		if want == run.Failed && (!strings.Contains(r.Error, "would be owned by") || !strings.HasSuffix(p.made(id), "repository made")) {
			t.Errorf("%s: error %q, made %s", owner, r.Error, p.made(id))
		}
	}
}

// Steps that are not for everybody are left out, which the log says.
func TestStepsThatAreNotForEverybody(t *testing.T) {
	steps := `    - {id: a, name: Plain, action: debug:log, input: {message: plain}}
    - {id: b, name: Guarded, action: debug:log, input: {message: guarded}, "backstage:permissions": {tags: [open, closed]}}
    - {id: c, name: Open, action: debug:log, input: {message: opened}, "backstage:permissions": {tags: [open]}}
`
	p := newPortal(t, storetest.SQLite(t), setup{files: fstest.MapFS{"makes/template.yaml": {Data: []byte(head + steps)}},
		permitted: func(tag string) bool { return tag == "open" }})
	p.begin()
	id, err := p.orderWith(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := p.ends(id, run.Succeeded)
	if got := stepStates(r); got != "a succeeded, c succeeded, waymark-finish succeeded" {
		t.Errorf("steps %s", got)
	}
	if log := p.log(id); !strings.Contains(log, "warn: Left out, since these steps are not for everybody: Guarded") {
		t.Errorf("log\n%s", log)
	}
}
