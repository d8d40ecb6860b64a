package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/views/createview"
	"github.com/waymark-portal/waymark/views/formview"
	"github.com/waymark-portal/waymark/views/ui"
)

// next checks the page and goes on to the one after it.
func (w *wizard) next(at int) error {
	if at >= len(w.schemas) {
		return w.review(http.StatusOK, nil)
	}
	values, faults, err := w.judged()
	if err != nil {
		return err
	}
	if own := w.of(at, faults); len(own) > 0 {
		return w.page(http.StatusUnprocessableEntity, at, own, nil)
	}
	if w.unseen(at, values) {
		return w.page(http.StatusOK, at, nil, nil)
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
	key := strings.TrimPrefix(field, valuesPrefix+".")
	for i, s := range w.schemas {
		for _, name := range s.Names() {
			if key == name || strings.HasPrefix(key, name+".") {
				return i
			}
		}
	}
	return 0
}

// unseen reports whether fields of a page came to count only with what was just
// sent, which a browser without scripts has not shown: they are shown first.
func (w *wizard) unseen(at int, values map[string]any) bool {
	f, err := w.schemas[at].Show(w.c.Request().Context(), form.Input{Prefix: valuesPrefix, Sent: w.sent, Around: values})
	if err != nil {
		return false // Show fails for its resolver only
	}
	first, err := w.schemas[at].Show(w.c.Request().Context(), form.Input{Prefix: valuesPrefix})
	if err != nil {
		return false // as above
	}
	fresh := false
	names(f.Fields, func(f form.Field) {
		_, sent := w.sent[f.Name]
		_, always := first.Field(f.Name)
		switch f.Kind {
		case form.Group, form.Rows, form.Repo, form.Hidden, form.Password:
		default:
			fresh = fresh || !sent && !always && !strings.HasSuffix(f.Name, "._option")
		}
	})
	if fresh {
		w.fill(at, values)
	}
	return fresh
}

// page shows one page of the form.
func (w *wizard) page(status, at int, faults []fault.Field, refuse *createview.Refusal) error {
	if len(w.schemas) == 0 {
		return w.review(status, refuse)
	}
	at = min(at, len(w.schemas)-1)
	values, _, _, err := w.values()
	if err != nil {
		return err
	}
	if at > w.seen || status == http.StatusOK {
		w.fill(at, values)
		w.seen = max(at, w.seen)
		if values, _, _, err = w.values(); err != nil {
			return err
		}
	}
	f, err := w.schemas[at].Show(w.c.Request().Context(), form.Input{Prefix: valuesPrefix, Sent: w.sent, Around: values, Faults: faults, Resolver: w.pickers()})
	if err != nil {
		return err
	}
	hidden, err := w.hidden(at, values)
	if err != nil {
		return err
	}
	next := w.word("reviewButtonText", "Next: review")
	if at+1 < len(w.t.Pages) {
		next = "Next: " + lowerFirst(w.title(at+1))
	}
	p := createview.PageProps{Head: w.head(at), Form: f, Text: w.t.Pages[at].Description, At: w.at(), Step: strconv.Itoa(at), Seen: strconv.Itoa(w.seen),
		Key: w.key, Hidden: hidden, Back: at > 0, Next: next, BackWord: w.word("backButtonText", "Back"), Refuse: refuse}
	if p.Draft, err = w.draftNote(); err != nil {
		return err
	}
	p.Head.Notes = append(append(w.schemas[at].Problems(), unknownWords(f.Unknown)...), w.t.Notes...)
	m := createMeta(w.t.Title)
	m.Status = status
	return respond.Page(w.c, m, createview.Page(p))
}

// at is where the form asks the server as it is filled in.
func (w *wizard) at() formview.At {
	return formview.At{Check: w.url() + "/check", Options: w.url() + "/options"}
}

// fields are those of the page that is filled in, drawn anew.
func (w *wizard) fields() error {
	if len(w.schemas) == 0 {
		return errNoField
	}
	values, _, _, err := w.values()
	if err != nil {
		return err
	}
	at := min(w.number("_step", len(w.schemas)), len(w.schemas)-1)
	w.fill(at, values)
	f, err := w.schemas[at].Show(w.c.Request().Context(), form.Input{Prefix: valuesPrefix, Sent: w.sent, Around: values, Resolver: w.pickers()})
	if err != nil {
		return err
	}
	return respond.HTML(w.c, http.StatusOK, formview.Inside(f, w.at()), nil)
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

// word is what the template calls a button, or what it is called otherwise.
func (w *wizard) word(button, fallback string) string {
	spec, _ := w.t.Document()["spec"].(map[string]any)
	presentation, _ := spec["presentation"].(map[string]any)
	labels, _ := presentation["buttonLabels"].(map[string]any)
	if s, ok := labels[button].(string); ok && strings.TrimSpace(s) != "" {
		return strings.TrimSpace(s)
	}
	return fallback
}

func unknownWords(unknown []string) []string {
	if len(unknown) == 0 {
		return nil
	}
	return []string{"Waymark does not have the " + strings.Join(unknown, ", the ") + ". What they ask for is written as text."}
}

// hidden are the values of all pages but the shown one; shown may be none.
// Secrets are sealed: they stand in no page.
func (w *wizard) hidden(shown int, around map[string]any) ([]createview.Hidden, error) {
	here := map[string]bool{}
	if shown < len(w.schemas) {
		f, err := w.schemas[shown].Show(w.c.Request().Context(), form.Input{Prefix: valuesPrefix, Sent: w.sent, Around: around})
		if err != nil {
			return nil, err
		}
		names(f.Fields, func(f form.Field) { here[f.Name], here[f.Name+"._rows"] = true, true })
	}
	var out []createview.Hidden
	kept := map[string]string{}
	for name, list := range w.sent {
		switch {
		case !strings.HasPrefix(name, valuesPrefix+"."):
		case slices.ContainsFunc(w.schemas, func(s *form.Schema) bool { return s.Secret(name) }):
			if s := w.sent.Get(name); s != "" {
				kept[name] = s
			}
		case here[name]:
		default:
			for _, v := range list {
				out = append(out, createview.Hidden{Name: name, Value: v})
			}
		}
	}
	if len(kept) > 0 {
		sealed, err := w.h.Checker.KeepSecrets(respond.Viewer(w.c).ID, w.t.Ref.String(), kept)
		if err != nil {
			return nil, err
		}
		out = append(out, createview.Hidden{Name: "_kept", Value: sealed})
	}
	slices.SortStableFunc(out, func(a, b createview.Hidden) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func names(fields []form.Field, visit func(form.Field)) {
	for _, f := range fields {
		visit(f)
		names(f.Fields, visit)
	}
}

// head is what all pages of the template show; at is the page, or one past
// the last for the review.
func (w *wizard) head(at int) createview.Head {
	t := w.t
	h := createview.Head{Title: t.Title, Text: t.Description, Crumb: t.Ref.Name + " " + t.Version, URL: w.url(), Gets: gains(t), Warnings: versionWarnings(t)}
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
