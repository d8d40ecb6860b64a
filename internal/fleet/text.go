package fleet

import (
	"context"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/scaffold"
)

// maxListed is how many files a text names.
const maxListed = 100

// commitText says in a commit what needs a person.
func (e *Engine) commitText(u Upgrade) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From version %s. ", u.From)
	if len(u.Report.Conflicts) == 0 {
		b.WriteString("Everything could be merged.\n")
		return b.String()
	}
	b.WriteString("These files need a look:\n\n")
	for _, c := range u.Report.Conflicts[:min(len(u.Report.Conflicts), maxListed)] {
		fmt.Fprintf(&b, "- %s: %s\n", c.Path, c.Why)
	}
	return b.String()
}

// requestText is the description of a pull request.
func (e *Engine) requestText(ctx context.Context, s Service, t *scaffold.Template, u Upgrade) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Brings %s from version %s to version %s of %s.\n\n", s.Name, u.From, u.To, t.Title)
	if n := len(u.Report.Conflicts); n > 0 {
		b.WriteString("## Needs a look\n\n")
		for _, c := range u.Report.Conflicts[:min(n, maxListed)] {
			fmt.Fprintf(&b, "- `%s`: %s\n", plain(c.Path), plain(c.Why))
			for _, h := range c.Hunks {
				fmt.Fprintf(&b, "  - line %d\n", h.Line)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("## Files\n\n")
	for i, f := range u.Report.Changed {
		if i == maxListed {
			fmt.Fprintf(&b, "- and %d more\n", len(u.Report.Changed)-i)
			break
		}
		fmt.Fprintf(&b, "- %s `%s`\n", f.How, plain(f.Path))
	}
	if log := e.Changes(ctx, s.Template, u.From, u.To); log != "" {
		b.WriteString("\n## What is new\n\n" + log + "\n")
	}
	fmt.Fprintf(&b, "\nMerging this makes %s the version of the service; see [the upgrade](%s%s).\n", u.To, e.o.URL, UpgradeURL(u.ID))
	return b.String()
}

// plain takes out what would end a piece of code in Markdown.
func plain(s string) string { return strings.NewReplacer("`", "'", "\n", " ").Replace(s) }

// Changes is the changelog of the versions after from up to to, newest first.
func (e *Engine) Changes(ctx context.Context, template, from, to string) string {
	known, err := e.o.Store.TemplateVersions(ctx, system, template)
	if err != nil {
		return "" // the changelog is a comfort
	}
	var parts []string
	in := false
	for _, v := range known {
		if v.Version == to {
			in = true
		}
		if v.Version == from {
			break
		}
		if in && v.Changelog != "" {
			parts = append(parts, "### "+v.Version+"\n\n"+v.Changelog)
		}
	}
	return strings.Join(parts, "\n\n")
}
