package expr_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/expr"
)

// reference is what the interpreter that Backstage uses (nunjitsu 0.7.0, with
// regular expressions allowed) makes of many small texts.
type reference struct {
	Vars  map[string]any
	Cases []referenceCase
}

type referenceCase struct {
	Src, Mode string
	Want      *string // nil: it refuses, or a value
	Value     any
	Undefined bool
	Error     string
}

// otherwise are the texts that are read differently here, with the reason.
var otherwise = map[string]string{
	"${{ obj | dictsort(false, 'value') | dump }}":                  "text and number have no order",
	"${{ mixed | dictsort | dump }}":                                "keys that are equal stand in their order, not in that of the file",
	"${{ people | groupby('team') | dump }}":                        "keys of objects are sorted",
	"${{ [1,2] | sum(start=5) }}":                                   "named arguments work",
	"${{ people | sum(attribute='age', start=1) }}":                 "named arguments work",
	"${{ people | selectattr('team', 'eq', 'x') | list | length }}": "a test is used, as in Jinja",
	"${{ 'a' | truncate('x') }}":                                    "a length that is none is the default",
	"${{ [[1,2],[3]] | sum }}":                                      "only numbers are added",
	"${{ ['a','b'] | sum }}":                                        "only numbers are added",
	"${{ 'ß' | upper }}":                                            "letters are changed one by one",
	"${{ 'İ' | lower | length }}":                                   "letters are changed one by one",
	"${{ 'Infinity' | float }}":                                     "not a number that anybody writes",
	"{{ [1,2,3][:2] | dump }}|{{ 'abc'[1:] }}|{{ [1,2,3][-1] }}":    "a slice of a text is a text",
}

func TestRendersAsBackstageDoes(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(b, &ref); err != nil {
		t.Fatal(err)
	}
	if len(ref.Cases) < 600 {
		t.Fatalf("%d cases, want the whole list", len(ref.Cases))
	}
	for _, c := range ref.Cases {
		if c.Error != "" { // what is refused there may be allowed here
			continue
		}
		if otherwise[c.Src] != "" {
			continue
		}
		if diff := c.differs(ref.Vars); diff != "" {
			t.Errorf("%s %q: %s", c.Mode, c.Src, diff)
		}
	}
}

func (c referenceCase) differs(vars map[string]any) string {
	tmpl, err := expr.Compile(c.Src, expr.Options{Cookiecutter: c.Mode == "cookiecutter",
		TrimBlocks: c.Mode == "trim" || c.Mode == "both", LstripBlocks: c.Mode == "lstrip" || c.Mode == "both"})
	if err != nil {
		return err.Error()
	}
	if c.Mode == "value" {
		v, err := tmpl.Value(context.Background(), vars)
		switch {
		case err != nil:
			return err.Error()
		case v.Defined == c.Undefined:
			return "which of them is undefined?"
		case c.Undefined:
			return ""
		}
		return cmp.Diff(c.Value, v.Value)
	}
	r, err := tmpl.Render(context.Background(), vars)
	if err != nil {
		return err.Error()
	}
	return cmp.Diff(*c.Want, r.Text)
}
