package gotext

import (
	"errors"
	"strings"
	"text/template/parse"
	"unicode"
	"unicode/utf8"

	"github.com/waymark-portal/waymark/internal/expr"
)

// maxCondition bounds the text of a condition.
const maxCondition = 10_000

// condition is a boolean over the data.
type condition interface {
	holds(m *machine) (bool, error)
}

type (
	either struct{ a, b condition }
	both   struct{ a, b condition }
	negate struct{ c condition }
	// compared is left op right; without op the left alone.
	compared struct {
		left, right operand
		op          string
		at          int
	}
)

// operand is a Go pipeline such as .a.b, "x" or len .list.
type operand struct{ pipe *parse.PipeNode }

func (c either) holds(m *machine) (bool, error) {
	if ok, err := c.a.holds(m); ok || err != nil {
		return ok, err
	}
	return c.b.holds(m)
}

func (c both) holds(m *machine) (bool, error) {
	if ok, err := c.a.holds(m); !ok || err != nil {
		return false, err
	}
	return c.b.holds(m)
}

func (c negate) holds(m *machine) (bool, error) {
	ok, err := c.c.holds(m)
	return !ok, err
}

func (c compared) holds(m *machine) (bool, error) {
	a, err := m.operand(c.left)
	if err != nil || c.op == "" {
		return truth(a), err
	}
	b, err := m.operand(c.right)
	if err != nil {
		return false, err
	}
	v, err := functions[comparisons[c.op]].do(m, []any{a, b})
	if err != nil {
		return false, m.t.fail(c.at, "%v", err)
	}
	return truth(v), nil
}

func (m *machine) operand(o operand) (any, error) {
	v, err := m.pipe(m.data, o.pipe)
	if err == nil {
		err = m.defined(v)
	}
	return v, err
}

var comparisons = map[string]string{"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}

// reader reads a condition: or binds loosest, then and, not, comparisons.
type reader struct {
	t     *Template
	pos   int
	end   int
	depth int
}

// wrap puts {{ }} around a condition that has none, so that every place in it
// is a place in an action.
func (t *Template) wrap() {
	inside := strings.TrimSpace(t.src)
	if strings.HasPrefix(inside, "{{") && strings.HasSuffix(inside, "}}") && strings.Count(inside, "{{") == 1 && len(inside) >= 4 {
		return
	}
	t.src, t.shift = "{{"+t.src+"}}", 2
}

func (t *Template) condition() (condition, error) {
	t.wrap()
	r := &reader{t: t}
	r.pos = strings.Index(t.src, "{{") + 2
	r.end = strings.LastIndex(t.src, "}}")
	if strings.HasPrefix(t.src[r.pos:r.end], "- ") {
		r.pos++
	}
	if strings.HasSuffix(t.src[r.pos:r.end], " -") {
		r.end--
	}
	c, err := r.or()
	if err != nil {
		return nil, err
	}
	if r.blanks(); r.pos < r.end {
		return nil, t.fail(r.pos, "unexpected %q", t.src[r.pos:min(r.pos+1, r.end)])
	}
	return c, nil
}

func (r *reader) blanks() {
	for r.pos < r.end && strings.IndexByte(" \t\r\n", r.t.src[r.pos]) >= 0 {
		r.pos++
	}
}

// take takes a sign if it is next.
func (r *reader) take(sign string) bool {
	r.blanks()
	if strings.HasPrefix(r.t.src[r.pos:r.end], sign) {
		r.pos += len(sign)
		return true
	}
	return false
}

func (r *reader) or() (condition, error) {
	if r.depth++; r.depth > r.t.opts.Limits.Depth {
		return nil, r.t.fail(r.pos, "this is nested more than %d deep", r.t.opts.Limits.Depth)
	}
	defer func() { r.depth-- }()
	a, err := r.and()
	for err == nil && r.take("||") {
		var b condition
		b, err = r.and()
		a = either{a, b}
	}
	return a, err
}

func (r *reader) and() (condition, error) {
	a, err := r.not()
	for err == nil && r.take("&&") {
		var b condition
		b, err = r.not()
		a = both{a, b}
	}
	return a, err
}

func (r *reader) not() (condition, error) {
	negated := false
	for {
		r.blanks()
		if strings.HasPrefix(r.t.src[r.pos:r.end], "!=") || !r.take("!") {
			break
		}
		negated = !negated
	}
	c, err := r.comparison()
	if err == nil && negated {
		c = negate{c}
	}
	return c, err
}

// comparison reads (condition) or operand [op operand].
func (r *reader) comparison() (condition, error) {
	r.blanks()
	if start := r.pos; r.take("(") && r.groups() {
		c, err := r.or()
		if err != nil {
			return nil, err
		}
		if !r.take(")") {
			return nil, r.t.fail(start, "this bracket is not closed")
		}
		return c, nil
	} else {
		r.pos = start
	}
	left, err := r.operand()
	if err != nil {
		return nil, err
	}
	c := compared{left: left, at: r.pos}
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if r.take(op) {
			c.op = op
			c.right, err = r.operand()
			break
		}
	}
	return c, err
}

