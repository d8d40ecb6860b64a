// Package keep holds what people keep of the catalog: stars on entities, and
// named views of the list, their own or shared with a group.
package keep

import (
	"context"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// View is the catalog list with a choice that somebody gave a name.
type View struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Owner     string    `json:"owner"` // a person, or the group that shares it
	Query     string    `json:"query"` // of the list's address, such as kind=api&owner=group%3Adefault%2Fpayments
	By        string    `json:"by"`
	ChangedAt time.Time `json:"changedAt"`
}

// URL is where the view is.
func (v View) URL() string {
	if v.Query == "" {
		return "/catalog"
	}
	return "/catalog?" + v.Query
}

// How much one person or group keeps at most.
const (
	MaxViews = 100
	MaxStars = 500
)

// Store is what the actions need of storage.
type Store interface {
	// Entity returns ErrNotFound also for what v may not see.
	Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error)
	// Stars are the references that v starred.
	Stars(ctx context.Context, v access.Viewer) ([]string, error)
	Star(ctx context.Context, t tx.Tx, person, ref string) error
	Unstar(ctx context.Context, t tx.Tx, person, ref string) error
	// SavedView returns ErrNoView for one of a stranger too.
	SavedView(ctx context.Context, v access.Viewer, id string) (View, error)
	// CountViews is how many the owner has beside the one of the name.
	CountViews(ctx context.Context, t tx.Tx, owner, name string) (int, error)
	// SaveView replaces the view of the same owner and name, whose id stays.
	SaveView(ctx context.Context, t tx.Tx, view View) (View, error)
	DeleteView(ctx context.Context, t tx.Tx, id string) error
}

// ErrNoView means that there is no such view, or that it is a stranger's.
var ErrNoView = fault.New(fault.NotFound, "There is no such view.")

// Actions returns star-entity, unstar-entity, save-view and delete-view.
func Actions(s Store) []action.Def {
	return []action.Def{starEntity(s), unstarEntity(s), saveView(s), deleteView(s)}
}
