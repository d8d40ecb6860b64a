package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/createview"
	"github.com/waymark-portal/waymark/views/ui"
)

// valuesPrefix is of the names of all fields; faults of the action have the
// same names.
const valuesPrefix = "values"

// wizard is a template's form in one request. Pages that are not shown are
// carried along in hidden fields, so nothing is kept on the server.
type wizard struct {
	h       *Create
	c       echo.Context
	t       *scaffold.Template
	schemas []*form.Schema
	sent    url.Values // everything entered so far; nil before the first page was sent
	seen    int        // the last page that was shown
	key     string
}

func (h *Create) wizard(c echo.Context, sent url.Values) (*wizard, error) {
	t, err := h.template(c)
	if err != nil {
		return nil, err
	}
	w := &wizard{h: h, c: c, t: t, sent: sent, key: sent.Get("_key")}
	for i, p := range t.Pages {
		s, err := form.Parse(p.Schema)
		if errors.Is(err, form.ErrSchema) && len(p.Schema) > 0 { // a page of words only
			s, err = form.Parse([]byte(`{"type":"object","properties":{}}`))
		}
		if err != nil {
			return nil, fault.Newf(fault.Unavailable, "Page %d of this template cannot be shown.", i+1).Because(err)
		}
		w.schemas = append(w.schemas, s)
	}
	w.seen = w.number("_seen", len(w.schemas))
	if w.key == "" {
		w.key = newKey()
	}
	return w, nil
}

// number reads a page number that a form carries, within 0 and last.
func (w *wizard) number(name string, last int) int { return pageNumber(w.sent.Get(name), last) }

func pageNumber(text string, last int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return max(0, min(n, last))
}

// begin fills the first page: defaults, the viewer's own group as owner, and
// what the address brings.
func (w *wizard) begin(q url.Values) {
	data := map[string]any{}
	if v := respond.Viewer(w.c); w.t.OwnerParam() != "" && len(v.Groups) > 0 {
		data[w.t.OwnerParam()] = v.Groups[0]
	}
	var given map[string]any
	if json.Unmarshal([]byte(q.Get("formData")), &given) == nil {
		for k, v := range given {
			data[k] = v
		}
	}
	for _, p := range w.t.Params() {
		if v := q.Get(p.Name); v != "" && !p.Secret {
			data[p.Name] = v
		}
	}
	w.sent = url.Values{}
	for i := range w.schemas {
		w.fill(i, data)
	}
}

// fill gives the fields of a page that was never shown their first values.
func (w *wizard) fill(page int, data map[string]any) {
	raw, err := json.Marshal(data)
	if err != nil {
		return // it came from JSON or text
	}
	first, err := w.schemas[page].Values(raw, valuesPrefix)
	if err != nil {
		return // as above
	}
	for name, v := range first {
		if _, there := w.sent[name]; !there {
			w.sent[name] = v
		}
	}
}

// values are what was entered on all pages so far; unread are values that are
// not of their type.
func (w *wizard) values() (values map[string]any, unread []fault.Field, err error) {
	values = map[string]any{}
	for _, s := range w.schemas {
		raw, bad := s.Decode(w.sent, valuesPrefix)
		unread = append(unread, bad...)
		var page map[string]any
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, nil, err
		}
		for k, v := range page {
			values[k] = v
		}
	}
	for name := range w.sent { // what no page asks for is told, not dropped
		key, ok := strings.CutPrefix(name, valuesPrefix+".")
		top, _, _ := strings.Cut(key, ".")
		if ok && !slices.ContainsFunc(w.t.Params(), func(p scaffold.Param) bool { return p.Name == top }) {
			values[top] = w.sent.Get(name)
		}
	}
	return values, unread, nil
}

// secrets takes the values of secret fields out.
func (w *wizard) secrets(values map[string]any) map[string]string {
	out := map[string]string{}
	for _, p := range w.t.Params() {
		if s, ok := values[p.Name].(string); ok && p.Secret {
			out[p.Name], values[p.Name] = s, strings.Repeat("*", 8)
		}
	}
	return out
}

// next checks the page and goes on to the one after it.
func (w *wizard) next(at int) error {
	if at >= len(w.schemas) {
		return w.review(http.StatusOK, nil)
	}
	values, unread, err := w.values()
	if err != nil {
		return err
	}
	faults, err := w.h.Checker.Check(w.c.Request().Context(), respond.Viewer(w.c), w.t, values)
	if err != nil {
		return err
	}
	if own := w.of(at, append(unread, faults...)); len(own) > 0 {
		return w.page(http.StatusUnprocessableEntity, at, own, nil)
	}
	if at+1 < len(w.schemas) {
		return w.page(http.StatusOK, at+1, nil, nil)
	}
	return w.review(http.StatusOK, nil)
}

