package docs

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/waymark-portal/waymark/internal/search"
)

// indexVersion changes when Sections cuts pages in another way.
const indexVersion = "2"

// Sections are the site's pages as the search wants them: one document for
// each heading, so that a hit leads to it. They are read before a transaction
// and put in inside it.
func (e *Engine) Sections(s *Site) ([]search.Doc, error) {
	var out []search.Doc
	for _, file := range s.Pages {
		r, err := e.render(s, file)
		if err != nil {
			continue // the checker tells it
		}
		title := firstOf(r.Title, s.title(file))
		for i, sec := range r.Sections {
			context := s.Title
			if title != s.Title {
				context += " › " + title
			}
			d := search.Doc{Key: "docs:" + s.Ref + ":" + file + "#" + sec.ID, Source: SearchSource(s.Ref), Kind: "docs",
				Title: firstOf(sec.Title, title), Context: context, Text: sec.Text, URL: s.URL(file), Owner: s.Owner, Entity: s.Ref}
			if i == 0 || sec.Title == title {
				d.Context = s.Title
			} else if sec.ID != "" {
				d.URL += "#" + escapePath(sec.ID)
			}
			out = append(out, d)
		}
	}
	return out, nil
}

// SearchSource is the source under which the docs of an entity are indexed.
func SearchSource(ref string) string { return "docs:" + ref }

// SearchHash names the state of a site for the index.
func (s *Site) SearchHash() string {
	sum := sha256.Sum256([]byte(indexVersion + s.stamp + s.Title + s.Owner + s.Base))
	return hex.EncodeToString(sum[:12])
}
