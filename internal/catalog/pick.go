package catalog

// Pick asks for entities that a form may offer.
type Pick struct {
	// Any holds alternatives, of which one is to hold; none: every entity.
	Any []PickFilter
	// Owners leaves only what these own, Refs only these; nil leaves all.
	Owners, Refs []string
	// Text has words that the name or title has as parts, without regard to case.
	Text  string
	Limit int // 0 asks for the total alone; at most 500
}

// PickFilter is a condition on fields of an entity, dotted paths as the catalog
// API has them; all of them are to hold. Values are compared without regard to
// case.
type PickFilter map[string]PickTerm

// PickTerm is what a field must have: one of the values, or, with Exists, any.
type PickTerm struct {
	Exists bool
	Values []string
}

// Picked answers a Pick: those whose name begins with the text first.
type Picked struct {
	Items []Summary
	Total int
}
