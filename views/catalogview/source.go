package catalogview

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// NewYAML makes the props of the tab with the entity as it is stored.
func NewYAML(e catalog.Entity) YAMLProps {
	s := e.Source
	p := YAMLProps{Text: e.YAML()}
	add := func(key, value string) {
		if value != "" {
			p.Where = append(p.Where, ui.Pair{Key: key, Value: value, Mono: true})
		}
	}
	add("Source", s.ID)
	if s.File != "" {
		add("File", s.File)
		p.Where = append(p.Where, ui.Pair{Key: "Document", Value: fmt.Sprintf("%d, from line %d", s.Document, s.Line)})
	}
	add("Commit", s.Version)
	p.Where = append(p.Where, ui.Pair{Key: "Why", Value: "Why is this here?", URL: TabURL(e.Ref, "ancestry")})
	for _, l := range []struct{ label, icon, url string }{{"View file", "external-link", viewURL(e)}, {"Edit file", "pencil", editURL(e)}} {
		if l.url != "" {
			p.Links = append(p.Links, ui.ButtonProps{Label: l.label, Icon: l.icon, Variant: "outline", Size: "sm", URL: l.url})
		}
	}
	return p
}

// editURL is the page that edits the file at its host, if there is one.
func editURL(e catalog.Entity) string {
	u := e.Metadata.Annotations["backstage.io/edit-url"]
	if !safeLink(u) || strings.HasPrefix(u, "https://waymark/") || strings.HasPrefix(u, "https://waymark.invalid/") {
		return ""
	}
	return u
}

// lined adds the line of the document to the address of a file, in the way of
// the hosts that know it.
func lined(u string, line int) string {
	if line < 2 || strings.ContainsAny(u, "#?") || !strings.Contains(u, "/blob/") && !strings.Contains(u, "/src/") {
		return u
	}
	return fmt.Sprintf("%s#L%d", u, line)
}

// commitURL is the page of a commit at the host of a file's address; empty
// for hosts whose addresses are not known.
func commitURL(location, commit string) string {
	u, ok := strings.CutPrefix(location, "url:")
	if !ok || commit == "" || !safeLink(u) || strings.HasPrefix(u, "https://waymark/") {
		return ""
	}
	for _, mark := range []string{"/-/blob/", "/blob/", "/src/"} {
		if repo, _, found := strings.Cut(u, mark); found {
			if mark == "/-/blob/" {
				repo += "/-"
			}
			return repo + "/commit/" + commit
		}
	}
	return ""
}

// isCommit tells a commit from the other marks by which a source is known to
// be unchanged.
var isCommit = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// Entries turn an entity's history into what the tab shows.
func Entries(e catalog.Entity, changes []catalog.Change, more []ui.Moment) []Entry {
	var out []Entry
	for _, c := range changes {
		for _, m := range Moments([]catalog.Change{c}) { // none when its time cannot be read
			entry := Entry{Moment: m, Diff: c.Diff}
			if isCommit.MatchString(c.Commit) {
				entry.Sub = c.File
				entry.Commit = ui.Link{Label: shortCommit(c.Commit), URL: commitURL(e.Source.Location, c.Commit)}
			}
			out = append(out, entry)
		}
	}
	for _, m := range more {
		out = append(out, Entry{Moment: m})
	}
	return newestEntries(out)
}
