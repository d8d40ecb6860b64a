package sample

import (
	"fmt"
	"sort"
	"time"
)

// Commit is one change that a deployment brings.
type Commit struct {
	ID          string    `json:"id"`
	CommittedAt time.Time `json:"committedAt"`
	Message     string    `json:"message,omitempty"`
}

// Deployment is one attempt to bring a service to production.
type Deployment struct {
	ID         string
	Number     int // unique within the service
	Service    string
	Version    string
	Started    time.Time
	Finished   time.Time
	Result     string // success or failure
	Kind       string // planned, rework or rollback
	RollsBack  string // id of the deployment that is taken back
	RollsBackN int    // its number
	Fixes      string // incident that it mends
	Actor      string
	Commits    []Commit
}

// Incident is something that broke in production.
type Incident struct {
	ID       string
	Service  string
	Severity string
	Title    string
	Started  time.Time
	Resolved time.Time // zero: still open
	CausedBy string    // deployment, as the portal knows it; empty: nobody has said
}

// History is what happened in production.
type History struct {
	Deployments []Deployment
	Incidents   []Incident
}

// habit is how a team delivers one service.
type habit struct {
	service string
	perDay  float64       // deployments on a working day
	lead    time.Duration // from commit to production, median
	fails   float64       // share of deployments that break something
	mend    time.Duration // until it is mended, median
	people  []string
	major   int
}

var (
	payments  = []string{"ada", "ben", "chen", "dalia", "marek", "ruth"}
	ledger    = []string{"tomas", "yuki", "oren", "lea", "idris"}
	risk      = []string{"priya", "luca", "noor", "sami", "carla"}
	merchants = []string{"sofia", "jonas", "amara", "piotr", "otto"}
	platform  = []string{"grace", "mateo", "hanna", "viktor"}
	data      = []string{"felix", "zara", "nils"}
)

// habits are the services that are deployed; the teams differ on purpose.
var habits = []habit{
	{"payment-api", 1.5, 5 * time.Hour, .06, 35 * time.Minute, payments, 2},
	{"checkout-ui", 1.1, 4 * time.Hour, .07, 25 * time.Minute, payments, 5},
	{"card-vault", .35, 9 * time.Hour, .03, 30 * time.Minute, payments, 1},
	{"payout-worker", .3, 8 * time.Hour, .06, 45 * time.Minute, payments, 3},
	{"invoice-pdf", .05, 30 * time.Hour, .05, 2 * time.Hour, payments, 0},
	{"ledger", .45, 21 * time.Hour, .03, 50 * time.Minute, ledger, 4},
	{"settlement-engine", .25, 26 * time.Hour, .04, 65 * time.Minute, ledger, 2},
	{"fx-rates", .1, 30 * time.Hour, .04, 40 * time.Minute, ledger, 1},
	{"fraud-scorer", .3, 76 * time.Hour, .15, 3 * time.Hour, risk, 3},
	{"merchant-portal", .8, 12 * time.Hour, .11, 80 * time.Minute, merchants, 6},
	{"merchant-api", .6, 14 * time.Hour, .1, 95 * time.Minute, merchants, 3},
	{"notification-worker", .2, 20 * time.Hour, .08, 2 * time.Hour, merchants, 1},
	{"api-gateway", .3, 9 * time.Hour, .06, 40 * time.Minute, platform, 2},
	{"event-collector", .12, 140 * time.Hour, .2, 9 * time.Hour, data, 1},
}

var changes = []string{"Retry when the bank answers 503", "Show the decline reason", "Cache exchange rates for a minute",
	"Log the request id", "Validate the currency earlier", "Split the handler", "Update dependencies", "Add a metric for queue age",
	"Fix the rounding of refunds", "Drop an unused column", "Make the timeout a setting", "Use the service kit's health check",
	"Translate the receipt", "Speed up the merchant search", "Close idle connections", "Test the outbox under load",
	"Write the outbox in batches", "Rename a confusing flag", "Handle an empty cart", "Read the limit from configuration"}

var troubles = []string{"answers 502", "is slow", "refuses valid cards", "sends events twice", "loses its connection to the database",
	"shows an empty page", "runs out of memory", "rejects requests without a reference"}

// months is how far back the history goes.
const months = 6

// Deliveries makes half a year of history up to now.
func Deliveries(now time.Time) History {
	h := &historian{now: now, first: midnight(now).AddDate(0, -months, 0)}
	for i, b := range habits {
		h.dice = newDice(1000 + uint64(i))
		h.service(b)
	}
	h.outages()
	out := h.out
	sort.Slice(out.Deployments, func(i, j int) bool {
		return out.Deployments[i].Finished.Before(out.Deployments[j].Finished)
	})
	sort.Slice(out.Incidents, func(i, j int) bool { return out.Incidents[i].Started.Before(out.Incidents[j].Started) })
	return out
}

