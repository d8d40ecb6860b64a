package handlers

import (
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/scaffold"
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
	draft   *scaffold.Draft // that was opened
}

func (h *Create) wizard(c echo.Context, sent url.Values) (*wizard, error) {
	t, err := h.template(c)
	if err != nil {
		return nil, err
	}
	w := &wizard{h: h, c: c, t: t, sent: sent, key: sent.Get("_key")}
	for i, p := range t.Pages {
		s, err := p.Form()
		if err != nil {
			return nil, fault.Newf(fault.Unavailable, "Page %d of this template cannot be shown: %s.", i+1, err).Because(err)
		}
		w.schemas = append(w.schemas, s)
	}
	w.unseal()
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
	first, err := w.schemas[page].Begin(form.Input{Data: raw, Prefix: valuesPrefix, Around: data})
	if err != nil {
		return // as above
	}
	for name, v := range first {
		if _, there := w.sent[name]; !there {
			w.sent[name] = v
		}
	}
}

// maxSettle bounds how often the pages are read until none changes another.
const maxSettle = 6

// values are what was entered on all pages so far, with asterisks for secrets;
// unread are values that are not of their type. A field may depend on another
// page's.
func (w *wizard) values() (values map[string]any, secrets map[string]string, unread []fault.Field, err error) {
	for range maxSettle {
		next := map[string]any{}
		secrets, unread = map[string]string{}, nil
		for _, s := range w.schemas {
			r := s.Read(w.sent, valuesPrefix, values)
			maps.Copy(next, r.Values)
			maps.Copy(secrets, r.Secrets)
			unread = append(unread, r.Faults...)
		}
		settled := reflect.DeepEqual(next, values)
		if values = next; settled {
			break
		}
	}
	w.canonical(values)
	for name := range w.sent { // what no page asks for is told, not dropped
		key, ok := strings.CutPrefix(name, valuesPrefix+".")
		top, _, _ := strings.Cut(key, ".")
		if ok && !w.asksFor(key) && !strings.HasPrefix(key, "_") {
			values[top] = w.sent.Get(name)
		}
	}
	return values, secrets, unread, nil
}

// asksFor reports whether a page has a field of that name, or one that holds it.
func (w *wizard) asksFor(key string) bool {
	for _, s := range w.schemas {
		for _, name := range s.Names() {
			if key == name || strings.HasPrefix(key, name+".") {
				return true
			}
		}
	}
	return false
}

// canonical writes what was picked as the steps get it from Backstage's
// pickers: as full references.
func (w *wizard) canonical(values map[string]any) {
	for _, p := range w.t.Params() {
		pick := scaffold.Picker{Field: p.Field, Options: p.Options, Strict: w.t.Strict}
		switch p.Field {
		case "EntityPicker", "OwnedEntityPicker", "OwnerPicker", "MyGroupsPicker", "MultiEntityPicker":
		default:
			continue
		}
		switch v := values[p.Name].(type) {
		case string:
			values[p.Name] = pick.Canonical(v)
		case []any:
			for i, x := range v {
				if s, ok := x.(string); ok {
					v[i] = pick.Canonical(s)
				}
			}
		}
	}
}

// judged are the values with everything that is wrong with them.
func (w *wizard) judged() (map[string]any, []fault.Field, error) {
	values, secrets, faults, err := w.values()
	if err != nil {
		return nil, nil, err
	}
	whole := maps.Clone(values)
	for name, s := range secrets {
		if _, there := whole[name]; there {
			whole[name] = s
		}
	}
	found, err := w.h.Checker.Check(w.c.Request().Context(), respond.Viewer(w.c), w.t, whole)
	faults = append(faults, found...)
	if owner, ok := values[w.t.OwnerParam()].(string); ok && strings.HasPrefix(owner, "group:") && !respond.May(w.c, scaffold.ActionName, owner) &&
		!slices.ContainsFunc(faults, func(f fault.Field) bool { return f.Field == valuesPrefix+"."+w.t.OwnerParam() }) {
		name := owner[strings.LastIndexByte(owner, '/')+1:]
		faults = append(faults, fault.Field{Field: valuesPrefix + "." + w.t.OwnerParam(), Code: "forbidden", Message: "You may not create for " + name + ". Choose a team of yours, or ask somebody there."})
	}
	return values, faults, err
}

func (w *wizard) pickers() pickers {
	return pickers{c: w.c, store: w.h.Pickers, permission: scaffold.ActionName, strict: w.t.Strict, hosts: []string{forge.Host}}
}

// unseal puts the secrets of earlier pages back to what was sent, unless they
// were written anew.
func (w *wizard) unseal() {
	for name, s := range w.h.Checker.KeptSecrets(respond.Viewer(w.c).ID, w.t.Ref.String(), w.sent.Get("_kept")) {
		if w.sent.Get(name) == "" && strings.HasPrefix(name, valuesPrefix+".") {
			w.sent.Set(name, s)
		}
	}
}
