package gotext

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template/parse"
)

// parse reads src with the standard library's parser; which functions exist
// is checked afterwards, with a suggestion.
func (t *Template) parse(src string) (*parse.ListNode, map[string]*parse.Tree, error) {
	tree := parse.New("text")
	tree.Mode = parse.SkipFuncCheck
	named := map[string]*parse.Tree{}
	out, err := tree.Parse(src, "", "", named)
	if err != nil {
		return nil, nil, t.placed(src, err)
	}
	return out.Root, named, nil
}

var parserMessage = regexp.MustCompile(`^template: .*?:([0-9]+): (.*)$`)

// placed gives an error of the parser, which knows the line only, the place
// of the line's first action.
func (t *Template) placed(src string, err error) error {
	text := strings.ReplaceAll(err.Error(), "\n", " ")
	at, found := 0, parserMessage.FindStringSubmatch(text)
	if found != nil {
		text = found[2]
		if line, e := strconv.Atoi(found[1]); e == nil {
			at = actionOnLine(src, line)
		}
	}
	return t.fail(at, "%s", text)
}

func actionOnLine(src string, line int) int {
	at := 0
	for ; line > 1; line-- {
		next := strings.IndexByte(src[at:], '\n')
		if next < 0 {
			return at
		}
		at += next + 1
	}
	end := strings.IndexByte(src[at:], '\n')
	if end < 0 {
		end = len(src) - at
	}
	if i := strings.Index(src[at:at+end], "{{"); i >= 0 {
		return at + i + 2
	}
	return at
}

// check walks everything that was read: the nesting has a limit, functions
// and templates must exist.
func (t *Template) check() error {
	c := checker{t: t}
	for _, tree := range t.named {
		if err := c.list(tree.Root); err != nil {
			return err
		}
	}
	return c.list(t.root)
}

type checker struct {
	t     *Template
	depth int
}

func (c *checker) list(l *parse.ListNode) error {
	if l == nil {
		return nil
	}
	if c.depth++; c.depth > c.t.opts.Limits.Depth {
		return c.t.fail(int(l.Pos), "this is nested more than %d deep", c.t.opts.Limits.Depth)
	}
	defer func() { c.depth-- }()
	for _, n := range l.Nodes {
		if err := c.node(n); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) node(n parse.Node) error {
	switch n := n.(type) {
	case *parse.ActionNode:
		return c.pipe(n.Pipe)
	case *parse.IfNode:
		return c.branch(&n.BranchNode)
	case *parse.RangeNode:
		return c.branch(&n.BranchNode)
	case *parse.WithNode:
		return c.branch(&n.BranchNode)
	case *parse.TemplateNode:
		if c.t.named[n.Name] == nil {
			names := []string{}
			for name := range c.t.named {
				names = append(names, name)
			}
			return c.t.fail(int(n.Pos), "there is no template %q", n.Name).Suggest(n.Name, names)
		}
		if n.Pipe != nil {
			return c.pipe(n.Pipe)
		}
	}
	return nil
}

func (c *checker) branch(b *parse.BranchNode) error {
	if err := c.pipe(b.Pipe); err != nil {
		return err
	}
	if err := c.list(b.List); err != nil {
		return err
	}
	return c.list(b.ElseList)
}

func (c *checker) pipe(p *parse.PipeNode) error {
	if c.depth++; c.depth > c.t.opts.Limits.Depth {
		return c.t.fail(int(p.Pos), "this is nested more than %d deep", c.t.opts.Limits.Depth)
	}
	defer func() { c.depth-- }()
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			if err := c.argument(arg); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) argument(n parse.Node) error {
	switch n := n.(type) {
	case *parse.IdentifierNode:
		if functions[n.Ident] == nil {
			return c.t.fail(int(n.Pos), "there is no function %q", n.Ident).Suggest(n.Ident, functionNames)
		}
	case *parse.PipeNode:
		return c.pipe(n)
	case *parse.ChainNode:
		return c.argument(n.Node)
	}
	return nil
}

// describe is a node as it was written.
func describe(n fmt.Stringer) string {
	s := n.String()
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
