// Package access knows who is asking and what they may see and do: viewers,
// roles as data, sessions, tokens and OpenID Connect.
package access

import (
	"slices"

	"github.com/waymark-portal/waymark/internal/action"
)

// Viewer is who reads. The zero value is nobody and sees nothing that is kept
// for a team.
type Viewer struct {
	action.Actor
	// Reads holds the groups as whose member the viewer reads: direct ones and
	// all their parents.
	Reads []string
	// All is set for platform, admin and auditor: they read everything.
	All bool
	// Email, Team and Zone are for the pages.
	Email string
	Team  string // reference of the first direct group
	Zone  string // IANA zone; empty: the configured default
	// Session is the id of the session row, empty for tokens.
	Session string
}

// MayRead reports whether v may read what is kept for the owning group: run
// logs, plans, state, secrets, outputs, tokens, drafts.
func (v Viewer) MayRead(owner string) bool {
	return v.All || (owner != "" && slices.Contains(v.Reads, owner))
}

// SignedIn reports whether v is somebody.
func (v Viewer) SignedIn() bool { return v.ID != "" }

// System is the portal itself as a viewer, for background work.
func System(name string) Viewer {
	return Viewer{Actor: action.System(name), All: true}
}
