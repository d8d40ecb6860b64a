package docs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"gopkg.in/yaml.v3"
)

// Problem is something in a site that its writer should mend.
type Problem struct {
	Page    string `json:"page"` // file, relative to the docs folder; empty for the site
	Line    int    `json:"line,omitempty"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
	URL     string `json:"url,omitempty"` // the page in the portal
}

// Rules of the checker.
const (
	RuleLink     = "broken-link"
	RuleAnchor   = "broken-anchor"
	RuleImage    = "missing-image"
	RuleNavFile  = "nav-without-file"
	RuleOutside  = "page-outside-nav"
	RuleFence    = "code-does-not-parse"
	RuleHeldBack = "held-back"
	RuleConfig   = "configuration"
	RulePage     = "unreadable-page"
)

// Broken reports whether a reader is hurt by p; the others are advice.
func (p Problem) Broken() bool {
	switch p.Rule {
	case RuleLink, RuleAnchor, RuleImage, RuleNavFile, RulePage:
		return true
	}
	return false
}

// Check reads every page of a site and lists what is wrong, by page and line.
// Nothing outside the site is asked.
func (e *Engine) Check(s *Site) ([]Problem, error) {
	c := &checker{site: s, pages: map[string]*Rendered{}}
	for _, n := range s.Notes {
		c.add(s.config.file, n.Line, RuleConfig, n.Text, "")
	}
	for _, n := range s.missingNav {
		c.add(s.config.file, n.Line, RuleNavFile, fmt.Sprintf("The navigation names “%s”, and there is no such page.", short(n.Text)), "Write the page, or take the entry out of nav.")
	}
	for _, file := range s.Pages {
		r, err := e.render(s, file)
		if err != nil {
			c.add(file, 0, RulePage, "This page cannot be read: "+err.Error(), "")
			continue
		}
		c.pages[file] = r
	}
	for _, file := range s.Pages {
		if r := c.pages[file]; r != nil {
			c.page(file, r)
		}
		if s.config.nav != nil && !s.inNav[file] {
			c.add(file, 0, RuleOutside, "The navigation does not lead to this page.", "Add it to nav in "+s.config.file+".")
		}
	}
	slices.SortStableFunc(c.found, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Page, b.Page), cmp.Compare(a.Line, b.Line), strings.Compare(a.Rule, b.Rule))
	})
	return c.found, nil
}

type checker struct {
	site  *Site
	pages map[string]*Rendered
	found []Problem
}

func (c *checker) add(page string, line int, rule, message, fix string) {
	p := Problem{Page: page, Line: line, Rule: rule, Message: message, Fix: fix}
	if isPage(page) {
		p.URL = c.site.URL(page)
	}
	if !slices.Contains(c.found, p) {
		c.found = append(c.found, p)
	}
}

func (c *checker) page(file string, r *Rendered) {
	for _, n := range r.Notes {
		c.add(file, n.Line, RuleHeldBack, n.Text, "")
	}
	for _, l := range r.Links {
		if l.Relative {
			c.link(file, r, l)
		}
	}
	src, err := c.site.Read(file)
	if err != nil {
		return // told already
	}
	for _, p := range fences(src) {
		c.add(file, p.Line, RuleFence, p.Text, "Mend the example, or name no language behind its fence.")
	}
}

func (c *checker) link(file string, r *Rendered, l Link) {
	switch {
	case l.Target.Missing && l.Image:
		c.add(file, l.Line, RuleImage, fmt.Sprintf("The picture “%s” is not there.", short(l.Href)), "Check the path; it is relative to this page's file.")
	case l.Target.Missing:
		c.add(file, l.Line, RuleLink, fmt.Sprintf("The link “%s” leads nowhere.", short(l.Href)), "Check the path; it is relative to this page's file.")
	case l.Target.Fragment != "":
		target := r
		if l.Target.Page != "" {
			target = c.pages[l.Target.Page]
		} else if l.Target.File != "" {
			return
		}
		if target != nil && !target.IDs[l.Target.Fragment] && !target.IDs[safeID(l.Target.Fragment)] {
			c.add(file, l.Line, RuleAnchor, fmt.Sprintf("The link “%s” names a heading that is not there.", short(l.Href)), "Its anchor is the heading in lower case with hyphens.")
		}
	}
}

// fences parses the blocks of code that say they are JSON or YAML.
func fences(src []byte) []Note {
	_, body, first := cutFront(src)
	doc := engine().Parser().Parse(text.NewReader(body))
	lines := indexLines(body, first+1)
	var out []Note
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		f, ok := n.(*ast.FencedCodeBlock)
		if !ok || !entering || f.Info == nil || f.Lines().Len() == 0 {
			return ast.WalkContinue, nil
		}
		c := readInfo(string(f.Info.Segment.Value(body)))
		code := f.Lines().Value(body)
		var v any
		var err error
		switch c.Lang {
		case "json":
			err = json.Unmarshal(code, &v)
		case "yaml", "yml":
			err = parseYAML(code)
		}
		if err != nil {
			out = append(out, Note{lines.at(f.Lines().At(0).Start), fmt.Sprintf("This %s does not parse: %s.", strings.ToUpper(c.Lang), strings.TrimPrefix(err.Error(), "yaml: "))})
		}
		return ast.WalkContinue, nil
	})
	return out
}

// parseYAML reads all documents; examples with templates in them are let pass.
func parseYAML(code []byte) error {
	if strings.Contains(string(code), "{{") || strings.Contains(string(code), "...\n") {
		return nil
	}
	d := yaml.NewDecoder(strings.NewReader(string(code)))
	for {
		var n yaml.Node
		if err := d.Decode(&n); err != nil {
			if err.Error() == "EOF" {
				return nil
			}
			return err
		}
	}
}
