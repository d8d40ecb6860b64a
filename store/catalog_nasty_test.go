package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// nasty writes catalogs as other people have them: most of it right, some of
// it wrong in every way that has been seen.
type nasty struct{ *rand.Rand }

func (n nasty) one(of ...string) string { return of[n.IntN(len(of))] }

// name is often one that another document has too.
func (n nasty) name() string {
	switch n.IntN(12) {
	case 0:
		return n.one("UPPER", "Mixed.Case", "a--b", "x_y", "0")
	case 1:
		return n.one("-bad", "bad-", "sp ace", "ünïcode", "日本", "a/b", strings.Repeat("n", 64), `""`, "null", "true", "1.5", "2024-01-01", "'💥'", `"\u0000"`)
	}
	return fmt.Sprintf("n%d", n.IntN(400))
}

func (n nasty) kind() string {
	return n.one("Component", "Component", "API", "System", "Resource", "Domain", "component", "Environment", "AiResource", "Gadget9", "User", "Group",
		"Template", "Location", "No Kind", "kind-with-dash", "Policy")
}

// document is one document, good or bad, without a separator in it.
func (n nasty) document() string {
	if n.IntN(5) == 0 {
		return n.broken()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n", n.one("backstage.io/v1alpha1", "backstage.io/v1alpha1", "backstage.io/v1beta1", "v9", "a/b/c"), n.kind(), n.name())
	for range n.IntN(4) {
		b.WriteString(n.one("  description: plain\n", "  title: Über 日本 🎉 \u202etxet\u202c\n", "  tags: [go, Java, a_b]\n", "  tags: null\n", "  labels: {a/b/c: d}\n",
			"  labels: {ok: Value_1}\n", "  annotations: {k: true, n: 1, d: 2024-05-01, z: null}\n", "  namespace: Team-A\n", "  namespace: team-a\n",
			"  links: [{url: 'https://example.com'}, {url: bare}]\n", "  description: |\n    two\n\n    parts\n",
			"  description: "+strings.Repeat("very long ", 1+n.IntN(30_000))+"\n", "  extra: {deep: {er: [1, [2, [3]]]}}\n", "  uid: mine\n"))
	}
	b.WriteString(n.one("spec:\n", "spec:\n", "spec:\n", "relations: []\nspec:\n", "status: {}\nspec:\n"))
	for _, field := range []string{"  type: %s\n", "  lifecycle: %s\n", "  owner: %s\n"} {
		if n.IntN(12) > 0 {
			fmt.Fprintf(&b, field, n.one("x", "team", "group:default/n1", "user:n2", "a:b:c", "''", "[list]", "':'", "team/"))
		}
	}
	for range n.IntN(3) {
		b.WriteString(n.one("  dependsOn: ['component:n1', 'n2']\n", "  dependsOn: text\n", "  memberOf: []\n", "  children: []\n", "  system: n3\n",
			"  definition: {openapi: 3.0.0}\n", "  definition: {$text: ./gone.yaml}\n", "  definition: {$yaml: ../../etc/passwd}\n", "  targets: ['./gone.yaml', '../up.yaml', '/etc/passwd']\n",
			"  steps: [{action: a}]\n", "  providesApis: [n4, n5]\n", "  subcomponentOf: n6\n", "  a: {$text: 1}\n"))
	}
	b.WriteString("  last: 1\n")
	return b.String()
}

// broken is a document that no parser takes, or that is no entity.
func (n nasty) broken() string {
	return n.one("kind: [unclosed\n", "a: b: c\n", "\tkind: Component\n", "just text\n", "- a\n- list\n", "42\n", "kind: Component\nkind: System\nmetadata: {name: twice}\n",
		"a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: &d [*c, *c, *c, *c]\ne: [*d, *d, *d, *d]\n",
		"x: "+strings.Repeat("[", 300)+strings.Repeat("]", 300)+"\n", "kind: Component\nmetadata: {name: \xff\xfe}\n", "metadata: text\nkind: Component\napiVersion: v1\n",
		"kind: Component\nmetadata: {}\n", "apiVersion: v1\nmetadata: {name: x}\n", "? [complex, key]\n: value\n", "!!binary aGVsbG8=\n", "kind: !custom Component\nmetadata: {name: tagged}\n",
		"<<: {kind: Component}\nmetadata: {name: merged}\n", "kind: Component\nmetadata: {name: \"bell\\u0007\"}\n", "\"unclosed\n", "{\"apiVersion\": \"v1\", \"kind\": \"Json\", \"metadata\": {\"name\": \"json\"}}\n",
		"kind: *nothing\n", "apiVersion: v1\nkind: Blob\nmetadata: {name: "+strings.Repeat("z", 5000)+"}\n", "apiVersion: v1\nkind: Gadget\nmetadata: {name: crlf}\r\nspec: {a: 1}\r\n")
}

// file returns the text of a file and how many documents it has. The first one
// is good: a folder also has YAML files that are no catalog's.
func (n nasty) file() (string, int) {
	docs := []string{system(fmt.Sprintf("first-%d", n.IntN(200)), "x")}
	for range 1 + n.IntN(12) {
		docs = append(docs, n.document())
	}
	text := strings.Join(docs, "---\n")
	if n.IntN(10) == 0 {
		text = "\ufeff" + text
	}
	if n.IntN(10) == 0 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	}
	return text, len(docs)
}

