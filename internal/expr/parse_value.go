package expr

import (
	"regexp"
	"strconv"
	"strings"
)

func (p *parser) primary() (expression, error) {
	t := p.peek()
	p.k++
	var x expression
	switch t.kind {
	case tokString:
		x = &literal{at(t.at), t.text}
	case tokNumber:
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return nil, p.t.fail(t.at, "%s is not a number that can be used", t.text)
		}
		x = &literal{at(t.at), f}
	case tokRegexp:
		re, err := compileRegexp(t.text)
		if err != nil {
			return nil, p.t.fail(t.at, "this regular expression cannot be used: %v", err)
		}
		x = &literal{at(t.at), re}
	case tokName:
		x = p.named(t)
	case tokOp:
		var err error
		if x, err = p.group(t); err != nil {
			return nil, err
		}
	default:
		p.k--
		return nil, p.t.fail(p.here(), "a value is missing here")
	}
	return p.postfix(x)
}

// named reads a word; those of Python are known to cookiecutter alone.
func (p *parser) named(t token) expression {
	word := t.text
	if p.t.opts.Cookiecutter && (word == "True" || word == "False" || word == "None") {
		word = strings.ToLower(word)
	}
	switch word {
	case "true":
		return &literal{at(t.at), true}
	case "false":
		return &literal{at(t.at), false}
	case "none", "null":
		return &literal{at(t.at), nil}
	}
	return &nameExpr{at(t.at), t.text}
}

// group reads what begins with a bracket.
func (p *parser) group(t token) (expression, error) {
	switch t.text {
	case "(":
		items, err := p.items(")")
		if err != nil {
			return nil, err
		}
		switch {
		case len(items) == 0:
			return nil, p.t.fail(t.at, "a value is missing in the brackets")
		case len(items) > 1:
			fault := p.t.fail(t.at, "a list is written with [ ]; of what stands in ( ) only the last counts")
			if p.t.opts.Strict {
				return nil, fault
			}
			p.t.notes = append(p.t.notes, fault)
		}
		if b, ok := items[len(items)-1].(*binaryExpr); ok {
			b.grouped = true
		}
		return items[len(items)-1], nil
	case "[":
		items, err := p.items("]")
		return &listExpr{at(t.at), items}, err
	case "{":
		return p.dict(t.at)
	}
	p.k--
	return nil, p.t.fail(t.at, "unexpected %q", t.text)
}

func (p *parser) items(closing string) ([]expression, error) {
	var items []expression
	for !p.op(closing) {
		if len(items) > 0 {
			if err := p.need(","); err != nil {
				return nil, err
			}
			if p.op(closing) {
				break
			}
		}
		x, err := p.expr()
		if err != nil {
			return nil, err
		}
		items = append(items, x)
	}
	return items, nil
}

func (p *parser) dict(start int) (expression, error) {
	d := &dictExpr{at: at(start)}
	for !p.op("}") {
		if len(d.keys) > 0 {
			if err := p.need(","); err != nil {
				return nil, err
			}
			if p.op("}") {
				break
			}
		}
		var key expression
		if t := p.peek(); t.kind == tokName {
			p.k++
			key = &literal{at(t.at), t.text}
		} else {
			var err error
			if key, err = p.expr(); err != nil {
				return nil, err
			}
		}
		if err := p.need(":"); err != nil {
			return nil, err
		}
		v, err := p.expr()
		if err != nil {
			return nil, err
		}
		d.keys, d.values = append(d.keys, key), append(d.values, v)
	}
	return d, nil
}

// pattern is a regular expression literal; all is its flag g.
type pattern struct {
	re   *regexp.Regexp
	all  bool
	text string // as it was written, without the r
}

func compileRegexp(text string) (*pattern, error) {
	flags, source, _ := strings.Cut(text, "/")
	written := "/" + source + "/" + flags
	prefix := ""
	for _, f := range "im" {
		if strings.ContainsRune(flags, f) {
			prefix += string(f)
		}
	}
	if prefix != "" {
		source = "(?" + prefix + ")" + source
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, err
	}
	return &pattern{re, strings.Contains(flags, "g"), written}, nil
}
