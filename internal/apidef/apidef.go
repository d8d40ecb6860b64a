// Package apidef reads the definitions of APIs into one small model that a
// page can show: OpenAPI, AsyncAPI, GraphQL, protobuf and MCP servers.
//
// A definition comes from people whom nobody vouches for. Reading never
// panics, never follows a reference out of the text, and is bounded in size,
// depth and items; what cannot be read is a Fault with its line, and the text
// is there in any case.
package apidef

import (
	"fmt"
	"slices"
	"strings"
)

// Bounds of what is read.
const (
	// MaxText is the longest definition that is read, in bytes. A longer one
	// can only be downloaded.
	MaxText  = 8 << 20
	maxItems = 10_000
	maxDeep  = 400 // nesting of a text
	maxRows  = 400 // rows of one part
)

// Input is an API as the catalog holds it.
type Input struct {
	Type string         // spec.type: openapi, asyncapi, graphql, grpc, mcp-server, …
	Text string         // spec.definition
	Spec map[string]any // for mcp-server, whose remotes stand in the spec
}

// Definition is what can be told of an API. A Definition never changes.
type Definition struct {
	Format  string // such as OpenAPI 3.1.0; Text when it is in no known language
	Title   string
	Version string
	Text    string // what it says of itself
	Facts   []Fact
	Groups  []Group
	Faults  []Fault
	Total   int // items of all groups
	More    int // items beyond the bound, which are not shown

	detail map[string]func() []Part
	at     map[string]place
	taken  map[string]int // how often an id was asked for
}

type place struct{ group, item int }

// Fact is one thing about the whole API: a server, a way to sign in.
type Fact struct {
	Key, Value string
	URL        string // http or https, else empty
}

// Group is a list of items that belong together: the operations of a tag, the
// schemas.
type Group struct {
	Name, Text string
	Items      []Item
}

// Item is an operation, a message or a type.
type Item struct {
	ID         string // unique in the definition; any text
	Verb       string // GET, send, rpc, type, …
	Name       string // /payments/{id}
	Summary    string
	Deprecated bool
	Line       int // 0 when unknown
}

// Detail is an item with all that is known of it.
type Detail struct {
	Item
	Group      string
	Parts      []Part
	Prev, Next *Item
}

// Part is one section of a detail: the parameters, a response, an example.
type Part struct {
	Title string
	Note  string // such as application/json
	Text  string
	Rows  []Row
	Code  string
	More  int // rows that had no room
}

// Row is one field. Depth is how deep it stands in others, from 0.
type Row struct {
	Depth      int
	Name       string
	Type       string
	Link       string // ID of the item that describes the type
	Text       string
	Required   bool
	Deprecated bool
}

// Fault says what could not be read.
type Fault struct {
	Line    int // 0 when unknown
	Message string
}

// String is the fault in one line.
func (f Fault) String() string {
	if f.Line == 0 {
		return f.Message
	}
	return fmt.Sprintf("Line %d: %s", f.Line, f.Message)
}

// Read reads a definition. It always returns one; when nothing could be read
// it has a Fault and no groups.
func Read(in Input) (d *Definition) {
	d = &Definition{Format: "Text", detail: map[string]func() []Part{}, at: map[string]place{}, taken: map[string]int{}}
	defer func() {
		if r := recover(); r != nil { // a parser that is not ours, on a text that is not ours
			d = &Definition{Format: d.Format, Faults: []Fault{{Message: "This definition could not be read."}}}
		}
	}()
	if len(in.Text) > MaxText {
		d.fault(0, "The definition is longer than %d MB, so it is not drawn. Download it to read it.", MaxText>>20)
		return d
	}
	d.read(in)
	d.finish()
	return d
}

func (d *Definition) read(in Input) {
	switch kind := strings.ToLower(in.Type); {
	case kind == "mcp-server", kind == "mcp":
		d.readMCP(in)
	case strings.TrimSpace(in.Text) == "":
		d.fault(0, "The definition is empty.")
	case kind == "graphql":
		d.readGraphQL(in.Text)
	case kind == "grpc", kind == "proto", kind == "protobuf", strings.Contains(head(in.Text), "syntax = \"proto"):
		d.readProto(in.Text)
	case kind == "openapi", kind == "swagger", kind == "asyncapi", looksTree(in.Text):
		d.readTree(kind, in.Text)
	}
}

// head is the beginning of a text.
func head(s string) string { return s[:min(len(s), 4096)] }

// looksTree tells a text that says itself what it is.
func looksTree(s string) bool {
	for _, word := range []string{"openapi", "swagger", "asyncapi"} {
		for _, form := range []string{"\n" + word + ":", "\"" + word + "\""} {
			if strings.Contains("\n"+head(s), form) {
				return true
			}
		}
	}
	return false
}

