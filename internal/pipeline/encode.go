package pipeline

import (
	"fmt"
	"maps"
	"slices"
)

// firstKeys stand at the head of an object, in this order; the others follow
// by name.
var firstKeys = []string{"apiVersion", "kind", "metadata", "spec", "name", "description", "language", "triggers", "checks", "security", "stages", "image", "environments", "jobs", "steps"}

// Encode writes a definition that was put together as data.
func Encode(v map[string]any) ([]byte, error) {
	o, ok := ordered(v, 0).(*object)
	if !ok {
		return nil, fmt.Errorf("encode a pipeline: too deep")
	}
	return encode("The pipeline of this repository. Render it again after a change:\n`waymark pipeline render pipeline.yaml --target github`", o), nil
}

// ordered makes plain data writable, its keys in a fixed order.
func ordered(v any, depth int) any {
	if depth > 50 {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		o := &object{}
		keys := slices.SortedFunc(maps.Keys(v), func(a, b string) int {
			if d := rank(a) - rank(b); d != 0 {
				return d
			}
			return compareText(a, b)
		})
		for _, k := range keys {
			if x := ordered(v[k], depth+1); x != nil {
				o.pairs = append(o.pairs, pair{key: k, value: x})
			}
		}
		if len(o.pairs) == 0 {
			return rawText("{}")
		}
		return o
	case []any:
		out := []any{}
		for _, x := range v {
			if x = ordered(x, depth+1); x != nil {
				out = append(out, x)
			}
		}
		if len(out) == 0 {
			return rawText("[]")
		}
		return out
	case string:
		return stringValue(v)
	case float64:
		return rawText(fmt.Sprint(v))
	}
	return v
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func rank(key string) int {
	if i := slices.Index(firstKeys, key); i >= 0 {
		return i
	}
	return len(firstKeys)
}
