package handlers

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// madeFake is what a few runs have made.
type madeFake struct {
	output  string
	made    []scaffold.Artefact
	warned  []string
	secrets []string
}

func (f madeFake) Scaffold(_ context.Context, _ access.Viewer, run string) (scaffold.Scaffold, error) {
	if run != "run_made" {
		return scaffold.Scaffold{}, scaffold.ErrNoScaffold
	}
	return scaffold.Scaffold{Run: run, Repository: "payments-team/refund-api", Output: []byte(f.output)}, nil
}

func (f madeFake) Made(context.Context, access.Viewer, string) ([]scaffold.Artefact, error) {
	return f.made, nil
}

func (f madeFake) RunWarnings(context.Context, access.Viewer, run.ID, int) ([]string, int, error) {
	return f.warned, len(f.warned), nil
}

func (f madeFake) NeedsSecrets(context.Context, run.Run) ([]string, error) { return f.secrets, nil }

func drawMade(t *testing.T, f madeFake, groups []string, r run.Run) string {
	t.Helper()
	r.Owner = "group:default/payments-team"
	h := &Made{Store: f, Engine: f, Actions: action.NewRegistry(action.Ports{Access: createAccess{}})}
	c, err := h.Result(context.Background(), access.Viewer{Actor: action.Actor{ID: "user:default/ada", Groups: groups}}, r)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		return ""
	}
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func expect(t *testing.T, page string, want, not []string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(page, s) {
			t.Errorf("no %q in %s", s, page)
		}
	}
	for _, s := range not {
		if strings.Contains(page, s) {
			t.Errorf("%q in %s", s, page)
		}
	}
}

func TestWhatARunHasMade(t *testing.T) {
	t.Parallel()
	f := madeFake{warned: []string{"`values.missing` is undefined."}, output: `{"remoteUrl":"http://x/git/payments-team/refund-api.git","entityRef":"component:default/refund-api",
		"links":[{"title":"Wiki","url":"https://wiki.example"},{"title":"Bad","url":"javascript:alert(1)"},{"title":"Owner","entityRef":"group:default/payments-team"}],
		"text":[{"title":"Next","content":"**Run** it: <script>alert(1)</script> [x](javascript:alert(2))"}]}`}
	page := drawMade(t, f, nil, run.Run{ID: "run_made", State: run.Succeeded})
	expect(t, page, []string{"/catalog/default/component/refund-api", "/git/payments-team/refund-api", "git clone http://x/git/payments-team/refund-api.git",
		"https://wiki.example", ">Owner<", "<strong>Run</strong> it", "1 warning", "`values.missing` is undefined."}, []string{"javascript:", "<script"})
	for _, r := range []run.Run{{ID: "run_made", State: run.Running}, {ID: "run_other", State: run.Succeeded}} {
		if page := drawMade(t, f, nil, r); page != "" {
			t.Errorf("%s %s draws %s", r.ID, r.State, page)
		}
	}
}

func TestWhatAFailedRunHasLeft(t *testing.T) {
	t.Parallel()
	team := []string{"group:default/payments-team"}
	left := madeFake{made: []scaffold.Artefact{
		{Kind: "repository", Ref: "payments-team/refund-api", URL: "/git/payments-team/refund-api", State: scaffold.ArtefactMade},
		{Kind: "location", Ref: "https://waymark/x", URL: "javascript:alert(1)", State: scaffold.ArtefactBegun}}}
	failed := run.Run{ID: "run_made", State: run.Failed}
	expect(t, drawMade(t, left, team, failed), []string{"payments-team/refund-api", "exists", "may exist", `action="/runs/run_made/clean-up"`}, []string{"javascript:", "Nothing was made", "Try again"})
	expect(t, drawMade(t, left, nil, failed), []string{"may exist"}, []string{"clean-up", "Try again"})
	expect(t, drawMade(t, madeFake{secrets: []string{"token"}}, team, failed), []string{"Nothing was made", `name="secrets.token"`, `type="password"`}, []string{"clean-up"})
	left.made[0].State, left.made[1].State, left.made[1].Note = scaffold.ArtefactRemoved, scaffold.ArtefactKept, "Somebody else has registered it since."
	cancelled := run.Run{ID: "run_made", State: run.Cancelled}
	expect(t, drawMade(t, left, team, cancelled), []string{"removed", "kept", "Somebody else has registered it since."}, []string{"clean-up", "Try again"})
	expect(t, drawMade(t, madeFake{}, team, cancelled), []string{"Nothing was made", "Try again", `action="/runs/run_made/retry"`}, nil)
}
