package expr

import (
	"slices"
	"strings"
)

// parser reads pieces into nodes, and tokens into expressions.
type parser struct {
	t      *Template
	pieces []piece
	i      int // next piece
	toks   []token
	k      int // next token
	at     int // of the tag, for faults at its end
	depth  int
	ended  string // word of the tag that ended the last body
}

func (p *parser) enter() error {
	p.depth++
	if p.depth > p.t.opts.Limits.Depth {
		return p.t.fail(p.here(), "this is nested more than %d deep", p.t.opts.Limits.Depth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// body reads nodes up to a tag whose word is one of ends; the tag's further
// tokens are left to read. Without ends it reads to the end of the text.
func (p *parser) body(ends ...string) ([]node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	var out []node
	opened := p.at
	for p.i < len(p.pieces) {
		pc := p.pieces[p.i]
		p.i++
		if pc.kind == pieceText {
			out = append(out, &textNode{at(pc.at), pc.text})
			continue
		}
		p.toks, p.k, p.at = pc.tokens, 0, pc.at
		if pc.kind == pieceOutput {
			x, err := p.whole()
			if err != nil {
				return nil, err
			}
			out = append(out, &outputNode{at(pc.at), x})
			continue
		}
		word := p.peek()
		if word.kind == tokName && slices.Contains(ends, word.text) {
			p.k++
			p.ended = word.text
			return out, nil
		}
		n, err := p.tag()
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	if len(ends) > 0 {
		return nil, p.t.fail(opened, "this block is not ended: {%% %s %%} is missing", ends[len(ends)-1])
	}
	return out, nil
}

// whole reads one expression that fills the tag.
func (p *parser) whole() (expression, error) {
	x, err := p.expr()
	if err != nil {
		return nil, err
	}
	return x, p.done()
}

// done refuses tokens that are left in the tag.
func (p *parser) done() error {
	if t := p.peek(); t.kind != tokEnd {
		return p.t.fail(t.at, "unexpected %q", t.text)
	}
	return nil
}

func (p *parser) peek() token {
	if p.k < len(p.toks) {
		return p.toks[p.k]
	}
	return token{kind: tokEnd, at: p.at}
}

func (p *parser) here() int {
	t := p.peek()
	if t.kind == tokEnd && len(p.toks) > 0 {
		return p.toks[len(p.toks)-1].at
	}
	return t.at
}

// op takes the operator if it is next.
func (p *parser) op(text string) bool {
	if t := p.peek(); t.kind == tokOp && t.text == text {
		p.k++
		return true
	}
	return false
}

// word takes the name if it is next.
func (p *parser) word(text string) bool {
	if t := p.peek(); t.kind == tokName && t.text == text {
		p.k++
		return true
	}
	return false
}

func (p *parser) need(op string) error {
	if !p.op(op) {
		return p.t.fail(p.here(), "%q is expected here", op)
	}
	return nil
}

func (p *parser) name() (string, error) {
	t := p.peek()
	if t.kind != tokName {
		return "", p.t.fail(p.here(), "a name is expected here")
	}
	p.k++
	return t.text, nil
}

// refused are tags of nunjucks that reach outside the text.
var refused = []string{"include", "import", "from", "extends"}

var tagNames = []string{"if", "for", "set", "macro", "call", "filter", "block", "switch", "raw", "verbatim"}

func (p *parser) tag() (node, error) {
	t := p.peek()
	if t.kind != tokName {
		return nil, p.t.fail(t.at, "a block begins with a word such as if or for")
	}
	p.k++
	switch t.text {
	case "if", "elif", "elseif", "ifAsync":
		if t.text == "if" {
			return p.ifTag(t.at)
		}
	case "for":
		return p.forTag(t.at)
	case "set":
		return p.setTag(t.at)
	case "macro":
		return p.macroTag(t.at)
	case "call":
		return p.callTag(t.at)
	case "filter":
		return p.filterTag(t.at)
	case "block":
		return p.blockTag(t.at)
	case "switch":
		return p.switchTag(t.at)
	}
	if slices.Contains(refused, t.text) {
		return nil, p.t.fail(t.at, "%q is not available: a template cannot reach other templates", t.text)
	}
	if strings.HasPrefix(t.text, "end") || slices.Contains([]string{"else", "elif", "elseif", "case", "default"}, t.text) {
		return nil, p.t.fail(t.at, "{%% %s %%} has no block to belong to", t.text)
	}
	return nil, p.t.fail(t.at, "there is no block %q", t.text).suggest(t.text, tagNames)
}
