package runview

import (
	"net/url"
	"time"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/ui"
)

// Query is what the address of the list asks for.
type Query struct {
	By, Owner, State, Kind, Subject, Before string
	Mine                                    bool
}

// url is the list's address for q.
func (q Query) url() string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("by", q.By)
	if q.Mine {
		v.Set("by", "me")
	}
	set("owner", q.Owner)
	set("state", q.State)
	set("kind", q.Kind)
	set("subject", q.Subject)
	set("cursor", q.Before)
	if len(v) == 0 {
		return "/runs"
	}
	return "/runs?" + v.Encode()
}

// ListProps are those of List.
type ListProps struct {
	Rows []Row
	Who  []ui.Chip
	How  []ui.Chip
	Page ui.PagerProps
	Any  bool // something is filtered
}

// Row is one run in a list.
type Row struct {
	Title, URL, Kind string
	State            ui.BadgeProps
	Why              string
	By, Owner        ui.Link
	Asked            time.Time
	Took             string
}

// NewRow is r as a row.
func NewRow(r run.Run, now time.Time) Row {
	return Row{Title: r.Title, URL: ShowURL(r.ID), Kind: KindName(r.Kind), State: StateBadge(r.State), Why: r.WaitingFor,
		By: RefLink(r.By), Owner: RefLink(r.Owner), Asked: r.CreatedAt, Took: took(r, now)}
}

// NewList makes the props of the list; team is the reader's group, "" without.
func NewList(p run.Page, q Query, team string, now time.Time) ListProps {
	out := ListProps{Any: q.Mine || q.By != "" || q.Owner != "" || q.State != "" || q.Kind != "" || q.Subject != ""}
	for _, r := range p.Items {
		out.Rows = append(out.Rows, NewRow(r, now))
	}
	base := q
	base.Before = ""
	who := func(label string, change func(*Query)) ui.Chip {
		to := base
		to.Mine, to.By, to.Owner = false, "", ""
		change(&to)
		return ui.Chip{Label: label, URL: to.url(), On: to.url() == base.url()}
	}
	out.Who = []ui.Chip{who("Everybody’s", func(*Query) {}), who("Mine", func(t *Query) { t.Mine = true })}
	if team != "" {
		out.Who = append(out.Who, who("My team’s", func(t *Query) { t.Owner = team }))
	}
	if base.Kind != "" { // the address asks for it; here it can be left
		to := base
		to.Kind = ""
		out.Who = append(out.Who, ui.Chip{Label: KindName(base.Kind), URL: to.url(), On: true})
	}
	for _, s := range []struct{ label, state string }{{"Any state", ""}, {"Open", "open"}, {"Failed", "failed"}, {"Succeeded", "succeeded"}} {
		to := base
		to.State = s.state
		out.How = append(out.How, ui.Chip{Label: s.label, URL: to.url(), On: s.state == base.State})
	}
	out.Page.Summary = summary(len(out.Rows), p.Total)
	if p.Next != "" {
		to := base
		to.Before = p.Next
		out.Page.Next = to.url()
	}
	if q.Before != "" {
		out.Page.Prev = base.url()
	}
	return out
}

func summary(shown int, total int64) string {
	all := ui.Number(total)
	if total >= 1000 {
		all = "1,000 or more"
	}
	return ui.Number(int64(shown)) + " of " + all
}
