package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
)

// itemRow is what an entity's JSON is made of.
type itemRow struct {
	ref, body, hash string
	orphan          bool
	stated, inverse string // relations, see itemsQuery
}

// Lists inside a column: items end with itemEnd, their parts with partEnd.
// Neither stands in a reference or a message.
const (
	itemEnd = "\x1e"
	partEnd = "\x1f"
)

// faultsColumn is one more column of itemsQuery: the problems of an entity's
// document, as one text.
const faultsColumn = `, COALESCE((SELECT string_agg(p.code || '` + partEnd + `' || p.message, '` + itemEnd + `' ORDER BY p.line, p.id) FROM catalog_problems p
	WHERE p.entity = e.ref AND p.severity = 'error' AND p.source = e.source AND p.file = e.file), '')`

// itemsQuery selects entities by the condition where, with more columns. The
// relations come with each as one text, so that a page costs one query. With a
// mask it takes that twice before the arguments of where and once after.
func itemsQuery(mask int64, where, more string) string {
	stated := `SELECT string_agg(r.type || '` + partEnd + partEnd + `' || r.target, '` + itemEnd + `') FROM relations r WHERE r.source = e.ref`
	inverse := `SELECT string_agg(r.type || '` + partEnd + partEnd + `' || r.source, '` + itemEnd + `') FROM relations r WHERE r.target = e.ref`
	seen := ``
	if mask != 0 {
		stated = `SELECT string_agg(r.type || '` + partEnd + `' || CASE WHEN o.ref IS NULL THEN '-' ELSE '' END || '` + partEnd + `' || r.target, '` + itemEnd + `')
			FROM relations r LEFT JOIN entities o ON o.ref = r.target
			WHERE r.source = e.ref AND (COALESCE(o.hidden_by, 0) & ?) = 0`
		inverse = `SELECT string_agg(r.type || '` + partEnd + partEnd + `' || r.source, '` + itemEnd + `')
			FROM relations r JOIN entities o ON o.ref = r.source
			WHERE r.target = e.ref AND (o.hidden_by & ?) = 0`
		seen = ` AND (e.hidden_by & ?) = 0`
	}
	return `
		SELECT (SELECT generation FROM catalog_generations WHERE id = 1), e.id, e.ref, b.body, b.hash, b.orphan,
			COALESCE((` + stated + `), ''), COALESCE((` + inverse + `), '')` + more + `
		FROM entities e JOIN entity_bodies b ON b.ref = e.ref
		WHERE ` + where + seen
}

// shows reports whether a reference to nothing may be shown.
func (a asker) shows(ref string) bool { return a.s.mayName(a.mask, splitRef(ref)) }

// link is a relation as the API shows it.
type link struct{ kind, target string }

// json is the entity in the shape of the API: what its file says, with its
// uid, etag, relations and the mark of an orphan.
func (v itemRow) json(shows func(ref string) bool) (json.RawMessage, error) {
	const meta = `"metadata":{`
	body := v.body
	if v.orphan {
		var err error
		if body, err = withOrphan(body); err != nil {
			return nil, fmt.Errorf("entity %s: %w", v.ref, err)
		}
	}
	at := strings.Index(body, meta) // the encoder sorts keys: only apiVersion and kind stand before it
	if at < 0 {
		return nil, fmt.Errorf("entity %s: body without metadata", v.ref)
	}
	at += len(meta)
	links := v.links(shows)
	out := make([]byte, 0, len(body)+len(v.stated)+len(v.inverse)+30*len(links)+200)
	out = append(out, body[:at]...)
	out = append(out, `"uid":"`+catalog.UID(splitRef(v.ref))+`","etag":"`+v.hash+`",`...)
	out = append(out, body[at:len(body)-1]...)
	out = append(out, `,"relations":[`...)
	for i, l := range links {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"type":`...)
		out = appendText(out, l.kind)
		out = append(out, `,"targetRef":`...)
		out = appendText(out, l.target)
		out = append(out, '}')
	}
	return append(out, ']', '}'), nil
}

// links are the relations of both directions, by type and target.
func (v itemRow) links(shows func(ref string) bool) []link {
	out := make([]link, 0, strings.Count(v.stated, itemEnd)+strings.Count(v.inverse, itemEnd)+2)
	for item := range strings.SplitSeq(v.stated, itemEnd) {
		kind, rest, ok := strings.Cut(item, partEnd)
		missing, target, _ := strings.Cut(rest, partEnd)
		if ok && (missing == "" || shows(target)) {
			out = append(out, link{kind, target})
		}
	}
	for item := range strings.SplitSeq(v.inverse, itemEnd) {
		if kind, other, ok := strings.Cut(item, partEnd); ok {
			out = append(out, link{catalog.Inverse(kind), other[len(partEnd):]})
		}
	}
	slices.SortFunc(out, func(a, b link) int {
		if c := strings.Compare(a.kind, b.kind); c != 0 {
			return c
		}
		return strings.Compare(a.target, b.target)
	})
	return slices.Compact(out)
}

// appendText writes a JSON text; what needs no care is copied.
func appendText(out []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= 0x7f {
			enc, err := json.Marshal(s)
			if err != nil {
				return append(out, `""`...) // texts always marshal
			}
			return append(out, enc...)
		}
	}
	out = append(out, '"')
	out = append(out, s...)
	return append(out, '"')
}

// withOrphan marks an encoded body as an orphan.
func withOrphan(body string) (string, error) {
	var doc, meta map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		return "", err
	}
	if err := json.Unmarshal(doc["metadata"], &meta); err != nil {
		return "", err
	}
	annotations := map[string]string{}
	if raw := meta["annotations"]; raw != nil {
		if err := json.Unmarshal(raw, &annotations); err != nil {
			return "", err
		}
	}
	annotations["backstage.io/orphan"] = "true"
	var err error
	if meta["annotations"], err = json.Marshal(annotations); err != nil {
		return "", err
	}
	if doc["metadata"], err = json.Marshal(meta); err != nil {
		return "", err
	}
	out, err := json.Marshal(doc)
	return string(out), err
}
