package store_test

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/store/storetest"
)

// host serves one file of each of two repositories.
type host map[string]string

func (h host) Fetch(_ context.Context, target string) (catalog.Snapshot, error) {
	repo, file, _ := strings.Cut(strings.TrimPrefix(target, "https://host/"), "/")
	files := fstest.MapFS{}
	for name, text := range h {
		if rest, ok := strings.CutPrefix(name, repo+"/"); ok {
			files[rest] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return catalog.Snapshot{FS: fs.FS(files), Path: file, Location: func(p string) string { return "url:https://host/" + repo + "/" + p }}, nil
}

// A trusted source that names a repository of a team does not make that team
// an authority on who is who: whoever may push there would be.
func TestTrustEndsWhereTheSourceEnds(t *testing.T) {
	const user = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: %}\nspec: {memberOf: [payments], profile: {email: %@example.com}}\n---\n" +
		"apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: res-%}\nspec: {type: x, owner: payments}\n"
	file := func(name string) string { return strings.ReplaceAll(user, "%", name) }
	s := storetest.SQLite(t)
	const id = "url:https://host/org/all.yaml"
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id, Trusted: true}}})
	e.RegisterFetcher("host", host{
		"org/all.yaml": shop + "---\napiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: all}\n" +
			"spec: {targets: [./beside.yaml, https://host/org/same.yaml, https://host/team/info.yaml]}\n",
		"org/beside.yaml": file("carl"), "org/same.yaml": file("dora"), "team/info.yaml": file("eve"),
	})
	r, err := e.ReadNow(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) != 1 || r.Problems[0].Code != "untrusted" || r.Problems[0].Entity != "user:default/eve" {
		t.Errorf("problems %v, want one: eve is not to be trusted", r.Problems)
	}
	for name, want := range map[string]bool{"carl": true, "dora": true, "eve": false} {
		groups, _, err := s.GroupsOf(context.Background(), "user:default/"+name)
		if err != nil || slices.Contains(groups, "group:default/payments") != want {
			t.Errorf("%s is a member of %v, %v; want of payments: %v", name, groups, err, want)
		}
		if trusted, err := s.TrustedEntity(context.Background(), "resource:default/res-"+name); err != nil || trusted != want {
			t.Errorf("the resource of %s is trusted: %v, %v; want %v", name, trusted, err, want)
		}
	}
}
