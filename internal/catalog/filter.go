package catalog

// Filter chooses entities. Values of one field are alternatives; the fields
// must all hold. All values are canonical: kinds and references in lower case.
type Filter struct {
	Kinds      []string
	Types      []string
	Owners     []string // group or user references
	Lifecycles []string
	Tags       []string
	Systems    []string
	Sources    []string
	Refs       []string // only these; nil means all, an empty list none
	Unowned    bool     // only what has no owner, or one that does not exist
	State      State    // only what is in this state
	Text       string   // part of the name or title, without regard to case
	Sort       string   // name (the zero value too), -name, changed (newest first)
	After      string   // Page.Next of the page before
	Limit      int      // 0 means 25; at most 500
	Facets     bool     // also count the values of each field
}

// State is what can be wrong with who answers for an entity.
type State string

// The states of Filter. The empty one is every state.
const (
	Ownerless State = "ownerless"  // names no owner, though its kind has one
	OwnerGone State = "owner-gone" // names an owner that does not exist
	Orphaned  State = "orphaned"   // its source no longer holds it
)

// States are all that there are.
var States = []State{Ownerless, OwnerGone, Orphaned}

// Summary is an entity as lists show it.
type Summary struct {
	Ref         Ref
	Kind        string // as written
	Title       string // what people call it
	Description string
	Type        string
	Lifecycle   string
	Owner       Ref
	System      Ref
	Tags        []string
}

// Page is one page of entities.
type Page struct {
	Items []Summary
	Total int
	From  int    // place of the first item among all, from 1; 0 when there is none
	Next  string // cursor of the next page, empty on the last
	Prev  string // cursor of the page before, FirstPage for the first one, empty on the first
	// Facets count, under all other conditions, the values of each field:
	// kind, type, owner, lifecycle, tag, system. Most frequent first.
	Facets map[string][]Count
}

// FirstPage is the cursor of the first page.
const FirstPage = "first"

// Count is how often a value occurs.
type Count struct {
	Value string
	N     int
}

// Mark is what is wrong with an entity of a list.
type Mark struct {
	Orphan   bool // its source no longer holds it
	Problems int
}

// Groups are the values of a field among what a filter finds, in order.
type Groups struct {
	Items  []Group
	Total  int // groups in all
	Things int // entities in all
	Next   string
	Prev   string // FirstPage for the first page, empty on it
	Facets map[string][]Count
}

// Group is one value; the empty one stands last.
type Group struct {
	Value string
	N     int
	Items []Summary // the first ones of a group that is asked for
}

// GroupQuery chooses groups.
type GroupQuery struct {
	Filter          // After is the place among groups, Limit how many
	Field  string   // kind, type, owner, lifecycle or system
	Open   []string // values whose entities are wanted
	All    bool     // the entities of every group are wanted
	Rows   int      // entities of a group at most
}

// Exported is an entity as files of the whole list hold it.
type Exported struct {
	Summary
	Source  string
	File    string
	Changed string // time as stored
}

// Tombstone is what is left of a removed entity.
type Tombstone struct {
	Ref     Ref
	Kind    string
	Title   string
	YAML    string // as it was last
	Why     string // a sentence
	Source  string
	Removed string // time as stored
}

// Change is one row of an entity's history.
type Change struct {
	At     string // time as stored
	What   string // added, changed, removed
	Fields []string
	Diff   []FieldChange // of Fields; empty for old changes
	Source string
	File   string
	Commit string
}
