// Package cost knows what things cost: it reads FOCUS bills, allocates each
// charge to an owner, keeps exact daily roll-ups and says where a month is
// going. Money is decimal; sums are made here, never by SQL.
package cost

import (
	"time"

	"github.com/shopspring/decimal"
)

// Unallocated is the key of what nobody owns.
const Unallocated = "unallocated"

// Measure is which of a bill's amounts is looked at. They are never added to
// each other.
type Measure string

// The measures, as FOCUS defines them.
const (
	Effective Measure = "effective" // amortised: for trends
	Billed    Measure = "billed"    // as invoiced
	List      Measure = "list"      // before any discount
)

// Measures lists them in the order of pages.
var Measures = []Measure{Effective, Billed, List}

// Amounts holds the three measures of the same charges.
type Amounts struct {
	Billed    decimal.Decimal `json:"billed"`
	Effective decimal.Decimal `json:"effective"`
	List      decimal.Decimal `json:"list"`
}

// Add returns a + b.
func (a Amounts) Add(b Amounts) Amounts {
	return Amounts{a.Billed.Add(b.Billed), a.Effective.Add(b.Effective), a.List.Add(b.List)}
}

// Of returns one measure.
func (a Amounts) Of(m Measure) decimal.Decimal {
	switch m {
	case Billed:
		return a.Billed
	case List:
		return a.List
	}
	return a.Effective
}

// Place is where a charge belongs. An empty field is unknown.
type Place struct {
	Team        string // group reference
	Service     string // component reference
	Environment string
	Provider    string
	ServiceName string // the provider's own name of what was bought
	Account     string
}

// Grain is the length of a bucket.
type Grain string

// The grains that are kept.
const (
	Day   Grain = "d" // bucket 2006-01-02
	Month Grain = "m" // bucket 2006-01
)

// Cell is the sum of all charges of one place in one bucket.
type Cell struct {
	Grain  Grain
	Bucket string
	Place  Place
	Rows   int64
	Amounts
}

// Sum is the sum of all charges with one key in one dimension and bucket.
type Sum struct {
	Dimension string
	Grain     Grain
	Bucket    string
	Key       string
	Amounts
}

// The dimensions for which sums are kept.
const (
	DimAll         = "all"
	DimTeam        = "team"
	DimService     = "service"
	DimEnvironment = "environment"
	DimProvider    = "provider"
	DimServiceName = "serviceName"
)

// Dimensions lists them.
var Dimensions = []string{DimAll, DimTeam, DimService, DimEnvironment, DimProvider, DimServiceName}

// Key is p's key in a dimension; what is unknown is Unallocated.
func (p Place) Key(dimension string) string {
	v := ""
	switch dimension {
	case DimAll:
		return ""
	case DimTeam:
		v = p.Team
	case DimService:
		v = p.Service
	case DimEnvironment:
		v = p.Environment
	case DimProvider:
		v = p.Provider
	case DimServiceName:
		v = p.ServiceName
	}
	if v == "" {
		return Unallocated
	}
	return v
}

// Warning is something odd that was accepted, once for all rows that had it.
type Warning struct {
	Row     int    `json:"row"` // the first such row; the header is row 1
	Column  string `json:"column,omitempty"`
	Message string `json:"message"`
	Rows    int    `json:"rows"` // how many had it
}

// Import is one taken-in billing month of one source.
type Import struct {
	ID         string    `json:"id"`
	Source     string    `json:"source"`
	Period     string    `json:"period"` // billing month, 2006-01
	Name       string    `json:"name"`   // of the file
	Hash       string    `json:"hash"`   // sha256 of the file
	Rows       int64     `json:"rows"`
	Currency   string    `json:"currency"`
	HasList    bool      `json:"-"` // the file had list prices
	Amounts    Amounts   `json:"total"`
	Warnings   []Warning `json:"warnings"`
	FirstDay   string    `json:"firstDay"`
	LastDay    string    `json:"lastDay"`
	Actor      string    `json:"by"`
	At         time.Time `json:"at"`
	ReplacedAt time.Time `json:"replacedAt,omitzero"`
}

// Budget is what a team means to spend in a month.
type Budget struct {
	Team     string          `json:"team"`
	Monthly  decimal.Decimal `json:"monthly"`
	Currency string          `json:"currency"`
	Actor    string          `json:"by"`
	At       time.Time       `json:"at"`
}
