package expr

import "slices"

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
	{"~", "+", "-"}, {"*", "/", "//", "%"}, {"**"},
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
		a = &binaryExpr{at: at(start), op: op, a: a, b: b}
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
	if b, ok := x.(*binaryExpr); ok && compares(b) {
		return p.notCompared(start, b)
	}
	return &unaryExpr{at(start), "not", x}, nil
}

// compares reports whether b is a comparison without brackets around it.
func compares(b *binaryExpr) bool {
	return !b.grouped && slices.Contains(levels[len(levels)-4], b.op)
}

// notCompared is not a == b, which the reference reads as (not a) == b. It is
// hardly ever meant, so strict templates may not write it and others are told.
func (p *parser) notCompared(start int, b *binaryExpr) (expression, error) {
	fault := p.t.fail(start, "this compares what `not` gives; write not (a %s b)", b.op)
	if p.t.opts.Strict {
		return nil, fault
	}
	p.t.notes = append(p.t.notes, fault)
	whole := *b
	at := &whole
	for {
		left, ok := at.a.(*binaryExpr)
		if !ok || !compares(left) {
			break
		}
		inner := *left
		at.a, at = &inner, &inner
	}
	at.a = &unaryExpr{b.at, "not", at.a}
	return &whole, nil
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
