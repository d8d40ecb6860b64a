package expr

func (p *parser) ifTag(start int) (node, error) {
	n := &ifNode{at: at(start)}
	for {
		cond, err := p.whole()
		if err != nil {
			return nil, err
		}
		body, err := p.body("elif", "elseif", "else", "endif")
		if err != nil {
			return nil, err
		}
		n.conds, n.bodies = append(n.conds, cond), append(n.bodies, body)
		if p.ended == "elif" || p.ended == "elseif" {
			continue
		}
		if p.ended == "else" {
			if err := p.done(); err != nil {
				return nil, err
			}
			if n.otherw, err = p.body("endif"); err != nil {
				return nil, err
			}
		}
		return n, p.done()
	}
}

func (p *parser) names() ([]string, error) {
	var names []string
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		if !p.op(",") {
			return names, nil
		}
	}
}

func (p *parser) forTag(start int) (node, error) {
	n := &forNode{at: at(start)}
	var err error
	if n.names, err = p.names(); err != nil {
		return nil, err
	}
	if !p.word("in") {
		return nil, p.t.fail(p.here(), "\"in\" is expected here")
	}
	if n.over, err = p.whole(); err != nil {
		return nil, err
	}
	if n.body, err = p.body("else", "endfor"); err != nil {
		return nil, err
	}
	if p.ended == "else" {
		if n.otherw, err = p.body("endfor"); err != nil {
			return nil, err
		}
	}
	return n, p.done()
}

func (p *parser) setTag(start int) (node, error) {
	n := &setNode{at: at(start)}
	var err error
	if n.names, err = p.names(); err != nil {
		return nil, err
	}
	if p.op("=") {
		n.value, err = p.whole()
		return n, err
	}
	if err := p.done(); err != nil {
		return nil, err
	}
	if n.body, err = p.body("endset"); err != nil {
		return nil, err
	}
	return n, p.done()
}

// params reads a macro's parameters after the opening parenthesis.
func (p *parser) params(m *macro) error {
	m.defaults = map[string]expression{}
	for !p.op(")") {
		if len(m.params) > 0 {
			if err := p.need(","); err != nil {
				return err
			}
		}
		name, err := p.name()
		if err != nil {
			return err
		}
		m.params = append(m.params, name)
		if p.op("=") {
			if m.defaults[name], err = p.expr(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *parser) macroTag(start int) (node, error) {
	m := &macro{}
	var err error
	if m.name, err = p.name(); err != nil {
		return nil, err
	}
	if err := p.need("("); err != nil {
		return nil, err
	}
	if err := p.params(m); err != nil {
		return nil, err
	}
	if err := p.done(); err != nil {
		return nil, err
	}
	if m.body, err = p.body("endmacro"); err != nil {
		return nil, err
	}
	p.word(m.name) // may be repeated at the end
	return &macroNode{at(start), m}, p.done()
}

func (p *parser) callTag(start int) (node, error) {
	m := &macro{name: "caller"}
	if p.op("(") {
		if err := p.params(m); err != nil {
			return nil, err
		}
	}
	x, err := p.whole()
	if err != nil {
		return nil, err
	}
	call, ok := x.(*callExpr)
	if !ok {
		return nil, p.t.fail(start, "call needs a macro with its arguments, such as {%% call box() %%}")
	}
	if m.body, err = p.body("endcall"); err != nil {
		return nil, err
	}
	return &callNode{at(start), call, m}, p.done()
}

func (p *parser) filterTag(start int) (node, error) {
	f, err := p.filterName(nil)
	if err != nil {
		return nil, err
	}
	if err := p.done(); err != nil {
		return nil, err
	}
	n := &filterNode{at: at(start), filter: f}
	if n.body, err = p.body("endfilter"); err != nil {
		return nil, err
	}
	return n, p.done()
}

func (p *parser) blockTag(start int) (node, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if err := p.done(); err != nil {
		return nil, err
	}
	n := &blockNode{at: at(start)}
	if n.body, err = p.body("endblock"); err != nil {
		return nil, err
	}
	p.word(name)
	return n, p.done()
}

func (p *parser) switchTag(start int) (node, error) {
	n := &switchNode{at: at(start)}
	var err error
	if n.on, err = p.whole(); err != nil {
		return nil, err
	}
	if _, err = p.body("case", "default", "endswitch"); err != nil { // text before the first case
		return nil, err
	}
	for p.ended == "case" {
		x, err := p.whole()
		if err != nil {
			return nil, err
		}
		body, err := p.body("case", "default", "endswitch")
		if err != nil {
			return nil, err
		}
		n.cases, n.bodies = append(n.cases, x), append(n.bodies, body)
	}
	if p.ended == "default" {
		if n.otherw, err = p.body("endswitch"); err != nil {
			return nil, err
		}
	}
	return n, p.done()
}