func (d *Definition) readTree(kind, text string) {
	root, f := decode(text)
	switch {
	case f != nil:
		d.Faults = append(d.Faults, *f)
	case root.get("swagger").str() != "":
		newOpenAPI(d, root, true).read()
	case root.get("openapi").str() != "":
		newOpenAPI(d, root, false).read()
	case root.get("asyncapi").str() != "":
		newAsyncAPI(d, root).read()
	case root.kind != mapping:
		d.fault(1, "The definition is no object with keys.")
	default:
		word := kind
		if word != "asyncapi" {
			word = "openapi"
		}
		d.fault(1, "The key %q with the version of the format is missing.", word)
	}
}

func (d *Definition) fault(line int, format string, args ...any) {
	d.Faults = append(d.Faults, Fault{line, fmt.Sprintf(format, args...)})
}

// add puts an item into the group of this name, making it when it is new.
// parts is called when somebody looks at the item.
func (d *Definition) add(group string, it Item, parts func() []Part) {
	if d.Total >= maxItems {
		d.More++
		return
	}
	g := slices.IndexFunc(d.Groups, func(g Group) bool { return g.Name == group })
	if g < 0 {
		g = len(d.Groups)
		d.Groups = append(d.Groups, Group{Name: group})
	}
	it.ID = d.unique(it.ID)
	it.Summary = oneLine(it.Summary)
	it.Name = cut(it.Name, 300)
	d.at[it.ID] = place{g, len(d.Groups[g].Items)}
	d.Groups[g].Items = append(d.Groups[g].Items, it)
	d.detail[it.ID] = parts
	d.Total++
}

func (d *Definition) unique(id string) string {
	id = cut(strings.ToValidUTF8(id, "?"), 200)
	free := id
	for d.detail[free] != nil {
		d.taken[id]++
		free = fmt.Sprintf("%s-%d", id, d.taken[id]+1)
	}
	return free
}

// finish drops groups that stayed empty and puts places right.
func (d *Definition) finish() {
	d.Groups = slices.DeleteFunc(d.Groups, func(g Group) bool { return len(g.Items) == 0 })
	for g := range d.Groups {
		for i, it := range d.Groups[g].Items {
			d.at[it.ID] = place{g, i}
		}
	}
	if d.More > 0 {
		d.fault(0, "It has more than %d operations and types; %d are not listed.", maxItems, d.More)
	}
}

// Item returns all that is known of an item; false for an unknown id.
func (d *Definition) Item(id string) (det Detail, ok bool) {
	at, ok := d.at[id]
	if !ok {
		return Detail{}, false
	}
	g := d.Groups[at.group]
	det = Detail{Item: g.Items[at.item], Group: g.Name}
	if at.item > 0 {
		det.Prev = &g.Items[at.item-1]
	}
	if at.item+1 < len(g.Items) {
		det.Next = &g.Items[at.item+1]
	}
	defer func() {
		if r := recover(); r != nil {
			det.Parts = []Part{{Text: "This part could not be read."}}
		}
	}()
	det.Parts = d.detail[id]()
	return det, true
}

// Find returns the groups with only those items whose name, id or summary
// holds q, without regard to case; all when q is empty.
func (d *Definition) Find(q string) []Group {
	q = strings.ToLower(strings.TrimSpace(q))
	if q == "" {
		return d.Groups
	}
	var out []Group
	for _, g := range d.Groups {
		found := Group{Name: g.Name, Text: g.Text}
		for _, it := range g.Items {
			if strings.Contains(strings.ToLower(it.Verb+" "+it.Name+"\n"+it.ID+"\n"+it.Summary), q) {
				found.Items = append(found.Items, it)
			}
		}
		if len(found.Items) > 0 {
			out = append(out, found)
		}
	}
	return out
}

// tooDeep reports brackets that nest deeper than parsers that know no bound
// should be asked to go. It does not know strings, so it counts a little too
// much.
func tooDeep(text string) bool {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{', '[', '(':
			if depth++; depth > maxDeep {
				return true
			}
		case '}', ']', ')':
			depth = max(0, depth-1)
		}
	}
	return false
}

// oneLine is the first line of a text, cut where a list would break.
func oneLine(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	return cut(strings.TrimSpace(s), 200)
}

// cut shortens a text to about n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// web is an address that a person may click, else empty.
func web(s string) string {
	l := strings.ToLower(s)
	if (strings.HasPrefix(l, "https://") || strings.HasPrefix(l, "http://")) && !strings.ContainsAny(s, " \n\t{}") {
		return s
	}
	return ""
}
