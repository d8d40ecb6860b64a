package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/dashboard"
	"github.com/waymark-portal/waymark/internal/voice"
	"github.com/waymark-portal/waymark/views/homeview"
	"github.com/waymark-portal/waymark/views/surveyview"
	"github.com/waymark-portal/waymark/views/ui"
)

// HomeCatalog is what the list of services needs of the catalog.
type HomeCatalog interface {
	Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error)
}

// HomeDeploys knows when services last reached production.
type HomeDeploys interface {
	LastDeployments(ctx context.Context, v access.Viewer, services []string) (map[string]time.Time, error)
}

// HomeCosts is what the widgets with money need; cost.Engine is one.
type HomeCosts interface {
	Report(ctx context.Context, v access.Viewer, q cost.Query) (cost.Report, error)
	Outlooks(ctx context.Context, v access.Viewer, dimension string, m cost.Measure) (map[string]cost.Outlook, error)
	Today() time.Time
}

// homeDays is the period of a widget whose file names none.
const homeDays = 30

// homeRows is how many lines a list on the home page has.
const homeRows = 6

// ServicesWidget lists services with what is recorded of them: deploys and
// costs may be nil, and then their columns are not there.
func ServicesWidget(c HomeCatalog, deploys HomeDeploys, costs HomeCosts) HomeWidget {
	return func(ctx context.Context, v access.Viewer, w dashboard.Widget) (homeview.Panel, error) {
		groups, known := owners(v, w)
		if !known {
			return noTeam(w), nil
		}
		page, err := c.Entities(ctx, v, catalog.Filter{Kinds: []string{"component"}, Owners: groups, Limit: homeRows + 2})
		if err != nil {
			return homeview.Panel{}, err
		}
		p := homeview.ServicesProps{}
		refs := make([]string, len(page.Items))
		for i, e := range page.Items {
			refs[i] = e.Ref.String()
			p.Rows = append(p.Rows, homeview.Service{Name: e.Title, Text: e.Description, URL: e.Ref.Path(), Icon: componentIcon(e.Type)})
		}
		if deploys != nil {
			if err := fillDeploys(ctx, v, deploys, refs, &p); err != nil {
				return homeview.Panel{}, err
			}
		}
		if costs != nil {
			if err := fillCosts(ctx, v, costs, w, refs, &p); err != nil {
				return homeview.Panel{}, err
			}
		}
		out := homeview.Panel{Title: w.Title, Flush: true, Body: homeview.Services(p), NoteURL: ownedURL(groups)}
		if page.Total > 0 {
			out.Note = fmt.Sprintf("%d owned by %s", page.Total, teamNames(groups))
		}
		return out, nil
	}
}

func fillDeploys(ctx context.Context, v access.Viewer, deploys HomeDeploys, refs []string, p *homeview.ServicesProps) error {
	last, err := deploys.LastDeployments(ctx, v, refs)
	p.HasDeploy = true
	for i, ref := range refs {
		p.Rows[i].Deployed = last[ref]
	}
	return err
}

func fillCosts(ctx context.Context, v access.Viewer, costs HomeCosts, w dashboard.Widget, refs []string, p *homeview.ServicesProps) error {
	r, err := costs.Report(ctx, v, lastDays(costs, w, "service", ""))
	if err != nil || r.Reason != "" {
		return err // without bills there is no column
	}
	p.CostHead = fmt.Sprintf("Cost, %d d", w.Period.Days(homeDays))
	amounts := map[string]string{}
	for _, i := range r.Items {
		amounts[i.Key] = ui.MoneyRound(i.Amount.String(), r.Currency)
	}
	for i, ref := range refs {
		p.Rows[i].Cost, p.Rows[i].CostMissing = amounts[ref], "no bill names this component"
	}
	return nil
}

// lastDays asks for the widget's period up to the last complete day.
func lastDays(costs HomeCosts, w dashboard.Widget, group, team string) cost.Query {
	today := costs.Today()
	return cost.Query{Group: group, From: w.Period.Since(today, homeDays), To: today, Measure: cost.Effective, Team: team}
}

