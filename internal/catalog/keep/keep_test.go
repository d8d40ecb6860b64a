package keep

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// shelf knows one entity, and one view of ada's and one of her team's.
type shelf struct {
	stars, starred, unstarred []string
	views                     int
	saved                     View
	deleted                   string
}

func (s *shelf) Entity(_ context.Context, _ access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	if ref.String() == "component:default/ledger" {
		return catalog.Entity{Ref: ref}, nil
	}
	return catalog.Entity{}, catalog.ErrNotFound
}
func (s *shelf) Stars(context.Context, access.Viewer) ([]string, error) { return s.stars, nil }
func (s *shelf) Star(_ context.Context, _ tx.Tx, person, ref string) error {
	s.starred = append(s.starred, person+" "+ref)
	return nil
}
func (s *shelf) Unstar(_ context.Context, _ tx.Tx, person, ref string) error {
	s.unstarred = append(s.unstarred, person+" "+ref)
	return nil
}
func (s *shelf) SavedView(_ context.Context, v access.Viewer, id string) (View, error) {
	switch {
	case id == "view_own" && v.ID == ada.ID:
		return View{ID: id, Name: "Mine", Owner: ada.ID}, nil
	case id == "view_team":
		return View{ID: id, Name: "Ours", Owner: "group:default/payments"}, nil
	}
	return View{}, ErrNoView
}
func (s *shelf) CountViews(context.Context, tx.Tx, string, string) (int, error) { return s.views, nil }
func (s *shelf) SaveView(_ context.Context, _ tx.Tx, v View) (View, error) {
	s.saved = v
	return v, nil
}
func (s *shelf) DeleteView(_ context.Context, _ tx.Tx, id string) error {
	s.deleted = id
	return nil
}

var ada = action.Actor{ID: "user:default/ada", Groups: []string{"group:default/payments"}}

// moment is a transaction of which only the time counts.
type moment struct{ tx.Tx }

func (moment) Now() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }

// do prepares and executes an action and returns what it would be judged by.
func do(s *shelf, name, in string) (p action.Prepared, out action.Output, err error) {
	for _, d := range Actions(s) {
		if d.Name != name {
			continue
		}
		if p, err = d.Prepare(context.Background(), ada, json.RawMessage(in)); err == nil {
			out, err = p.Execute(context.Background(), moment{})
		}
	}
	return p, out, err
}

func TestStars(t *testing.T) {
	full := make([]string, MaxStars)
	for _, c := range []struct {
		name, action, in string
		stars            []string
		want             fault.Kind // Internal: done
	}{
		{"a short reference", "star-entity", `{"ref":"Ledger"}`, nil, fault.Internal},
		{"what is not there", "star-entity", `{"ref":"component:default/nope"}`, nil, fault.NotFound},
		{"no reference", "star-entity", `{"ref":"component:"}`, nil, fault.Invalid},
		{"one too many", "star-entity", `{"ref":"ledger"}`, full, fault.Conflict},
		{"again, when full", "star-entity", `{"ref":"ledger"}`, append([]string{"component:default/ledger"}, full...), fault.Internal},
		{"take away", "unstar-entity", `{"ref":"ledger"}`, nil, fault.Internal},
		{"take away what is gone", "unstar-entity", `{"ref":"nope"}`, nil, fault.Internal},
		{"take away nothing", "unstar-entity", `{"ref":"component:"}`, nil, fault.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &shelf{stars: c.stars}
			_, out, err := do(s, c.action, c.in)
			if fault.KindOf(err) != c.want && !(err == nil && c.want == fault.Internal) {
				t.Fatalf("%v, want %s", err, c.want)
			}
			wrote := append(s.starred, s.unstarred...)
			if (err == nil) != (len(wrote) == 1) {
				t.Fatalf("wrote %v with %v", wrote, err)
			}
			if err == nil && (!strings.HasPrefix(wrote[0], ada.ID+" component:default/") || out.Location == "") {
				t.Errorf("wrote %v, goes to %q", wrote, out.Location)
			}
		})
	}
}

func TestSaveView(t *testing.T) {
	for _, c := range []struct {
		name, in string
		views    int
		want     fault.Kind
		field    string
		query    string
		asks     string // permission on whom
	}{
		{name: "own", in: `{"name":"  Old   APIs ","query":"?kind=api&after=x&lifecycle=deprecated"}`, query: "kind=api&lifecycle=deprecated"},
		{name: "shared", in: `{"name":"Ours","group":"payments"}`, asks: "share-view group:default/payments"},
		{name: "blank name", in: `{"name":"   "}`, want: fault.Invalid, field: "name"},
		{name: "unknown parameter", in: `{"name":"x","query":"colour=red"}`, want: fault.Invalid, field: "query"},
		{name: "no query", in: `{"name":"x","query":"%zz"}`, want: fault.Invalid, field: "query"},
		{name: "shared with a person", in: `{"name":"x","group":"user:default/ben"}`, want: fault.Invalid, field: "group"},
		{name: "too many", in: `{"name":"x"}`, views: MaxViews, want: fault.Conflict},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &shelf{views: c.views}
			p, out, err := do(s, "save-view", c.in)
			if c.want != fault.Internal {
				var f *fault.Error
				if !fault.Is(err, c.want) || s.saved.ID != "" || (c.field != "" && (!errors.As(err, &f) || f.Fields[0].Field != c.field)) {
					t.Fatalf("%v, want %s at %s and nothing written", err, c.want, c.field)
				}
				return
			}
			if err != nil || s.saved.Query != c.query || s.saved.ChangedAt.IsZero() || strings.Contains(s.saved.Name, "  ") {
				t.Errorf("%v, saved %+v", err, s.saved)
			}
			if strings.TrimSpace(p.Permission+" "+p.Owner) != c.asks {
				t.Errorf("asks for %q on %q, want %q", p.Permission, p.Owner, c.asks)
			}
			if out.Location != s.saved.URL() {
				t.Errorf("goes to %q", out.Location)
			}
		})
	}
}

func TestDeleteView(t *testing.T) {
	for _, c := range []struct {
		id, asks string
		want     fault.Kind
	}{{"view_own", "", fault.Internal}, {"view_team", "share-view group:default/payments", fault.Internal}, {"view_ben", "", fault.NotFound}} {
		s := &shelf{}
		p, _, err := do(s, "delete-view", `{"id":"`+c.id+`"}`)
		if c.want != fault.Internal {
			if !fault.Is(err, c.want) || s.deleted != "" {
				t.Errorf("%s: %v, deleted %q; want %s", c.id, err, s.deleted, c.want)
			}
			continue
		}
		if err != nil || s.deleted != c.id || strings.TrimSpace(p.Permission+" "+p.Owner) != c.asks {
			t.Errorf("%s: %v, deleted %q, asks for %q on %q", c.id, err, s.deleted, p.Permission, p.Owner)
		}
	}
}
