package catalogview

import (
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/ui"
)

// StarProps are those of StarButton; without a reference there is no button.
type StarProps struct {
	Ref, Name string
	On        bool
}

func (p StarProps) id() string { return "star-" + p.Ref }

func (p StarProps) label() string {
	if p.On {
		return "Take the star from " + p.Name
	}
	return "Star " + p.Name
}

func (p StarProps) action() string {
	if p.On {
		return "unstar"
	}
	return "star"
}

// stateWords are the states of the list as people call them.
var stateWords = map[catalog.State]string{
	catalog.Ownerless: "Without an owner", catalog.OwnerGone: "Owner is gone", catalog.Orphaned: "Orphaned",
}

// ViewsURL is the page of named views.
const ViewsURL = "/catalog/views"

// NewViewURL is where the choice of q gets a name.
func NewViewURL(q Query) string {
	if s := q.Saved(); s != "" {
		return ViewsURL + "/new?" + s
	}
	return ViewsURL + "/new"
}

// viewChips are the first named views, and a way to all of them.
func viewChips(q Query, views []keep.View) []ui.Chip {
	const most = 6
	var out []ui.Chip
	for _, v := range views[:min(len(views), most)] {
		out = append(out, ui.Chip{Label: v.Name, URL: v.URL(), On: v.Query != "" && v.Query == q.Saved()})
	}
	if len(views) > 0 {
		out = append(out, ui.Chip{Label: "All views", URL: ViewsURL, Count: ui.Number(int64(len(views)))})
	}
	return out
}

// ViewRow is one named view.
type ViewRow struct {
	ID, Name, URL, Choice string
	Shared                ui.Link // the group
	By                    ui.Link
	At                    time.Time
	CanDelete             bool
}

// ViewsProps are those of Views.
type ViewsProps struct{ Rows []ViewRow }

// NewViews makes the props of the page; mayChange says of an owner whether the
// viewer may delete its views.
func NewViews(views []keep.View, names Names, mayChange func(owner string) bool) ViewsProps {
	var p ViewsProps
	for _, v := range views {
		r := ViewRow{ID: v.ID, Name: v.Name, URL: v.URL(), Choice: sayChoice(v.Query), At: v.ChangedAt, CanDelete: mayChange(v.Owner)}
		if ref, err := catalog.ParseRef(v.Owner, "", ""); err == nil && ref.Kind == "group" {
			r.Shared = namedLink(ref, names)
		}
		if ref, err := catalog.ParseRef(v.By, "", ""); err == nil {
			r.By = namedLink(ref, names)
		}
		p.Rows = append(p.Rows, r)
	}
	return p
}

// ViewRefs are what the page of views names.
func ViewRefs(views []keep.View) []catalog.Ref {
	var out []catalog.Ref
	for _, v := range views {
		for _, s := range []string{v.Owner, v.By} {
			if ref, err := catalog.ParseRef(s, "", ""); err == nil {
				out = append(out, ref)
			}
		}
	}
	return out
}

// namedLink is no link where nothing exists.
func namedLink(ref catalog.Ref, names Names) ui.Link {
	l := ui.Link{Label: RefName(ref)}
	if e, ok := names[ref]; ok {
		l.Label, l.URL = e.Title, ShowURL(ref)
	}
	return l
}

// ViewFormProps are those of ViewForm.
type ViewFormProps struct {
	Name, Query, Choice, Group string
	Groups                     []ui.Link // value in URL
	Faults                     []fault.Field
}

// NewViewForm makes the props of the form.
func NewViewForm(name, query, group string, groups []ui.Link, faults []fault.Field) ViewFormProps {
	return ViewFormProps{Name: name, Query: query, Choice: sayChoice(query), Group: group, Groups: groups, Faults: faults}
}

// fault is what is wrong with a field, empty if nothing is.
func (p ViewFormProps) fault(field string) string {
	for _, f := range p.Faults {
		if f.Field == field {
			return f.Message
		}
	}
	return ""
}

func (p ViewFormProps) summary() []ui.FieldFault {
	var out []ui.FieldFault
	for _, f := range p.Faults {
		out = append(out, ui.FieldFault{ID: "f-" + f.Field, Label: capital(f.Field), Message: f.Message})
	}
	return out
}

// back is the list that was to be saved.
func (p ViewFormProps) back() string { return keep.View{Query: p.Query}.URL() }
