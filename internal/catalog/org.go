package catalog

// Org is a group's place among others.
type Org struct {
	Above   []Summary // from the topmost group to the parent
	Below   []OrgGroup
	Members []OrgMember // direct ones first, then by title
	Cut     bool        // there is more than the bounds
}

// OrgGroup is a group below another.
type OrgGroup struct {
	Summary
	Parent Ref
	Depth  int // from 1
	Direct int // members of its own
}

// OrgMember is a person in a group or in one below it.
type OrgMember struct {
	Summary
	Missing bool // named by a group, but not in the catalog
	Direct  bool
	Of      Ref // the group nearest to the one that was asked about
}

// Bounds of an Org.
const (
	MaxOrgGroups  = 300
	MaxOrgMembers = 1000
)
