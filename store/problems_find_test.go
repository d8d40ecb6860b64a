package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// ills writes problems of two sources.
func ills(t *testing.T, s *store.Store) {
	t.Helper()
	make := func(source, file string, line int, severity catalog.Severity, code, owner, message string) catalog.Problem {
		return catalog.Problem{ID: fmt.Sprintf("prb_%s_%d", file, line), Severity: severity, Code: code, Source: source, File: file, Document: 1, Line: line,
			Entity: "component:default/" + strings.TrimSuffix(file, ".yaml"), Owner: owner, Message: message}
	}
	const repo, team = "url:https://github.com/example/a/blob/main/**/*.yaml", "group:default/payments"
	for _, p := range []catalog.Problem{
		make("file:/srv", "b.yaml", 10, catalog.Error, "field", team, "spec.owner is missing."),
		make("file:/srv", "b.yaml", 9, catalog.Warning, "field", team, "A 100% odd_name."),
		make("file:/srv", "a.yaml", 2, catalog.Error, "conflict", "", "It is taken."),
		make(repo, "x/a.yaml", 7, catalog.Error, "syntax", "", "Not YAML."),
		make(repo, "x/b.yaml", 3, catalog.Warning, "field", "group:default/risk", "Odd."),
	} {
		mustWrite(t, s, func(ctx context.Context, t tx.Tx) error {
			return s.ReplaceProblems(ctx, t, p.Source, []string{fmt.Sprint(p.File, "#", p.Line)}, []catalog.Problem{p})
		})
	}
}

func shownOf(p catalog.ProblemPage) string {
	var out []string
	for _, x := range p.Items {
		out = append(out, fmt.Sprintf("%s:%d", x.File, x.Line))
	}
	return strings.Join(out, " ")
}

func TestFindProblems(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ills(t, s)
		ctx := context.Background()
		for name, c := range map[string]struct {
			f    catalog.ProblemFilter
			want string
		}{
			"by place":        {catalog.ProblemFilter{}, "a.yaml:2 b.yaml:10 x/a.yaml:7 b.yaml:9 x/b.yaml:3"},
			"of a source":     {catalog.ProblemFilter{Sources: []string{"file:/srv"}}, "a.yaml:2 b.yaml:10 b.yaml:9"},
			"of two teams":    {catalog.ProblemFilter{Owners: []string{"group:default/payments", "group:default/risk"}}, "b.yaml:10 b.yaml:9 x/b.yaml:3"},
			"of no team":      {catalog.ProblemFilter{Owners: []string{""}}, "a.yaml:2 x/a.yaml:7"},
			"errors":          {catalog.ProblemFilter{Severities: []string{"error"}}, "a.yaml:2 b.yaml:10 x/a.yaml:7"},
			"a code":          {catalog.ProblemFilter{Codes: []string{"field"}, Severities: []string{"warning"}}, "b.yaml:9 x/b.yaml:3"},
			"an entity":       {catalog.ProblemFilter{Entities: []string{"component:default/a"}}, "a.yaml:2"},
			"a text":          {catalog.ProblemFilter{Text: " OWNER "}, "b.yaml:10"},
			"a literal sign":  {catalog.ProblemFilter{Text: "100% ODD_"}, "b.yaml:9"},
			"no wild card":    {catalog.ProblemFilter{Text: "spec%missing"}, ""},
			"newest":          {catalog.ProblemFilter{Sort: catalog.Newest}, "x/b.yaml:3 x/a.yaml:7 a.yaml:2 b.yaml:9 b.yaml:10"},
			"oldest":          {catalog.ProblemFilter{Sort: catalog.Oldest}, "b.yaml:10 b.yaml:9 a.yaml:2 x/a.yaml:7 x/b.yaml:3"},
			"a broken cursor": {catalog.ProblemFilter{After: "!", Codes: []string{"syntax"}}, "x/a.yaml:7"},
		} {
			p, err := s.FindProblems(ctx, anyone, c.f)
			if err != nil {
				t.Fatal(err)
			}
			if got := shownOf(p); got != c.want || p.Total != len(p.Items) {
				t.Errorf("%s: %q and %d in all, want %q", name, got, p.Total, c.want)
			}
		}
		p, err := s.FindProblems(ctx, anyone, catalog.ProblemFilter{Sources: []string{"file:/srv"}})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]catalog.Count{
			"source": {{Value: "file:/srv", N: 3}, {Value: "url:https://github.com/example/a/blob/main/**/*.yaml", N: 2}},
			"owner":  {{Value: "group:default/payments", N: 2}, {Value: "", N: 1}}, "severity": {{Value: "error", N: 2}, {Value: "warning", N: 1}},
			"code": {{Value: "field", N: 2}, {Value: "conflict", N: 1}}}
		if diff := cmp.Diff(want, p.Facets); diff != "" {
			t.Errorf("facets (-want +got):\n%s", diff)
		}
		if n, err := s.ProblemCount(ctx, anyone); err != nil || n != 5 {
			t.Errorf("count %d %v", n, err)
		}
		p, _ = s.FindProblems(ctx, anyone, catalog.ProblemFilter{Codes: []string{"syntax"}})
		if p.Items[0].URL != "https://github.com/example/a/blob/main/x/a.yaml#L7" {
			t.Errorf("line at %q", p.Items[0].URL)
		}
	})
}

