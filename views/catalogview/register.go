package catalogview

import (
	"net/url"
	"path"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/views/ui"
)

// RegisterProps are those of Register.
type RegisterProps struct {
	Target   string
	Fault    string // why the target cannot be used
	Previews bool   // Entities and Problems say what it would bring
	Entities []ui.Link
	Problems []ProblemRow
	Found    *FoundProps // what was found at the target
	Key      string
}

// FoundProps are what an analysis found.
type FoundProps struct {
	Target    string // what would be registered
	SourceURL string // the page of the source that reads it already
	Files     []FoundRow
	New       int // of Files, those that the catalog lacks
	Problems  []ProblemRow
	Proposal  *ProposalProps
}

// FoundRow is a document that is there.
type FoundRow struct {
	Ref        ui.Link
	Icon, File string
	Registered bool
}

// ProposalProps are a file that could be added.
type ProposalProps struct {
	Text    string
	File    string  // its address
	Name    string  // its name
	Add     ui.Link // where the host takes it
	Commit  bool    // the portal can commit it itself
	Fields  []register.Field
	Rows    int // of the text area
	Verdict string
	Tone    ui.Tone
}

// NewFound makes the props of an analysis.
func NewFound(a register.Analysis) *FoundProps {
	p := &FoundProps{Target: a.Target, Problems: ProblemRows(a.Wrong, nil)}
	if a.Known != "" {
		p.SourceURL = SourceURL(a.Known)
	}
	for _, f := range a.Existing {
		r := FoundRow{Ref: ui.Link{Label: f.Ref.String()}, Icon: Icon(f.Ref.Kind, ""), File: f.Location.Target, Registered: f.Registered}
		if f.Registered {
			r.Ref.URL = ShowURL(f.Ref)
		} else {
			p.New++
		}
		p.Files = append(p.Files, r)
	}
	if a.Text == "" {
		return p
	}
	p.Proposal = &ProposalProps{Text: a.Text, File: a.File, Name: path.Base(a.File), Add: addLink(a.File, a.Text), Rows: min(strings.Count(a.Text, "\n")+2, 40)}
	p.Proposal.Commit = strings.HasPrefix(a.File, "https://waymark/")
	if len(a.Generated) > 0 {
		p.Proposal.Fields = a.Generated[0].Fields
	}
	return p
}

// maxLink is the longest address that browsers and hosts surely take.
const maxLink = 6000

// addLink is where GitHub and GitLab take a new file.
func addLink(file, text string) ui.Link {
	u, err := url.Parse(file)
	if err != nil {
		return ui.Link{}
	}
	before, after, ok := strings.Cut(u.Path, "/blob/")
	branch, name, cut := strings.Cut(after, "/")
	if !ok || !cut {
		return ui.Link{}
	}
	q := url.Values{"filename": {name}, "value": {text}}
	word := "/new/"
	switch {
	case u.Host == "waymark":
		return ui.Link{}
	case strings.HasSuffix(before, "/-"):
		q = url.Values{"file_name": {name}}
	}
	to := u.Scheme + "://" + u.Host + before + word + branch + "?" + q.Encode()
	if len(to) > maxLink {
		to = u.Scheme + "://" + u.Host + before + word + branch + "?" + url.Values{"filename": {name}}.Encode()
	}
	return ui.Link{Label: "Add it on " + u.Host, URL: to}
}

// Verdict says in one sentence what reading a text would bring.
func Verdict(docs []catalog.Document) (ui.Tone, string) {
	entities := 0
	for _, d := range docs {
		for _, p := range d.Problems {
			if p.Severity == catalog.Error {
				where := ""
				if p.Line > 0 {
					where = "Line " + ui.Number(int64(p.Line)) + ": "
				}
				return ui.Bad, where + p.Message + " " + p.Fix
			}
		}
		if d.Entity != nil {
			entities++
		}
	}
	if entities == 0 {
		return ui.Bad, "The text holds no document."
	}
	for _, d := range docs {
		if d.Entity != nil && d.Entity.Text("owner") == register.UnknownOwner {
			return ui.Warn, "Name an owner: the group that answers for " + d.Entity.Metadata.Name + "."
		}
	}
	return ui.Good, "It can be read: " + ui.Plural(entities, "entity", "entities") + "."
}
