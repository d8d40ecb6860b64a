package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/createview"
	"github.com/waymark-portal/waymark/views/ui"
)

// input is what the action gets.
func (w *wizard) input() (json.RawMessage, []fault.Field, error) {
	values, secrets, unread, err := w.values()
	if err != nil {
		return nil, nil, err
	}
	in := map[string]any{"template": w.t.Ref.String(), "version": w.t.Version, "values": values}
	if len(secrets) > 0 {
		in["secrets"] = secrets
	}
	raw, err := json.Marshal(in)
	return raw, unread, err
}

// create starts the run; what is refused leads back to its page.
func (w *wizard) create() error {
	in, unread, err := w.input()
	if err != nil {
		return err
	}
	if len(unread) > 0 {
		return w.page(http.StatusUnprocessableEntity, w.pageOf(unread[0].Field), unread, nil)
	}
	out, err := respond.Do(w.c, w.h.Actions, scaffold.ActionName, in)
	if err != nil {
		return w.refused(err)
	}
	w.forgetDraft()
	return respond.Done(w.c, out)
}

// refused shows the page with the first fault, or the review with why the
// whole was refused.
func (w *wizard) refused(why error) error {
	var f *fault.Error
	if !errors.As(why, &f) {
		return why
	}
	switch f.Kind {
	case fault.Invalid, fault.Conflict:
		if len(f.Fields) > 0 {
			first := w.pageOf(f.Fields[0].Field)
			return w.page(http.StatusUnprocessableEntity, first, w.of(first, f.Fields), w.elsewhere(first, f.Fields))
		}
		return w.review(http.StatusUnprocessableEntity, createRefusal(f))
	case fault.Policy, fault.NeedsWaiver, fault.Quota:
		return w.review(http.StatusUnprocessableEntity, createRefusal(f))
	case fault.Forbidden:
		return w.review(http.StatusForbidden, createRefusal(f))
	}
	return why
}

