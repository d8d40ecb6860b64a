package catalog

import (
	"fmt"
	"strconv"
	"strings"
)

// casing finds keys of one object that differ only in the case of letters,
// anywhere in a document: what is looked up without regard to case could not
// tell them apart.
func casing(doc map[string]any) []*fieldError {
	var found []*fieldError
	var walk func(v any, path []string)
	walk = func(v any, path []string) {
		switch v := v.(type) {
		case map[string]any:
			if len(v) > 1 {
				found = append(found, sameBut(v, path)...)
			}
			for k, item := range v {
				if nests(item) {
					walk(item, append(path[:len(path):len(path)], k))
				}
			}
		case []any:
			for i, item := range v {
				if nests(item) {
					walk(item, append(path[:len(path):len(path)], strconv.Itoa(i)))
				}
			}
		}
	}
	walk(doc, nil)
	return found
}

func nests(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// sameBut compares the keys of one object.
func sameBut(m map[string]any, path []string) []*fieldError {
	upper := false
	for k := range m {
		upper = upper || strings.ToLower(k) != k
	}
	if !upper {
		return nil
	}
	var found []*fieldError
	folded := make(map[string]string, len(m))
	for _, k := range sortedKeys(m) {
		low := strings.ToLower(k)
		if other, twice := folded[low]; twice {
			found = append(found, &fieldError{code: "field", path: append(path[:len(path):len(path)], k),
				message: fmt.Sprintf("%q and %q differ only in the case of letters.", other, k), fix: "Keep one of the two."})
		}
		folded[low] = k
	}
	return found
}
