package catalogview

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/waymark-portal/waymark/internal/apidef"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/views/ui"
)

// DefinitionQuery is what the address of a definition's page says.
type DefinitionQuery struct {
	Text string `query:"q"`    // search
	At   string `query:"at"`   // id of an item
	View string `query:"view"` // text
	Line int    `query:"line"` // of the text
}

// URL is the address of a part of an API's definition.
func (q DefinitionQuery) URL(r catalog.Ref) string {
	v := url.Values{}
	if q.View != "" {
		v.Set("view", q.View)
	}
	if q.Text != "" {
		v.Set("q", q.Text)
	}
	if q.At != "" {
		v.Set("at", q.At)
	}
	anchor := ""
	if q.Line > 0 {
		v.Set("line", strconv.Itoa(q.Line))
		anchor = "#L" + strconv.Itoa(q.Line)
	}
	if len(v) == 0 {
		return TabURL(r, "definition")
	}
	return TabURL(r, "definition") + "?" + v.Encode() + anchor
}

// DefinitionProps are those of Definition.
type DefinitionProps struct {
	Title   string // what it says of itself
	Format  string
	Version string
	Text    Said
	Facts   []ui.Pair
	Faults  []ui.Link
	Query   DefinitionQuery
	Action  string
	Groups  []DefGroup
	Found   string // how many items, or what was not found
	More    int    // items that the list leaves out
	Item    *DefItem
	Lines   *TextProps
	Views   []ui.Tab
	Raw     string
	Copy    string // the text, when it is short enough for a button
}

// DefGroup is a group of operations or types in the list.
type DefGroup struct {
	Name, Text string
	Items      []DefLink
}

// DefLink is one item of the list.
type DefLink struct {
	ui.Link
	Verb, Summary string
	Tone          ui.Tone
	Current       bool
	Deprecated    bool
}

// DefItem is the item that is shown.
type DefItem struct {
	DefLink
	Group      string
	Source     ui.Link // the line of the text
	Prev, Next ui.Link
	Parts      []DefPart
}

// Said is a text as the language of the definition has it: Markdown, made
// HTML, or plain.
type Said struct{ Text, HTML string }

// said reads a text of a definition. Descriptions are CommonMark in OpenAPI
// and AsyncAPI, and Markdown in GraphQL.
func said(format, text string) Said {
	language, _, _ := strings.Cut(format, " ")
	switch language {
	case "OpenAPI", "AsyncAPI", "GraphQL":
		return Said{Text: text, HTML: docs.Fragment(text)}
	}
	return Said{Text: text}
}

// DefPart is one section of an item.
type DefPart struct {
	Title, Note, Code, CodeID string
	Text                      Said
	Rows                      []DefRow
	More                      int
	Head                      bool // the rows have types
}

// DefRow is one field.
type DefRow struct {
	Indent     string // class
	Name, Text string
	Type       ui.Link
	Required   bool
	Deprecated bool
}

// TextProps are a stretch of the definition's text.
type TextProps struct {
	Lines      []TextLine
	Hits       []ui.Link // lines that hold what was searched for
	MoreHits   int
	Prev, Next string
	Summary    string
}

// TextLine is one line.
type TextLine struct {
	ID, Text string
	N        int
	Marked   bool
}

// Bounds of one page.
const (
	maxListed = 300
	maxHits   = 100
	pageLines = 1000
	maxCopied = 200 << 10
)

// NewDefinition makes the props of an API's definition.
func NewDefinition(e catalog.Entity, d *apidef.Definition, q DefinitionQuery) DefinitionProps {
	text := e.Text("definition")
	p := DefinitionProps{Title: d.Title, Format: d.Format, Version: d.Version, Text: said(d.Format, d.Text), Query: q, Action: TabURL(e.Ref, "definition")}
	if text != "" {
		p.Raw = p.Action + "/raw"
	}
	if len(text) <= maxCopied {
		p.Copy = text
	}
	for _, f := range d.Facts {
		p.Facts = append(p.Facts, ui.Pair{Key: f.Key, Value: f.Value, URL: f.URL})
	}
	for _, f := range d.Faults {
		l := ui.Link{Label: f.String()}
		if f.Line > 0 && text != "" {
			l.URL = DefinitionQuery{View: "text", Line: f.Line}.URL(e.Ref)
		}
		p.Faults = append(p.Faults, l)
	}
	drawn := d.Total > 0 || len(d.Facts) > 0
	if text != "" && (q.View == "text" || !drawn) {
		p.Lines = textLines(e.Ref, text, q)
		p.Query.View = "text"
	}
	if drawn && text != "" {
		p.Views = []ui.Tab{{Label: "Drawn", URL: DefinitionQuery{Text: q.Text}.URL(e.Ref), Current: p.Lines == nil}, {Label: "Text", URL: DefinitionQuery{View: "text", Text: q.Text}.URL(e.Ref), Current: p.Lines != nil}}
	}
	if p.Lines == nil {
		p.list(e.Ref, d, q)
		p.item(e.Ref, d, q)
	}
	return p
}

