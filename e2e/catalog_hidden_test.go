package e2e

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// hiddenRule hides what carries the tag secret from all but administrators.
const hiddenRule = `
catalog:
  visibility:
    - name: secrets
      reason: not for everybody
      match: {tag: secret}
      visible_to: {roles: [admin]}
`

// hiddenCalls ask for strongroom, or for what names it.
var hiddenCalls = []struct{ method, path, body string }{
	{"GET", "/entities", ""}, {"GET", "/entities?limit=10", ""}, {"GET", "/entities?filter=metadata.tags.secret", ""},
	{"GET", "/entities/by-query", ""}, {"GET", "/entities/by-query?filter=relations.dependencyof%3Dcomponent:default/strongroom", ""},
	{"GET", "/entities/by-query?fullTextFilterTerm=strong&fullTextFilterFields=metadata.name", ""},
	{"POST", "/entities/by-query", `{"query":{"spec.type":{"$hasPrefix":"strongroom"}}}`},
	{"POST", "/entities/by-query", `{"query":{"relations":{"$contains":{"type":"dependencyOf","targetRef":"component:default/strongroom"}}}}`},
	{"POST", "/entities/by-refs", `{"entityRefs":["component:default/strongroom","component:default/till"]}`},
	{"GET", "/entities/by-name/component/default/till", ""}, {"GET", "/entities/by-name/component/default/till/ancestry", ""},
	{"GET", "/entities/by-uid/UID", ""},
	{"GET", "/entity-facets?facet=spec.type&facet=metadata.tags&facet=relations.dependencyof&facet=metadata.name", ""},
	{"POST", "/entity-facets", `{"facets":["metadata.name"],"query":{"metadata.tags":"secret"}}`},
}

// What a visibility rule hides leaves no trace in any answer of the catalog
// API; who may see it finds it in each of them.
func TestTheCatalogAPIHidesWhatIsHidden(t *testing.T) {
	const v = "apiVersion: backstage.io/v1alpha1\n"
	dir := writeFiles(t, t.TempDir(), map[string]string{
		"catalog.yaml": v + "kind: Component\nmetadata: {name: till}\nspec: {type: service, lifecycle: production, owner: payments}\n---\n" +
			v + "kind: Component\nmetadata: {name: strongroom, tags: [secret], annotations: {strongroom.example/door: thick}}\nspec: {type: strongroom-type, lifecycle: production, owner: payments, dependsOn: ['component:till']}\n",
		"waymark.yaml": hiddenRule})
	s := start(t, options{env: []string{"WAYMARK_CONFIG=" + filepath.Join(dir, "waymark.yaml"), "WAYMARK_CATALOG_LOCATIONS=file:" + filepath.Join(dir, "catalog.yaml"),
		"WAYMARK_BOOTSTRAP_TOKEN=" + adminToken, "WAYMARK_STATIC_TOKENS=watcher:viewer:" + hexSum(viewerToken)}})
	waitForEntities(t, s, 7) // with what is shipped
	_, uid := catalogCall(t, s, adminToken, "GET", "/entities/by-name/component/default/strongroom", "")
	_, uid, _ = strings.Cut(uid, `"uid":"`)
	uid = uid[:36]
	for _, c := range hiddenCalls {
		path := strings.ReplaceAll(c.path, "UID", uid)
		status, body := catalogCall(t, s, viewerToken, c.method, path, c.body)
		if strings.Contains(body, "strongroom") {
			t.Errorf("%s %s %s tells a viewer: %d %s", c.method, path, c.body, status, body)
		}
		if _, body = catalogCall(t, s, adminToken, c.method, path, c.body); !strings.Contains(body, "till") && !strings.Contains(body, "strongroom") {
			t.Errorf("%s %s %s tells an administrator nothing: %s", c.method, path, c.body, body)
		}
	}
	for path, want := range map[string]string{"/entities/by-query?limit=0&filter=kind%3Dcomponent": `"totalItems":1`, "/entity-facets?facet=spec.owner&filter=kind%3Dcomponent": `"count":1`} {
		if _, body := catalogCall(t, s, viewerToken, "GET", path, ""); !strings.Contains(body, want) {
			t.Errorf("%s counts for a viewer %s, want %s", path, body, want)
		}
	}
	hiddenIsAbsent(t, s)
	if status, _ := catalogCall(t, s, viewerToken, "DELETE", "/entities/by-uid/"+uid, ""); status != http.StatusNoContent {
		t.Errorf("deleting what is hidden: %d, want 204 as for what is absent", status)
	}
	if status, _ := catalogCall(t, s, adminToken, "GET", "/entities/by-uid/"+uid, ""); status != http.StatusOK {
		t.Errorf("it was deleted by one who may not see it: %d", status)
	}
}

// hiddenIsAbsent sees that what is hidden and what never was are refused with
// the same words.
func hiddenIsAbsent(t *testing.T, s *server) {
	t.Helper()
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/entities/by-name/component/default/NAME", ""}, {"GET", "/entities/by-name/component/default/NAME/ancestry", ""},
		{"GET", "/locations/by-entity/component/default/NAME", ""}, {"POST", "/refresh", `{"entityRef":"component:default/NAME"}`},
	} {
		named := func(name string) (int, string) {
			r := strings.NewReplacer("NAME", name)
			status, body := catalogCall(t, s, viewerToken, c.method, r.Replace(c.path), r.Replace(c.body))
			return status, strings.ReplaceAll(body, name, "NAME")
		}
		hiddenStatus, hidden := named("strongroom")
		absentStatus, absent := named("nothing")
		if hiddenStatus != http.StatusNotFound || absentStatus != hiddenStatus || hidden != absent {
			t.Errorf("%s %s: hidden %d %s\nabsent %d %s", c.method, c.path, hiddenStatus, hidden, absentStatus, absent)
		}
	}
}

// catalogCall calls the catalog API with a token.
func catalogCall(t *testing.T, s *server, token, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/api/catalog"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