// nastySeed is the same in every run, so that a change is judged by what it
// changes; WAYMARK_TEST_SEED looks elsewhere.
func nastySeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("WAYMARK_TEST_SEED")
	if text == "" {
		return 20261120
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// For each document of whatever catalog there is an entity or a problem that
// names it, and for each entity a document, however often the files change.
func TestNothingOfANastyCatalogIsLost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		seed := nastySeed(t)
		t.Logf("seed %d", seed)
		n := nasty{rand.New(rand.NewPCG(seed, 1))}
		sources := []*source{newSource(t, s, false), newSource(t, s, true)}
		docs := []map[string]int{{}, {}}
		for round := range 4 {
			for i, src := range sources {
				for f := range 150 {
					name := fmt.Sprintf("d%d/f%d.yaml", f%7, f)
					if round > 0 && n.IntN(3) > 0 {
						continue
					}
					if round > 0 && docs[i][name] > 0 && n.IntN(4) == 0 {
						src.remove(name)
						delete(docs[i], name)
						continue
					}
					text, count := n.file()
					src.write(name, text)
					docs[i][name] = count
				}
			}
			for range 2 { // what one lets go the other may take
				for _, src := range sources {
					src.read()
				}
			}
			for i, src := range sources {
				accounted(t, s, src, docs[i], fmt.Sprintf("round %d, source %d", round, i))
			}
			if t.Failed() {
				return
			}
		}
	})
}

// accounted checks that each document of a source is an entity or a problem.
func accounted(t *testing.T, s *store.Store, src *source, docs map[string]int, when string) {
	t.Helper()
	ctx := context.Background()
	var held []catalog.Held
	err := s.Write(ctx, func(t tx.Tx) (err error) {
		held, err = s.HeldFiles(ctx, t, src.id, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	known, blurred := map[string]bool{}, map[string]bool{}
	rows, err := s.WriteDB().QueryContext(ctx, `SELECT file, document, entity FROM catalog_problems WHERE severity = 'error' AND source = '`+src.id+`'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var file, entity string
		var document int
		if err := rows.Scan(&file, &document, &entity); err != nil {
			t.Fatal(err)
		}
		known[fmt.Sprint(file, "#", document)] = true
		blurred[file+" "+entity] = true
	}
	for _, h := range held {
		known[fmt.Sprint(h.File, "#", h.Document)] = true
		// While a document of a file cannot be told, nothing of it is dropped.
		if h.Document > docs[h.File] && !h.Orphan && !blurred[h.File+" "] && !blurred[h.File+" "+h.Ref] {
			t.Errorf("%s: %s is said to stand in %s, document %d, which is not there", when, h.Ref, h.File, h.Document)
		}
	}
	lost := 0
	for file, n := range docs {
		for d := 1; d <= n; d++ {
			if !known[fmt.Sprint(file, "#", d)] {
				if lost++; lost < 4 {
					t.Errorf("%s: document %d of %d of %s is neither an entity nor a problem", when, d, n, file)
				}
			}
		}
	}
	if lost > 0 {
		t.Errorf("%s: %d documents are lost", when, lost)
	}
}