// list fills the list of operations and types, as far as there is room.
func (p *DefinitionProps) list(ref catalog.Ref, d *apidef.Definition, q DefinitionQuery) {
	n := 0
	for _, g := range d.Find(q.Text) {
		out := DefGroup{Name: g.Name, Text: g.Text}
		for _, it := range g.Items {
			if n++; n > maxListed {
				p.More++
				continue
			}
			l := defLink(ref, it, q)
			l.Current = it.ID == q.At
			out.Items = append(out.Items, l)
		}
		if len(out.Items) > 0 {
			p.Groups = append(p.Groups, out)
		}
	}
	p.Found = ui.Plural(d.Total, "operation or type", "operations and types")
	if q.Text != "" {
		p.Found = ui.Plural(n, "match", "matches")
	}
}

func defLink(ref catalog.Ref, it apidef.Item, q DefinitionQuery) DefLink {
	return DefLink{Link: ui.Link{Label: it.Name, URL: DefinitionQuery{Text: q.Text, At: it.ID}.URL(ref)}, Verb: it.Verb, Tone: verbTone(it.Verb), Summary: it.Summary, Deprecated: it.Deprecated}
}

// verbTone marks what reads, makes, changes and removes; the verb says it too.
func verbTone(verb string) ui.Tone {
	switch strings.ToLower(verb) {
	case "get", "head", "query", "receive", "subscribe":
		return ui.Info
	case "post", "mutation", "send", "publish", "rpc":
		return ui.Good
	case "put", "patch":
		return ui.Warn
	case "delete":
		return ui.Bad
	}
	return ui.Neutral
}

// item fills what is shown beside the list.
func (p *DefinitionProps) item(ref catalog.Ref, d *apidef.Definition, q DefinitionQuery) {
	det, ok := d.Item(q.At)
	if !ok {
		return
	}
	it := &DefItem{DefLink: defLink(ref, det.Item, DefinitionQuery{}), Group: det.Group}
	if det.Line > 0 && p.Raw != "" {
		it.Source = ui.Link{Label: "Line " + strconv.Itoa(det.Line), URL: DefinitionQuery{View: "text", Line: det.Line}.URL(ref)}
	}
	if det.Prev != nil {
		it.Prev = ui.Link{Label: det.Prev.Verb + " " + det.Prev.Name, URL: DefinitionQuery{At: det.Prev.ID}.URL(ref)}
	}
	if det.Next != nil {
		it.Next = ui.Link{Label: det.Next.Verb + " " + det.Next.Name, URL: DefinitionQuery{At: det.Next.ID}.URL(ref)}
	}
	for i, part := range det.Parts {
		out := DefPart{Title: part.Title, Note: part.Note, Text: said(d.Format, part.Text), Code: part.Code, CodeID: "code-" + strconv.Itoa(i), More: part.More}
		for _, r := range part.Rows {
			row := DefRow{Indent: "in-" + strconv.Itoa(min(r.Depth, 6)), Name: r.Name, Text: r.Text, Type: ui.Link{Label: r.Type}, Required: r.Required, Deprecated: r.Deprecated}
			if r.Link != "" {
				row.Type = ui.Link{Label: cmp.Or(r.Type, r.Name), URL: DefinitionQuery{At: r.Link}.URL(ref)}
			}
			out.Head = out.Head || r.Type != ""
			out.Rows = append(out.Rows, row)
		}
		it.Parts = append(it.Parts, out)
	}
	p.Item = it
}

// textLines is the page of the text that holds a line, with the lines that
// hold what was searched for.
func textLines(ref catalog.Ref, text string, q DefinitionQuery) *TextProps {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	from := max(0, (min(q.Line, len(lines))-1)/pageLines*pageLines)
	to := min(len(lines), from+pageLines)
	p := &TextProps{Summary: "Lines " + ui.Number(int64(from+1)) + " to " + ui.Number(int64(to)) + " of " + ui.Number(int64(len(lines)))}
	page := func(line int) string {
		return DefinitionQuery{View: "text", Text: q.Text, Line: line}.URL(ref)
	}
	if from > 0 {
		p.Prev = page(from)
	}
	if to < len(lines) {
		p.Next = page(to + 1)
	}
	const longest = 2000 // bytes of one line
	for i, l := range lines[from:to] {
		n := from + i + 1
		p.Lines = append(p.Lines, TextLine{ID: "L" + strconv.Itoa(n), N: n, Text: shortened(l, longest), Marked: n == q.Line})
	}
	if want := strings.ToLower(strings.TrimSpace(q.Text)); want != "" {
		for i, l := range lines {
			if !strings.Contains(strings.ToLower(l), want) {
				continue
			}
			if len(p.Hits) == maxHits {
				p.MoreHits++
				continue
			}
			p.Hits = append(p.Hits, ui.Link{Label: strconv.Itoa(i+1) + ": " + shortened(strings.TrimSpace(l), 160), URL: page(i + 1)})
		}
	}
	return p
}

func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// pager is the pager of a text.
func (p TextProps) pager() ui.PagerProps {
	return ui.PagerProps{Summary: p.Summary, Prev: p.Prev, Next: p.Next}
}

// defActions stand at the head of the page of a definition.
func defActions(p DefinitionProps) templ.Component {
	if p.Raw == "" {
		return nil
	}
	return definitionButtons(p)
}

// maxAbout bounds the groups whose items the first page tells with their
// summaries.
const maxAbout = 60

func orText(s, other string) string { return cmp.Or(s, other) }

// defNote says in which language a definition is.
func defNote(p DefinitionProps) string {
	if p.Version == "" {
		return p.Format
	}
	return p.Format + ", version " + p.Version
}
