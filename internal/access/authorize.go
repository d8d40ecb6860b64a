package access

import (
	"context"
	"slices"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Directory is what access needs of the catalog; trusted sources only.
type Directory interface {
	// UserByEmail finds the User whose spec.profile.email is email; false when
	// there is none.
	UserByEmail(ctx context.Context, email string) (ref string, found bool, err error)
	// GroupsOf lists the groups of which user is a direct member, and those
	// with all their parents; false when there is no such User.
	GroupsOf(ctx context.Context, user string) (direct, all []string, found bool, err error)
	// GroupAncestors lists the groups above group, nearest first; false when
	// there is no such Group.
	GroupAncestors(ctx context.Context, group string) (above []string, found bool, err error)
}

// Authorizer implements action.Access from the role file.
type Authorizer struct {
	Roles     *Roles
	Directory Directory
}

var errForbidden = fault.New(fault.Forbidden, "You may not do this. Nothing was changed.")

// Authorize allows a permission that is held everywhere, for the owner
// itself, or (roles that count below) for a group above the owner. What
// nobody owns, or a group that is gone owns, needs the role everywhere.
func (z *Authorizer) Authorize(ctx context.Context, a action.Actor, permission, owner string) error {
	if a.ID == "" {
		return fault.New(fault.Unauthenticated, "Sign in first.")
	}
	if a.Via == "system" {
		return nil
	}
	var above []string
	asked := false
	for _, g := range a.Grants {
		if !z.Roles.Allows(g.Role, permission) {
			continue
		}
		if g.Group == "" {
			return nil
		}
		if owner == "" {
			continue
		}
		if !asked {
			var known bool
			var err error
			if above, known, err = z.Directory.GroupAncestors(ctx, owner); err != nil {
				return err
			}
			if !known {
				owner = "" // an orphan belongs to platform
				continue
			}
			asked = true
		}
		if g.Group == owner || (z.Roles.Roles[g.Role].Below && slices.Contains(above, g.Group)) {
			return nil
		}
	}
	return refusal(permission, owner)
}

func refusal(permission, owner string) error {
	if owner == "" {
		return errForbidden
	}
	return fault.Newf(fault.Forbidden, "You may not do this for %s. Nothing was changed; ask one of its members or its lead (permission %s).", owner, permission)
}

// Anywhere reports whether v holds permission for anything at all, so that
// pages know whether to offer a form.
func (z *Authorizer) Anywhere(v Viewer, permission string) bool {
	return slices.ContainsFunc(v.Grants, func(g action.Grant) bool { return z.Roles.Allows(g.Role, permission) })
}
