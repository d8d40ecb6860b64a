package e2e

import (
	"strings"
	"testing"
)

// The server finds, orders and counts what Backstage would: the answers to
// many questions, made by chance, are those that follow from the entities as
// Backstage's own code flattens them.
func TestCatalogQueriesAgreeWithBackstage(t *testing.T) {
	needNode(t, "@backstage/catalog-client")
	for _, database := range []string{"SQLite", "PostgreSQL"} {
		t.Run(database, func(t *testing.T) {
			files := clientCatalog(t)
			writeFiles(t, files, map[string]string{"odd.yaml": oddEntities()})
			env := []string{"WAYMARK_BOOTSTRAP_TOKEN=" + adminToken, "WAYMARK_CATALOG_TRUSTED=file:" + files + "/org.yaml",
				"WAYMARK_CATALOG_LOCATIONS=file:" + files + "/org.yaml,file:" + files + "/shop.yaml,file:" + files + "/odd.yaml"}
			if database == "PostgreSQL" {
				env = append(env, "WAYMARK_DATABASE="+postgres(t))
			}
			s := start(t, options{env: env})
			waitForEntities(t, s, 48)
			runNode(t, "catalog_queries.cjs", "WAYMARK_URL="+s.URL, "WAYMARK_TOKEN="+adminToken)
		})
	}
}

// oddEntities have all that makes flattening hard: numbers, nulls, lists in
// lists, letters of all sorts, dots in keys, texts that are too long.
func oddEntities() string {
	const v = "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: "
	long := strings.Repeat("long", 60)
	return v + "{name: Odd.One, namespace: other-place, title: 'Ünïcode ÄÖÜ 漢字', description: 'A, b = c; 100%_sure', labels: {a.b/c.d: E-f_G, empty: ''}, tags: [c++, 'c#', 'a:b']," +
		" annotations: {example.com/Path.With.Dots: 'x.y.z', example.com/comma: 'a,b', example.com/long: " + long + ", example.com/empty: ''}, links: [{url: 'https://x.example/a', title: One}, {url: 'https://y.example/b', title: Two, icon: docs}]}\n" +
		"spec: {type: Service, lifecycle: Production, owner: 'user:ada', nested: {deep: {er: [1, 2.5, true, null, 'Text', ['in', ['more']], {key: Value, list: [A, a, B]}]}, number: 42, negative: -1.5, big: 12345678901234567890, no: false, nothing: null, text: ' spaces '}," +
		" " + long + ": x, 'with space': y, 'a=b': z, same: [Twice, twice, TWICE], empty: [], none: {}}\n" +
		v + "{name: odd.one, namespace: third}\nspec: {type: service, lifecycle: production, owner: payments, nested: {number: '42', deep: text}, same: twice, dependsOn: ['component:other-place/odd.one', 'Component:Default/SVC-00']}\n" +
		v + "{name: Straße, title: ''}\nspec: {}\n" + // refused: what it lacks is a problem, not an entity
		v + "{name: percent, title: '50%', description: 'under_score and back\\slash'}\nspec: {type: service, lifecycle: İstanbul, owner: payments, nested: {text: ß, number: 1e3}}\n"
}
