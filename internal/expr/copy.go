package expr

// copier copies values of the language for use outside, with a limit on their
// parts: a list may hold another many times over.
type copier struct{ left int }

// copy gives null for what is undefined in a list and no key for it in an
// object; left is negative when v has too many parts.
func (c *copier) copy(v any) any {
	if c.left--; c.left < 0 {
		return nil
	}
	switch v := normal(v).(type) {
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			if out[i] = c.copy(x); c.left < 0 {
				return nil
			}
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if _, gone := x.(*undefined); gone {
				continue
			}
			if out[k] = c.copy(x); c.left < 0 {
				return nil
			}
		}
		return out
	case safe:
		return string(v)
	case *pattern:
		return v.text
	case *undefined, callable, *macro:
		return nil
	default:
		return v
	}
}