// groups reports whether the bracket that was just opened holds a condition
// rather than a pipeline: whether a sign of ours stands in it.
func (r *reader) groups() bool {
	deep := 0
	for i := r.pos; i < r.end; i++ {
		switch c := r.t.src[i]; {
		case c == '"' || c == '`' || c == '\'':
			i = r.quoted(i)
		case c == '(':
			deep++
		case c == ')':
			if deep--; deep < 0 {
				return r.followed(i + 1)
			}
		case strings.IndexByte("=!<>&", c) >= 0, c == '|' && i+1 < r.end && r.t.src[i+1] == '|':
			return true
		}
	}
	return false
}

// followed reports whether what stands after a bracket lets it be a whole
// condition: its end or && or ||.
func (r *reader) followed(i int) bool {
	rest := strings.TrimLeft(r.t.src[i:r.end], " \t\r\n")
	return rest == "" || rest[0] == ')' || strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||")
}

// quoted returns the offset of the quote that closes the one at i.
func (r *reader) quoted(i int) int {
	quote := r.t.src[i]
	for j := i + 1; j < r.end; j++ {
		switch {
		case r.t.src[j] == '\\' && quote != '`':
			j++
		case r.t.src[j] == quote:
			return j
		}
	}
	return r.end
}

// operand takes the text up to the next sign and reads it as a pipeline.
func (r *reader) operand() (operand, error) {
	r.blanks()
	start, deep := r.pos, 0
scan:
	for ; r.pos < r.end; r.pos++ {
		rest := r.t.src[r.pos:r.end]
		switch c := rest[0]; {
		case c == '"' || c == '`' || c == '\'':
			r.pos = min(r.quoted(r.pos), r.end-1)
		case c == '(':
			deep++
		case c == ')':
			if deep--; deep < 0 {
				break scan
			}
		case deep == 0 && (strings.IndexByte("=<>!", c) >= 0 || strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||")):
			break scan
		}
	}
	return r.pipeline(start, r.pos)
}

// pipeline parses src[start:end]; blanks before it keep its places.
func (r *reader) pipeline(start, end int) (operand, error) {
	text := strings.TrimRightFunc(r.t.src[start:end], unicode.IsSpace)
	if text == "" {
		return operand{}, r.t.fail(min(start, len(r.t.src)), "a value is missing here")
	}
	if strings.Contains(text, "{{") || strings.Contains(text, "}}") || !utf8.ValidString(text) {
		return operand{}, r.t.fail(start, "unexpected {{ or }} in a condition")
	}
	text = swapQuotes(text)
	list, _, err := r.t.parse(strings.Repeat(" ", start-2) + "{{" + text + "}}")
	if err != nil {
		var e *expr.Error
		if errors.As(err, &e) {
			err = errors.New(e.Message)
		}
		return operand{}, r.t.fail(start, "%v", err)
	}
	for _, n := range list.Nodes {
		if a, ok := n.(*parse.ActionNode); ok && len(a.Pipe.Decl) == 0 {
			c := checker{t: r.t}
			return operand{a.Pipe}, c.pipe(a.Pipe)
		}
	}
	return operand{}, r.t.fail(start, "%q is not a value", text)
}

// swapQuotes turns 'texts' into "texts" of the same length: people write both
// in a condition.
func swapQuotes(s string) string {
	b := []byte(s)
	for i := 0; i < len(b); i++ {
		if b[i] != '"' && b[i] != '\'' && b[i] != '`' {
			continue
		}
		end := i + 1
		for end < len(b) && b[end] != b[i] {
			if b[end] == '\\' && b[i] != '`' {
				end++
			}
			end++
		}
		if end < len(b) && b[i] == '\'' && !strings.ContainsAny(s[i+1:end], "\"\\") {
			b[i], b[end] = '"', '"'
		}
		i = end
	}
	return string(b)
}