// of are the faults of one page's fields; those of no page belong to the first.
func (w *wizard) of(page int, faults []fault.Field) []fault.Field {
	var out []fault.Field
	for _, f := range faults {
		if w.pageOf(f.Field) == page {
			out = append(out, f)
		}
	}
	return out
}

func (w *wizard) pageOf(field string) int {
	top, _, _ := strings.Cut(strings.TrimPrefix(field, valuesPrefix+"."), ".")
	for i, p := range w.t.Pages {
		if slices.ContainsFunc(p.Params(), func(q scaffold.Param) bool { return q.Name == top }) {
			return i
		}
	}
	return 0
}

// page shows one page of the form.
func (w *wizard) page(status, at int, faults []fault.Field, refuse *createview.Refusal) error {
	if len(w.schemas) == 0 {
		return w.review(status, refuse)
	}
	at = min(at, len(w.schemas)-1)
	if at > w.seen {
		w.fill(at, nil)
		w.seen = at
	}
	f, err := w.schemas[at].Show(w.c.Request().Context(), form.Input{Prefix: valuesPrefix, Sent: w.sent, Faults: faults, Resolver: templatePicker{w.h, w.c}})
	if err != nil {
		return err
	}
	next := "Next: review"
	if at+1 < len(w.t.Pages) {
		next = "Next: " + lowerFirst(w.title(at+1))
	}
	p := createview.PageProps{Head: w.head(at), Form: f, Text: w.t.Pages[at].Description, Check: w.url() + "/check", Step: strconv.Itoa(at),
		Seen: strconv.Itoa(w.seen), Key: w.key, Hidden: w.hidden(f), Back: at > 0, Next: next, Refuse: refuse}
	m := createMeta(w.t.Title)
	m.Status = status
	return respond.Page(w.c, m, createview.Page(p))
}

func (w *wizard) url() string { return createview.TemplateURL(w.t.Ref.Namespace, w.t.Ref.Name) }

func (w *wizard) title(page int) string {
	if t := w.t.Pages[page].Title; t != "" {
		return t
	}
	return fmt.Sprintf("Page %d", page+1)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// hidden are the values of all pages but the shown one.
func (w *wizard) hidden(shown form.Form) []createview.Hidden {
	var out []createview.Hidden
	for name, list := range w.sent {
		if !strings.HasPrefix(name, valuesPrefix+".") {
			continue
		}
		if _, here := shown.Field(name); here {
			continue
		}
		for _, v := range list {
			out = append(out, createview.Hidden{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(out, func(a, b createview.Hidden) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// head is what all pages of the template show; at is the page, or one past
// the last for the review.
func (w *wizard) head(at int) createview.Head {
	t := w.t
	h := createview.Head{Title: t.Title, Text: t.Description, Crumb: t.Ref.Name + " " + t.Version, URL: w.url(), Gets: gains(t)}
	h.Steps = append(h.Steps, createview.WizardStep{Label: "Pick a path", State: "done"})
	labels := []string{}
	for i := range t.Pages {
		labels = append(labels, w.title(i))
	}
	for i, label := range append(labels, "Review") {
		state := "todo"
		switch {
		case i < at:
			state = "done"
		case i == at:
			state = "now"
		}
		h.Steps = append(h.Steps, createview.WizardStep{Label: fmt.Sprintf("%d · %s", i+2, label), State: state})
	}
	h.Steps = append(h.Steps, createview.WizardStep{Label: "Made", State: "todo"})
	if ref, err := catalog.ParseRef(t.Owner, "group", t.Ref.Namespace); err == nil {
		h.Facts = append(h.Facts, ui.Pair{Key: "By", Value: ref.Name, URL: ref.Path()})
	}
	h.Facts = append(h.Facts, ui.Pair{Key: "Version", Value: t.Version}, ui.Pair{Key: "Template", Value: t.Ref.Name, URL: t.Ref.Path()})
	if len(t.Unsupported) > 0 {
		h.Problems = append(h.Problems, "It uses actions that Waymark does not have: "+strings.Join(t.Unsupported, ", ")+".")
	}
	return h
}