func componentIcon(kind string) string {
	switch kind {
	case "website":
		return "globe"
	case "library":
		return "library"
	case "worker":
		return "cpu"
	default:
		return "box"
	}
}

func teamNames(groups []string) string {
	if len(groups) == 0 {
		return "everybody"
	}
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g[strings.LastIndex(g, "/")+1:]
	}
	return strings.Join(names, ", ")
}

func ownedURL(groups []string) string {
	if len(groups) == 0 {
		return "/catalog?kind=component"
	}
	return "/catalog?kind=component&owner=" + strings.Join(groups, "&owner=")
}

// CostWidget shows the cost of each day of a period.
func CostWidget(costs HomeCosts) HomeWidget {
	return func(ctx context.Context, v access.Viewer, w dashboard.Widget) (homeview.Panel, error) {
		groups, known := owners(v, w)
		if !known {
			return noTeam(w), nil
		}
		team := ""
		if len(groups) > 0 {
			team = groups[0]
		}
		q := lastDays(costs, w, "day", team)
		r, err := costs.Report(ctx, v, q)
		if err != nil {
			return homeview.Panel{}, err
		}
		title := fmt.Sprintf("%s, last %d days", w.Title, w.Period.Days(homeDays))
		if r.Reason != "" {
			return homeview.Panel{Title: title, Body: homeview.Text(r.Reason)}, nil
		}
		p := homeview.CostProps{Total: ui.MoneyRound(r.Total.String(), r.Currency), Days: costDays(r)}
		p.Label = fmt.Sprintf("Cost for each day from %s to %s, %s together", q.From.Format("2 January"), q.To.AddDate(0, 0, -1).Format("2 January"), p.Total)
		out := homeview.Panel{Title: title, Body: homeview.Cost(p), NoteURL: "/costs"}
		out.Note, err = outlook(ctx, v, costs, team, r.Currency)
		return out, err
	}
}

func costDays(r cost.Report) []homeview.CostDay {
	var out []homeview.CostDay
	for _, i := range r.Items {
		day, err := time.Parse(time.DateOnly, i.Key)
		if err != nil {
			continue // a bucket that is no day does not come from Group day
		}
		out = append(out, homeview.CostDay{Day: day, Amount: i.Amount.InexactFloat64(), Text: ui.Money(i.Amount.String(), r.Currency)})
	}
	return out
}

// outlook says what the month will come to.
func outlook(ctx context.Context, v access.Viewer, costs HomeCosts, team, currency string) (string, error) {
	all, err := costs.Outlooks(ctx, v, cost.DimTeam, cost.Effective)
	if err != nil || len(all) == 0 {
		return "", err
	}
	sum := all[team].Projected
	if team == "" {
		for _, o := range all {
			sum = sum.Add(o.Projected)
		}
	}
	return "forecast for the month " + ui.MoneyRound(sum.String(), currency), nil
}

// HomeSurveys knows which surveys wait for somebody.
type HomeSurveys interface {
	Waiting(ctx context.Context, v access.Viewer) ([]voice.Survey, error)
}

// SurveyWidget asks the first question of the survey that waits; a click on a
// score answers it.
func SurveyWidget(s HomeSurveys) HomeWidget {
	return func(ctx context.Context, v access.Viewer, w dashboard.Widget) (homeview.Panel, error) {
		waiting, err := s.Waiting(ctx, v)
		if err != nil {
			return homeview.Panel{}, err
		}
		if len(waiting) == 0 {
			return homeview.Panel{Body: homeview.Survey(nil)}, nil
		}
		first := waiting[0]
		q := first.Definition.Questions[0]
		p := &homeview.SurveyProps{ID: first.ID, Title: first.Definition.Title, Question: q.Text, Field: surveyview.Name(q.ID),
			Low: q.Low, High: q.High, Until: first.ClosesAt}
		if q.Type == voice.NPS || q.Type == voice.Rating {
			low, high := q.Range()
			for n := low; n <= high; n++ {
				p.Scores = append(p.Scores, fmt.Sprint(n))
			}
		}
		return homeview.Panel{Note: first.Definition.Title, Body: homeview.Survey(p)}, nil
	}
}
