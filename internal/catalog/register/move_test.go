package register

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

func (f *fakeStore) MoveCatalogSource(_ context.Context, _ tx.Tx, from, to string) error {
	f.moved = append(f.moved, from+" > "+to)
	return nil
}

func TestMoveLocation(t *testing.T) {
	const good, held = "url:https://forge.example/good.yaml", "url:https://forge.example/mine.yaml"
	ada := action.Actor{ID: "user:default/ada", Groups: []string{"group:default/ledger"}}
	for _, c := range []struct {
		name, location, target string
		want                   fault.Kind // Internal: accepted
		owner                  string
	}{
		{"one's own", held, "https://forge.example/good.yaml", fault.Internal, "group:default/ledger"},
		{"of somebody else", "url:https://forge.example/bens.yaml", "https://forge.example/good.yaml", fault.Internal, ""},
		{"to what another source holds", held, "https://forge.example/held.yaml", fault.Conflict, ""},
		{"what the configuration names", "file:/srv", "https://forge.example/good.yaml", fault.Forbidden, ""},
		{"nothing", good, "https://forge.example/good.yaml", fault.NotFound, ""},
		{"an engine's", "engine:environments", "https://forge.example/good.yaml", fault.NotFound, ""},
		{"to where another is", held, "https://forge.example/bens.yaml", fault.Conflict, ""},
		{"to an empty file", held, "https://forge.example/empty.yaml", fault.Invalid, ""},
		{"to nothing", held, "https://forge.example/gone.yaml", fault.Invalid, ""},
		{"to a host that is not read", held, "https://elsewhere.example/a.yaml", fault.Invalid, ""},
		{"to no address", held, "file:/etc/passwd", fault.Invalid, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, e := engine()
			f.sources = []catalog.SourceState{{Location: catalog.Location{ID: held, By: ada.ID}}, {Location: catalog.Location{ID: "engine:environments"}},
				{Location: catalog.Location{ID: "url:https://forge.example/bens.yaml", By: "user:default/ben"}}}
			in, err := json.Marshal(moveInput{Location: c.location, Target: c.target})
			if err != nil {
				t.Fatal(err)
			}
			p, err := MoveLocation(e, f).Prepare(context.Background(), ada, in)
			if c.want != fault.Internal {
				if !fault.Is(err, c.want) {
					t.Errorf("%v, want %s", err, c.want)
				}
				return
			}
			if err != nil || p.Owner != c.owner {
				t.Fatalf("owner %q, %v", p.Owner, err)
			}
			if _, err := p.Execute(context.Background(), nil); err != nil || len(f.moved) != 1 || f.moved[0] != c.location+" > url:"+c.target {
				t.Errorf("moved %v, %v", f.moved, err)
			}
		})
	}
}

// oneEntity is a catalog of one component.
type oneEntity struct{}

func (oneEntity) Entity(_ context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	if ref.String() != "component:default/good" || v.ID == "user:default/stranger" {
		return catalog.Entity{}, catalog.ErrNotFound
	}
	return catalog.Entity{Ref: ref.Canonical(), Spec: map[string]any{"owner": "ledger"}, Source: catalog.Source{ID: "file:/srv"}}, nil
}

func TestDeleteEntity(t *testing.T) {
	_, e := engine()
	for ref, want := range map[string]fault.Kind{"Component:default/good": fault.Internal, "component:default/none": fault.NotFound, "good": fault.Invalid} {
		in, err := json.Marshal(map[string]string{"entity": ref})
		if err != nil {
			t.Fatal(err)
		}
		p, err := DeleteEntity(e, oneEntity{}).Prepare(context.Background(), action.Actor{ID: "user:default/ada"}, in)
		if want != fault.Internal && !fault.Is(err, want) {
			t.Errorf("%s: %v, want %s", ref, err, want)
		}
		if want == fault.Internal && (err != nil || p.Owner != "group:default/ledger" || p.Subject != "component:default/good") {
			t.Errorf("%s: %+v %v", ref, p, err)
		}
		if _, err := DeleteEntity(e, oneEntity{}).Prepare(context.Background(), action.Actor{ID: "user:default/stranger"}, in); err == nil {
			t.Errorf("%s: one who may not see it was told of it", ref)
		}
	}
}
