package register

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// A source of which somebody may see nothing is to that person as one that
// does not exist, whether the configuration names it or somebody registered it.
func TestAHiddenSourceIsNotThere(t *testing.T) {
	const configured, registered, absent = "file:/srv/hidden", "url:https://forge.example/hidden.yaml", "url:https://forge.example/absent.yaml"
	s := &fakeStore{sources: []catalog.SourceState{{Location: catalog.Location{ID: configured}}, {Location: catalog.Location{ID: registered, By: "user:default/hal"}}}}
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: configured}}})
	for _, d := range []action.Def{refreshSource(e, s, &noRuns{}), unregisterLocation(e, s)} {
		for _, source := range []string{configured, registered, absent} {
			in, err := json.Marshal(map[string]string{"source": source})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Prepare(context.Background(), action.Actor{ID: "user:default/ada"}, in); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s of %s: %v, want not found", d.Name, source, err)
			}
		}
	}
}