// elsewhere says what is wrong on other pages than the shown one, nil when
// nothing is.
func (w *wizard) elsewhere(page int, faults []fault.Field) *createview.Refusal {
	var lines []string
	for _, f := range faults {
		if at := w.pageOf(f.Field); at != page {
			lines = append(lines, fmt.Sprintf("%s: %s: %s", w.title(at), strings.TrimPrefix(f.Field, valuesPrefix+"."), f.Message))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &createview.Refusal{Title: "Other pages need another look too", Lines: lines}
}

func createRefusal(f *fault.Error) *createview.Refusal {
	r := &createview.Refusal{Title: "Nothing was made", Text: f.Public}
	for _, v := range f.Violations {
		r.Rules = append(r.Rules, createview.Rule{Rule: v.Rule, Severity: v.Severity, Message: v.Message, Fix: v.Fix})
	}
	return r
}

// review shows everything that was entered and what will be made of it, tried
// out dry. What the trial finds is shown where it belongs.
func (w *wizard) review(status int, refuse *createview.Refusal) error {
	at := len(w.schemas)
	hidden, err := w.hidden(at, nil)
	if err != nil {
		return err
	}
	p := createview.ReviewProps{Head: w.head(at), Key: w.key, Step: strconv.Itoa(at), Seen: strconv.Itoa(at), Refuse: refuse, Hidden: hidden,
		Create: w.word("createButtonText", "Create"), BackWord: w.word("backButtonText", "Back")}
	if refuse == nil {
		trial, err := w.try()
		if err != nil {
			return w.refused(err)
		}
		showTrial(&p, trial)
	}
	for i := range w.schemas {
		page, err := w.reviewPage(i)
		if err != nil {
			return err
		}
		p.Pages = append(p.Pages, page)
	}
	m := createMeta(w.t.Title)
	m.Status = status
	return respond.Page(w.c, m, createview.Review(p))
}

// The most text of files that a review shows, each and in all.
const (
	maxShownFile  = 20 << 10
	maxShownFiles = 200 << 10
)

// showTrial puts what would be made on the review.
func showTrial(p *createview.ReviewProps, trial scaffold.Trial) {
	for _, r := range trial.Repos {
		p.Facts = append(p.Facts, ui.Pair{Key: "Repository", Value: r, Mono: true})
	}
	for _, e := range trial.Entities {
		kind, name, _ := strings.Cut(e, ":")
		p.Facts = append(p.Facts, ui.Pair{Key: "Catalog " + kind, Value: name, Mono: true})
	}
	total, shown := 0, 0
	for _, f := range trial.Files {
		file := createview.ReviewFile{Path: f.Path}
		if f.Size <= maxShownFile && shown+f.Size <= maxShownFiles && utf8.ValidString(f.Text) && !strings.Contains(f.Text, "\x00") {
			file.Text, shown = f.Text, shown+f.Size
		}
		p.Files, total = append(p.Files, file), total+f.Size
	}
	p.Size = ui.Plural(len(trial.Files), "file", "files") + ", " + ui.Bytes(int64(total))
}

// try runs every check and all steps dry.
func (w *wizard) try() (scaffold.Trial, error) {
	in, unread, err := w.input()
	if err != nil {
		return scaffold.Trial{}, err
	}
	if len(unread) > 0 {
		return scaffold.Trial{}, fault.InvalidFields(unread...)
	}
	out, err := w.h.Actions.Do(w.c.Request().Context(), respond.Actor(w.c), scaffold.ActionName, in, action.DryRun())
	if err != nil {
		return scaffold.Trial{}, err
	}
	body, _ := out.Body.(map[string]any)
	trial, _ := body["preview"].(scaffold.Trial)
	return trial, nil
}

// reviewPage is what was entered on one page, in words.
func (w *wizard) reviewPage(i int) (createview.ReviewPage, error) {
	values, _, _, err := w.values()
	if err != nil {
		return createview.ReviewPage{}, err
	}
	f, err := w.schemas[i].Show(w.c.Request().Context(), form.Input{Prefix: valuesPrefix, Sent: w.sent, Around: values, Resolver: w.pickers()})
	out := createview.ReviewPage{Title: w.title(i), Go: strconv.Itoa(i)}
	out.Pairs = reviewPairs(f.Fields, "", nil)
	return out, err
}

func reviewPairs(fields []form.Field, under string, out []ui.Pair) []ui.Pair {
	for _, f := range fields {
		label := f.Label
		if f.Review.Name != "" {
			label = f.Review.Name
		}
		switch {
		case f.Kind == form.Hidden || f.Review.Hide:
		case f.Review.Mask != "":
			out = append(out, ui.Pair{Key: under + label, Value: f.Review.Mask})
		case f.Kind == form.Group || f.Kind == form.Rows || f.Kind == form.Repo:
			inner := label + ", "
			if f.Kind == form.Rows {
				inner = ""
			}
			out = reviewPairs(f.Fields, under+inner, out)
		default:
			out = append(out, ui.Pair{Key: under + label, Value: shownValue(f)})
		}
	}
	return out
}

// shownValue is a field's value as people read it.
func shownValue(f form.Field) string {
	switch {
	case f.Kind == form.Password && f.Kept:
		return "(kept secret)"
	case f.Kind == form.Password:
		return ui.Dash
	case f.Kind == form.Checkbox && f.Checked:
		return "yes"
	case f.Kind == form.Checkbox:
		return "no"
	case f.Kind == form.Many && len(f.Values) > 0:
		return strings.Join(f.Values, ", ")
	}
	var chosen []string
	for _, o := range f.Options {
		if o.Selected {
			chosen = append(chosen, o.Label)
		}
	}
	if len(chosen) > 0 {
		return strings.Join(chosen, ", ")
	}
	if f.Value == "" {
		return ui.Dash
	}
	return f.Value
}