// Going forward and back shows every problem once, in every order.
func TestProblemPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ills(t, s)
		ctx := context.Background()
		for _, sort := range catalog.ProblemSorts {
			whole, err := s.FindProblems(ctx, anyone, catalog.ProblemFilter{Sort: sort})
			if err != nil {
				t.Fatal(err)
			}
			f := catalog.ProblemFilter{Sort: sort, Limit: 2}
			var pages []string
			var last catalog.ProblemPage
			for range 3 {
				if last, err = s.FindProblems(ctx, anyone, f); err != nil {
					t.Fatal(err)
				}
				pages = append(pages, shownOf(last))
				f.After = last.Next
			}
			if got := strings.Join(pages, " "); got != shownOf(whole) || last.Next != "" {
				t.Errorf("%q forward: %q then %q, want %q", sort, got, last.Next, shownOf(whole))
			}
			for i := 1; i >= 0; i-- {
				f.After = last.Prev
				if last, err = s.FindProblems(ctx, anyone, f); err != nil {
					t.Fatal(err)
				}
				if shownOf(last) != pages[i] || (i == 0) != (last.Prev == "") || last.Next == "" {
					t.Errorf("%q back to page %d: %q, before it %q", sort, i, shownOf(last), last.Prev)
				}
			}
		}
	})
}

// A reference to nothing is a problem until it leads somewhere, and keeps its
// age; one to what was removed becomes one.
func TestCheckReferences(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, true)
		src.write("shop.yaml", shop)
		src.read()
		check := func(want ...string) []catalog.Problem {
			t.Helper()
			for range 2 { // the second time changes nothing
				if err := s.CheckReferences(ctx); err != nil {
					t.Fatal(err)
				}
			}
			p, err := s.FindProblems(ctx, anyone, catalog.ProblemFilter{Codes: []string{"dangling"}})
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(p.Items, func(a, b catalog.Problem) int { return strings.Compare(a.Entity+a.Field, b.Entity+b.Field) })
			var got []string
			for _, x := range p.Items {
				got = append(got, strings.Join([]string{x.Entity, x.Field, x.Target}, " "))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("dangling (-want +got):\n%s", diff)
			}
			return p.Items
		}
		const db, nobody = "component:default/ledger spec.dependsOn resource:default/ledger-db", "component:default/portal spec.owner group:default/nobody"
		found := check(db, nobody)
		if p := found[1]; p.File != "shop.yaml" || p.Document != 6 || p.Line == 0 || p.Owner != "group:default/nobody" || !strings.Contains(p.Fix, "group:default/nobody") {
			t.Errorf("told as %+v", p)
		}
		src.write("shop.yaml", "# one line more\n"+shop)
		src.read()
		again := check(db, nobody)
		if !again[1].Since.Equal(found[1].Since) || again[1].Line != found[1].Line+1 {
			t.Errorf("after a move: line %d since %s, was line %d since %s", again[1].Line, again[1].Since, found[1].Line, found[1].Since)
		}
		src.write("more.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: ledger-db}\nspec: {type: db, owner: payments}\n")
		src.read()
		check(nobody)
		src.remove("more.yaml")
		src.read()
		check(db, nobody)
		src.write("shop.yaml", strings.Replace(shop, "owner: nobody", "owner: payments", 1))
		src.read()
		check(db)
		src.write("shop.yaml", strings.Replace(shop, "metadata: {name: Ledger,", "metadata: {name: Ledger2,", 1))
		src.read()
		check("component:default/ledger2 spec.dependsOn resource:default/ledger-db", "component:default/portal spec.dependsOn component:default/ledger", nobody)
	})
}
