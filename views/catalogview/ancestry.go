package catalogview

import (
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// AncestryProps are those of Ancestry.
type AncestryProps struct {
	Title string
	Why   string // one sentence
	Steps []AncestryStep
	Facts []ui.Pair
}

// AncestryStep is one step from the source down to the entity.
type AncestryStep struct {
	Icon, Word, Text string
	Name             ui.Link
	Mono             bool
}

// NewAncestry makes the props of the page that says why an entity is here:
// from the source, through Location entities, to the document.
func NewAncestry(a catalog.Ancestry) AncestryProps {
	p := AncestryProps{}
	if len(a.Items) == 0 {
		return p
	}
	self := a.Items[0]
	p.Title = self.Title
	src := a.Source
	if name, ok := strings.CutPrefix(src.ID, catalog.EnginePrefix); ok {
		p.Why = "The portal made it itself: it is not in any file."
		p.Steps = []AncestryStep{{Icon: "settings", Word: "Made by", Name: ui.Link{Label: name}}}
		return p
	}
	p.Why = "The configuration names a source that leads to its file."
	if src.By != "" {
		p.Why = "Somebody registered a source that leads to its file."
	}
	p.Steps = append(p.Steps, AncestryStep{Icon: "git-branch", Word: "Source", Name: ui.Link{Label: src.ID}, Mono: true, Text: sourceText(src)})
	for i := len(a.Items) - 1; i > 0; i-- {
		at := a.Items[i]
		p.Steps = append(p.Steps, AncestryStep{Icon: "map", Word: "Location", Name: ui.Link{Label: at.Title, URL: ShowURL(at.Ref)}, Text: "in " + place(at.Source)})
	}
	if self.Target != "" {
		p.Steps[len(p.Steps)-1].Text += ", by its target " + self.Target
	}
	p.Steps = append(p.Steps,
		AncestryStep{Icon: "file-code", Word: "File", Name: ui.Link{Label: self.Source.File}, Mono: true, Text: version(self.Source.Version)},
		AncestryStep{Icon: Icon(self.Ref.Kind, ""), Word: "Document", Name: ui.Link{Label: self.Title, URL: ShowURL(self.Ref)}, Text: documentText(self.Source)})
	p.Facts = ancestryFacts(src)
	return p
}

func sourceText(s catalog.SourceState) string {
	if s.By != "" {
		return "registered by " + s.By
	}
	if s.Trusted {
		return "of the configuration, trusted"
	}
	return "of the configuration"
}

func version(commit string) string {
	if commit == "" {
		return ""
	}
	return "at " + shortCommit(commit)
}

func documentText(s catalog.Source) string {
	return "document " + ui.Number(int64(s.Document)) + " of the file, from line " + ui.Number(int64(s.Line))
}

// shortCommit is a commit as people write it.
func shortCommit(c string) string {
	const short = 8
	return c[:min(len(c), short)]
}

func ancestryFacts(s catalog.SourceState) []ui.Pair {
	out := []ui.Pair{}
	if !s.ReadAt.IsZero() {
		out = append(out, ui.Pair{Key: "Last read", Body: ui.RelTime(s.ReadAt)}, ui.Pair{Key: "It took", Value: ui.Duration(s.Took.Round(time.Millisecond))})
	}
	if s.Version != "" {
		out = append(out, ui.Pair{Key: "Commit", Value: s.Version, Mono: true})
	}
	if s.Error != "" {
		out = append(out, ui.Pair{Key: "Last fault", Value: s.Error})
	}
	return append(out, ui.Pair{Key: "Files", Value: ui.Number(int64(s.Files))})
}
