package action

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/waymark-portal/waymark/internal/fault"
)

// controls finds texts of a decoded input that hold a control character other
// than tab and the ends of lines: no field needs one, PostgreSQL stores no
// NUL, and logs and terminals would obey the rest.
func controls(v any, at string, out []fault.Field) []fault.Field {
	switch v := v.(type) {
	case string:
		if i := strings.IndexFunc(v, isControl); i >= 0 {
			r := []rune(v[i:])[0]
			out = append(out, fault.Field{Field: at, Code: "control", Message: fmt.Sprintf("This holds the control character %U. Remove it.", r)})
		}
	case []any:
		for i, item := range v {
			out = controls(item, join(at, strconv.Itoa(i)), out)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if strings.ContainsFunc(name, isControl) {
				out = append(out, fault.Field{Field: at, Code: "control", Message: fmt.Sprintf("The name %q holds a control character. Remove it.", name)})
				continue
			}
			out = controls(v[name], join(at, name), out)
		}
	}
	return out
}

func isControl(r rune) bool {
	return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
}
