package catalogview

import (
	"net/url"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// rowMaker makes the rows of one list. It shows the kind where the list mixes
// kinds.
type rowMaker struct {
	mixed   bool
	tag     string // address to which a tag is added
	canStar bool
	stars   map[string]bool
	marks   map[catalog.Ref]catalog.Mark
}

func newRows(in ListInput, mixed bool) rowMaker {
	m := rowMaker{mixed: mixed, tag: in.Query.tagPrefix(), canStar: in.CanStar, stars: map[string]bool{}, marks: in.Marks}
	for _, ref := range in.Stars {
		m.stars[ref] = true
	}
	return m
}

// newRow is a row that stands outside of the list.
func newRow(mixed bool, tag string, e catalog.Summary) Row {
	return rowMaker{mixed: mixed, tag: tag}.row(e)
}

func (m rowMaker) row(e catalog.Summary) Row {
	r := Row{Icon: Icon(e.Ref.Kind, e.Type), Name: e.Title, URL: ShowURL(e.Ref), Type: e.Type, Text: firstLine(e.Description), Lifecycle: e.Lifecycle,
		Tone: lifecycleTone(e.Lifecycle)}
	if m.mixed {
		r.Type = strings.TrimSpace(strings.ToLower(KindName(e.Ref.Kind)) + " " + e.Type)
		if e.Ref.Kind == "api" {
			r.Type = strings.TrimSpace("API " + e.Type)
		}
	}
	if !e.Owner.IsZero() {
		r.Owner = ui.Link{Label: RefName(e.Owner), URL: ShowURL(e.Owner)}
	}
	for _, t := range e.Tags[:min(len(e.Tags), 4)] {
		r.Tags = append(r.Tags, ui.Link{Label: t, URL: m.tag + url.QueryEscape(t)})
	}
	if m.canStar {
		ref := e.Ref.String()
		r.Star = StarProps{Ref: ref, Name: e.Title, On: m.stars[ref]}
	}
	if len(m.marks) > 0 {
		r.Marks = rowMarks(e.Ref, m.marks[e.Ref])
	}
	return r
}

// rowMarks say what is wrong with an entity.
func rowMarks(ref catalog.Ref, m catalog.Mark) []RowMark {
	var out []RowMark
	if m.Orphan {
		out = append(out, RowMark{"orphaned", Query{State: string(catalog.Orphaned)}.URL(), ui.Warn})
	}
	if m.Problems > 0 {
		out = append(out, RowMark{ui.Plural(m.Problems, "problem", "problems"), HealthQuery{Entity: ref.String()}.URL(), ui.Bad})
	}
	return out
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}