type historian struct {
	dice
	now, first time.Time
	out        History
	number     int
	minor      int
	incidents  int
}

func (h *historian) service(b habit) {
	h.number, h.minor = 400, 10
	for day := h.first; !day.After(h.now); day = day.AddDate(0, 0, 1) {
		if isWeekend(day) || (day.Month() == time.December && day.Day() >= 23) {
			continue
		}
		rate := b.perDay
		if day.Weekday() == time.Friday {
			rate *= .6
		}
		for ; rate > 0; rate-- {
			if h.hits(min(1, rate)) {
				at := day.Add(8*time.Hour + time.Duration(h.IntN(9*3600))*time.Second)
				h.deploy(b, at)
			}
		}
	}
}

// deploy is one planned deployment and what follows from it.
func (h *historian) deploy(b habit, at time.Time) {
	if at.After(h.now.Add(-10 * time.Minute)) {
		return
	}
	d := h.deployment(b, at)
	for range 1 + h.IntN(4) {
		d.Commits = append(d.Commits, Commit{h.sha(), at.Add(-h.skewed(b.lead, .7)), pick(h.dice, changes)})
	}
	if h.hits(.03) {
		d.Result = "failure" // it never reached production
		h.add(d)
		return
	}
	h.add(d)
	if h.hits(b.fails) {
		h.breaks(b, d)
	}
}

// breaks is a deployment that did harm: an incident or just a rollback.
func (h *historian) breaks(b habit, d Deployment) {
	noticed := d.Finished.Add(time.Duration(3+h.IntN(20)) * time.Minute)
	mended := noticed.Add(h.skewed(b.mend, .5))
	if mended.After(h.now.Add(-5 * time.Minute)) {
		return
	}
	fix := h.deployment(b, mended.Add(-2*time.Minute))
	fix.Finished = mended.Add(-time.Minute)
	if h.hits(.35) {
		fix.Kind, fix.RollsBack, fix.RollsBackN = "rollback", d.ID, d.Number
		h.add(fix)
		return
	}
	i := Incident{ID: h.incidentID(mended), Service: b.service, Severity: pick(h.dice, []string{"high", "medium", "medium", "low"}),
		Title: b.service + " " + pick(h.dice, troubles), Started: noticed, Resolved: mended}
	if h.hits(.6) {
		i.CausedBy = reportedID(d.Service, d.ID, d.Number)
	}
	h.out.Incidents = append(h.out.Incidents, i)
	if h.hits(.2) {
		return // a switch was turned off; nothing had to be deployed
	}
	if h.hits(.5) {
		fix.Kind, fix.RollsBack, fix.RollsBackN = "rollback", d.ID, d.Number
	} else {
		fix.Kind, fix.Fixes = "rework", i.ID
		fix.Commits = []Commit{{h.sha(), noticed.Add(5 * time.Minute), "Mend: " + i.Title}}
		if fix.Commits[0].CommittedAt.After(fix.Finished) {
			fix.Commits[0].CommittedAt = fix.Finished.Add(-3 * time.Minute)
		}
	}
	h.add(fix)
}

func (h *historian) deployment(b habit, finished time.Time) Deployment {
	h.number++
	h.minor++
	return Deployment{ID: fmt.Sprintf("%s-%d", b.service, h.number), Number: h.number, Service: b.service,
		Version: fmt.Sprintf("%d.%d.0", b.major, h.minor), Started: finished.Add(-h.skewed(6*time.Minute, .3)), Finished: finished,
		Result: "success", Kind: "planned", Actor: pick(h.dice, b.people)}
}

func (h *historian) add(d Deployment) { h.out.Deployments = append(h.out.Deployments, d) }

// outages are incidents that no deployment caused, the last of them open.
func (h *historian) outages() {
	h.dice = newDice(7)
	for i, title := range []string{"A bank does not answer", "The provider's network is slow", "A certificate ran out"} {
		at := h.first.AddDate(0, 0, 20+45*i).Add(14 * time.Hour)
		h.out.Incidents = append(h.out.Incidents, Incident{ID: h.incidentID(at), Service: "fx-rates", Severity: "medium",
			Title: title, Started: at, Resolved: at.Add(h.skewed(70*time.Minute, .4))})
	}
	at := h.now.Add(-3 * time.Hour).Truncate(time.Minute)
	h.out.Incidents = append(h.out.Incidents, Incident{ID: h.incidentID(at), Service: "insights-dashboard", Severity: "low",
		Title: "Figures are a day old", Started: at})
}

func (h *historian) incidentID(at time.Time) string {
	h.incidents++
	return fmt.Sprintf("INC-%d-%03d", at.Year(), h.incidents)
}

func (h *historian) sha() string {
	return fmt.Sprintf("%016x%016x%08x", h.Uint64(), h.Uint64(), h.Uint32())
}
