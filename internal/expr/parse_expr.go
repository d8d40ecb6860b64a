package expr

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// expr reads an expression: the loosest binding, a if b else c.
func (p *parser) expr() (expression, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	x, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	for {
		start := p.here()
		if !p.word("if") {
			return x, nil
		}
		n := &inlineIf{at: at(start), then: x}
		if n.cond, err = p.binary(0); err != nil {
			return nil, err
		}
		if p.word("else") {
			if n.otherwise, err = p.expr(); err != nil {
				return nil, err
			}
		}
		x = n
	}
}

// levels are the binary operators, loosest first. "not" stands between and
// and in; "is" between in and the comparisons.
var levels = [][]string{
	{"or"}, {"and"}, {"not"}, {"in"}, {"is"},
	{"==", "===", "!=", "!==", "<", ">", "<=", ">="},
	{"~"}, {"+"}, {"-"}, {"*"}, {"/"}, {"//"}, {"%"}, {"**"},
}

func (p *parser) binary(level int) (expression, error) {
	if level == len(levels) {
		return p.unary(true)
	}
	switch levels[level][0] {
	case "not":
		return p.notLevel(level)
	case "is":
		return p.isLevel(level)
	}
	a, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	for {
		start := p.here()
		op, negated := p.operator(levels[level])
		if op == "" {
			return a, nil
		}
		b, err := p.binary(level + 1)
		if err != nil {
			return nil, err
		}
		a = &binaryExpr{at(start), op, a, b}
		if negated {
			a = &unaryExpr{at(start), "not", a}
		}
	}
}

// operator takes the next token if it is one of ops, or "not in" for in.
func (p *parser) operator(ops []string) (op string, negated bool) {
	t := p.peek()
	if (t.kind == tokOp || t.kind == tokName) && slices.Contains(ops, t.text) {
		p.k++
		return t.text, false
	}
	if ops[0] == "in" && t.kind == tokName && t.text == "not" && p.k+1 < len(p.toks) && p.toks[p.k+1].text == "in" {
		p.k += 2
		return "in", true
	}
	return "", false
}

func (p *parser) notLevel(level int) (expression, error) {
	start := p.here()
	if !p.word("not") {
		return p.binary(level + 1)
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	x, err := p.notLevel(level)
	if err != nil {
		return nil, err
	}
	return &unaryExpr{at(start), "not", x}, nil
}

func (p *parser) isLevel(level int) (expression, error) {
	x, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	for {
		start := p.here()
		if !p.word("is") {
			return x, nil
		}
		n := &testExpr{at: at(start), in: x, not: p.word("not")}
		if n.name, err = p.name(); err != nil {
			return nil, err
		}
		if tests[n.name] == nil {
			return nil, p.t.fail(start, "there is no test %q", n.name).suggest(n.name, sortedKeys(tests))
		}
		if p.op("(") {
			if n.args, err = p.args(); err != nil {
				return nil, err
			}
		} else if needsArgument[n.name] {
			arg, err := p.unary(false)
			if err != nil {
				return nil, err
			}
			n.args.list = []expression{arg}
		}
		x = n
	}
}

func (p *parser) unary(filters bool) (expression, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	start := p.here()
	var x expression
	var err error
	if op := p.peek(); op.kind == tokOp && (op.text == "-" || op.text == "+") {
		p.k++
		if x, err = p.unary(false); err != nil {
			return nil, err
		}
		x = &unaryExpr{at(start), op.text, x}
	} else if x, err = p.primary(); err != nil {
		return nil, err
	}
	for filters && p.op("|") {
		f, err := p.filterName(x)
		if err != nil {
			return nil, err
		}
		if x, err = p.postfix(f); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// filterName reads a filter's name and arguments.
func (p *parser) filterName(in expression) (*filterExpr, error) {
	start := p.here()
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	for p.op(".") {
		part, err := p.name()
		if err != nil {
			return nil, err
		}
		name += "." + part
	}
	if filters[name] == nil && !(name == "jsonify" && p.t.opts.Cookiecutter) {
		return nil, p.t.fail(start, "there is no filter %q", name).suggest(name, sortedKeys(filters))
	}
	f := &filterExpr{at: at(start), name: name, in: in}
	if p.op("(") {
		f.args, err = p.args()
	}
	return f, err
}

// args reads call arguments after the opening parenthesis.
func (p *parser) args() (arguments, error) {
	var a arguments
	for !p.op(")") {
		if len(a.list)+len(a.named) > 0 {
			if err := p.need(","); err != nil {
				return a, err
			}
		}
		if t := p.peek(); t.kind == tokName && p.k+1 < len(p.toks) && p.toks[p.k+1].text == "=" && p.toks[p.k+1].kind == tokOp {
			p.k += 2
			x, err := p.expr()
			if err != nil {
				return a, err
			}
			a.names, a.named = append(a.names, t.text), append(a.named, x)
			continue
		}
		x, err := p.expr()
		if err != nil {
			return a, err
		}
		a.list = append(a.list, x)
	}
	return a, nil
}

// postfix reads attributes, indexes and calls after x.
func (p *parser) postfix(x expression) (expression, error) {
	for {
		start := p.here()
		switch {
		case p.op("."):
			t := p.peek()
			if t.kind != tokName && t.kind != tokNumber {
				return nil, p.t.fail(p.here(), "a name is expected after the dot")
			}
			p.k++
			x = &attrExpr{at(t.at), x, &literal{at(t.at), t.text}}
		case p.op("["):
			var err error
			if x, err = p.index(x, start); err != nil {
				return nil, err
			}
		case p.op("("):
			args, err := p.args()
			if err != nil {
				return nil, err
			}
			x = &callExpr{at(start), x, args}
		default:
			return x, nil
		}
	}
}

// index reads [key] or [from:to:step] after the opening bracket.
func (p *parser) index(x expression, start int) (expression, error) {
	var parts [3]expression
	n, colons := 0, 0
	for !p.op("]") {
		if p.op(":") {
			colons++
			if n = colons; n > 2 {
				return nil, p.t.fail(p.here(), "a slice has at most three parts")
			}
			continue
		}
		if parts[n] != nil {
			return nil, p.t.fail(p.here(), "\"]\" is expected here")
		}
		var err error
		if parts[n], err = p.expr(); err != nil {
			return nil, err
		}
	}
	if colons > 0 {
		return &sliceExpr{at(start), x, parts[0], parts[1], parts[2]}, nil
	}
	if parts[0] == nil {
		return nil, p.t.fail(start, "an index is expected in the brackets")
	}
	return &attrExpr{at(start), x, parts[0]}, nil
}

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
		x = named(t)
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

func named(t token) expression {
	switch t.text {
	case "true", "True":
		return &literal{at(t.at), true}
	case "false", "False":
		return &literal{at(t.at), false}
	case "none", "null", "None":
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
		if len(items) == 1 {
			return items[0], nil
		}
		return &listExpr{at(t.at), items}, nil
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
	re  *regexp.Regexp
	all bool
}

func compileRegexp(text string) (*pattern, error) {
	flags, source, _ := strings.Cut(text, "/")
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
	return &pattern{re, strings.Contains(flags, "g")}, nil
}
