package expr

// expression is a value that is worked out.
type expression interface{ place() int }

type at int

func (a at) place() int { return int(a) }

type (
	literal struct {
		at
		value any
	}
	nameExpr struct {
		at
		name string
	}
	attrExpr struct { // a.b, a["b"], a[1:2]
		at
		of, key expression
	}
	sliceExpr struct {
		at
		of, from, to, step expression // any but of may be nil
	}
	listExpr struct {
		at
		items []expression
	}
	dictExpr struct {
		at
		keys, values []expression
	}
	callExpr struct {
		at
		fn   expression
		args arguments
	}
	filterExpr struct {
		at
		name string
		in   expression
		args arguments
	}
	testExpr struct {
		at
		name string
		in   expression
		args arguments
		not  bool
	}
	unaryExpr struct {
		at
		op string
		x  expression
	}
	binaryExpr struct {
		at
		op      string
		a, b    expression
		grouped bool // stands in brackets
	}
	inlineIf struct {
		at
		cond, then, otherwise expression // otherwise may be nil
	}
)

type arguments struct {
	list  []expression
	names []string
	named []expression
}

// node is a part of the text.
type node interface{ place() int }

type (
	textNode struct {
		at
		text string
	}
	outputNode struct {
		at
		x expression
	}
	ifNode struct {
		at
		conds  []expression
		bodies [][]node
		otherw []node
	}
	forNode struct {
		at
		names        []string
		over         expression
		body, otherw []node
	}
	setNode struct {
		at
		names []string
		value expression // nil: the body
		body  []node
	}
	macroNode struct {
		at
		macro *macro
	}
	callNode struct {
		at
		call *callExpr
		body *macro
	}
	filterNode struct {
		at
		filter *filterExpr
		body   []node
	}
	blockNode struct {
		at
		body []node
	}
	switchNode struct {
		at
		on     expression
		cases  []expression
		bodies [][]node
		otherw []node
	}
)

// macro is a named piece of text with parameters.
type macro struct {
	name     string
	params   []string
	defaults map[string]expression
	body     []node
	scope    *scope // where it was made
}
