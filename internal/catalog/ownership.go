package catalog

// Ownership says who answers for what.
type Ownership struct {
	Total     int // entities of kinds that have owners
	Owned     int // by a team or person that exists
	Ownerless int
	Gone      int // their owner does not exist
	Orphaned  int // of any kind
	Owners    []OwnerCount
}

// OwnerCount is what one owner has.
type OwnerCount struct {
	Ref      string // canonical
	Gone     bool   // does not exist
	N        int
	Orphaned int
	Kinds    map[string]int // entities by kind
}
