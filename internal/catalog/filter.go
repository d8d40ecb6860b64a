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
	Unowned    bool   // only what has no owner, or one that does not exist
	Text       string // part of the name or title, without regard to case
	Sort       string // name (the zero value too), -name, changed (newest first)
	After      string // Page.Next of the page before
	Limit      int    // 0 means 25; at most 500
	Facets     bool   // also count the values of each field
}

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
