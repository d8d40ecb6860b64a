package catalog

import "slices"

// Family is a sort of relation, as people choose what a graph shows.
type Family string

// The families.
const (
	Dependencies Family = "dependencies" // dependsOn and its inverse
	APIs         Family = "apis"         // who consumes and provides APIs
	Parts        Family = "parts"        // systems, domains and subcomponents
	Owners       Family = "owners"
	People       Family = "people" // members and the tree of groups
)

// Families are all of them, in the order in which they are offered.
var Families = []Family{Dependencies, APIs, Parts, Owners, People}

// edgeRule says which end of a stored relation needs the other.
type edgeRule struct {
	family  Family
	forward bool   // the entity that states it needs its target
	word    string // the relation as the needing end would state it
}

var edgeRules = map[string]edgeRule{
	"dependsOn":    {Dependencies, true, "dependsOn"},
	"dependencyOf": {Dependencies, false, "dependsOn"},
	"consumesApi":  {APIs, true, "consumesApi"},
	"providesApi":  {APIs, false, "apiProvidedBy"},
	"partOf":       {Parts, false, "hasPart"},
	"hasPart":      {Parts, true, "hasPart"},
	"ownedBy":      {Owners, true, "ownedBy"},
	"memberOf":     {People, true, "memberOf"},
	"hasMember":    {People, false, "memberOf"},
	"childOf":      {People, true, "childOf"},
	"parentOf":     {People, false, "childOf"},
}

// Edge is one arrow: From needs To.
type Edge struct {
	From, To Ref
	Type     string // as From states it, such as dependsOn
}

// EdgeOf makes an arrow of a stored relation; false for relations that are in
// no family.
func EdgeOf(source Ref, relation string, target Ref) (Edge, bool) {
	rule, ok := edgeRules[relation]
	if !ok {
		return Edge{}, false
	}
	if !rule.forward {
		source, target = target, source
	}
	return Edge{source, target, rule.word}, true
}

// StoredAs returns the relations of some families, as they are stored: those
// that the needing end states, and those that the needed end states.
func StoredAs(families []Family) (byNeeding, byNeeded []string) {
	for relation, rule := range edgeRules {
		switch {
		case !slices.Contains(families, rule.family):
		case rule.forward:
			byNeeding = append(byNeeding, relation)
		default:
			byNeeded = append(byNeeded, relation)
		}
	}
	slices.Sort(byNeeding)
	slices.Sort(byNeeded)
	return byNeeding, byNeeded
}

// GraphQuery chooses a part of the graph around an entity.
type GraphQuery struct {
	Start    Ref
	Depth    int // arrows from the start; 1 to MaxDepth
	Users    bool
	Uses     bool
	Families []Family // none means all
	Kinds    []string // lower case; none means all. The start is always shown.
	Most     int      // nodes; 0 means MaxNodes
}

// Bounds of a graph.
const (
	MaxDepth = 6
	MaxNodes = 120
)

// GraphNode is one box.
type GraphNode struct {
	Summary
	Level   int  // distance from the start; negative for those that use it
	Missing bool // named by a file, but not in the catalog
	More    int  // neighbours further out that have no room
}

// Graph is what surrounds an entity. The first node is the start.
type Graph struct {
	Nodes []GraphNode
	Edges []Edge
	More  int // nodes that had no room; those behind them are not counted
	// Cut is set when an entity has so many neighbours that not all were read.
	Cut bool
}

// ImpactQuery asks what depends on an entity.
type ImpactQuery struct {
	Start Ref
	Hops  int // at most MaxHops; 0 means MaxHops
	Limit int // rows; 0 means MaxImpact
}

// Bounds of an impact.
const (
	MaxHops   = 10
	MaxImpact = 5000
)

// Hit is an entity that depends on the start.
type Hit struct {
	Summary
	Hop int // arrows to the start, on the shortest way
	Via Ref // the next entity on that way
}

// Impact is what depends on an entity or on what it consists of.
type Impact struct {
	Hits    []Hit // by hop, then title
	ByHop   []int // how many at each hop, from 1
	ByOwner []Count
	Cut     bool // there is more than the limit
}
