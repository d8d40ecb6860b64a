package scaffold

import (
	"context"
	"io/fs"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// mayRegister refuses a location of the embedded forge that is not the
// requester's to register: one in another team's repository, or one whose
// entities would belong to somebody else. What other hosts hold is judged by
// the catalog's own rules of trust.
func (c *call) mayRegister(ctx context.Context, target string) error {
	t, err := forge.ParseTarget(target)
	if err != nil {
		return nil //nolint:nilerr // it is elsewhere
	}
	r, err := c.engine.o.Store.Repository(ctx, t.Owner, t.Name)
	if err != nil {
		return err
	}
	if r.Run != c.run && r.Team != c.order.Team {
		return fault.Newf(fault.Forbidden, "The repository %s belongs to %s, so a run of %s registers nothing of it.", r.Slug(), r.Team, c.order.Team)
	}
	files, err := c.engine.o.Forge.FS(ctx, t.Owner, t.Name, t.Ref)
	if err != nil {
		return err
	}
	if !fs.ValidPath(t.Path) {
		return fault.Newf(fault.Invalid, "%s leads out of its repository.", target)
	}
	b, err := fs.ReadFile(files, t.Path)
	if err != nil {
		return fault.Newf(fault.NotFound, "The repository %s has no file %s, so nothing was registered.", r.Slug(), t.Path).Because(err)
	}
	for _, n := range decodeEntities(b) {
		if err := c.order.mayOwn(n); err != nil {
			return err
		}
	}
	return nil
}

// mayOwn refuses an entity that would belong to another team or person.
func (o Order) mayOwn(n catalog.Entity) error {
	owner := n.Owner()
	switch {
	case owner.IsZero(), owner.Kind == "group" && owner.String() == o.Team, owner.Kind == "user" && owner.String() == o.By:
		return nil
	case owner.Kind != "group" && owner.Kind != "user":
		return nil // the catalog says what is wrong with such an owner
	}
	return fault.Newf(fault.Forbidden, "%s would be owned by %s, but it is made by %s for %s.", n.Ref, owner, o.By, o.Team)
}
