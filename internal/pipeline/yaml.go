package pipeline

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// object is a mapping that is written in the order in which it was filled.
type object struct{ pairs []pair }

type pair struct {
	key   string
	value any
	above string // comment over it, lines
	after string // comment behind it
	gap   bool   // an empty line before it
}

// flow is a list on one line.
type flow []string

// set adds a key; nothing is added for an empty value.
func (o *object) set(key string, value any) *object {
	if s, ok := value.(string); ok && (key == "run" || key == "script" || key == "path") {
		value = lines(s)
	}
	switch v := value.(type) {
	case nil:
		return o
	case string:
		if v == "" {
			return o
		}
	case flow:
		if len(v) == 0 {
			return o
		}
	case []any:
		if len(v) == 0 {
			return o
		}
	case *object:
		if v == nil || len(v.pairs) == 0 {
			return o
		}
	}
	o.pairs = append(o.pairs, pair{key: key, value: value})
	return o
}

// noted is set with a comment above.
func (o *object) noted(comment, key string, value any) *object {
	n := len(o.pairs)
	o.set(key, value)
	if len(o.pairs) > n {
		o.pairs[n].above = comment
	}
	return o
}

// pinned is set with a comment behind.
func (o *object) pinned(key string, p Pin) *object {
	o.set(key, p.Use)
	if p.Version != "" {
		o.pairs[len(o.pairs)-1].after = p.Version
	}
	return o
}

// spaced is set with an empty line before.
func (o *object) spaced(key string, value any) *object {
	n := len(o.pairs)
	o.set(key, value)
	if len(o.pairs) > n {
		o.pairs[n].gap = true
	}
	return o
}

// empty is a key whose value is an empty object: `workflow_dispatch: {}`.
func (o *object) empty(key string) *object {
	o.pairs = append(o.pairs, pair{key: key, value: rawText("{}")})
	return o
}

type rawText string

// obj makes an object of keys and values in turn.
func obj(pairs ...any) *object {
	o := &object{}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// lines is a command as it stands in a file: one of several lines ends its
// last one too.
func lines(s string) string {
	if strings.Contains(s, "\n") && !strings.HasSuffix(s, "\n") {
		return s + "\n"
	}
	return s
}

// encode writes a document with a comment at its head.
func encode(head string, docs ...*object) []byte {
	var b strings.Builder
	comment(&b, head, "")
	for i, d := range docs {
		if i > 0 {
			b.WriteString("---\n")
		}
		writeObject(&b, d, "", false)
	}
	return []byte(b.String())
}

func comment(b *strings.Builder, text, indent string) {
	if text == "" {
		return
	}
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		b.WriteString(strings.TrimRight(indent+"# "+line, " ") + "\n")
	}
}

// writeObject writes keys; inline says that the first one follows a dash.
func writeObject(b *strings.Builder, o *object, indent string, inline bool) {
	for i, p := range o.pairs {
		if p.gap && b.Len() > 0 {
			b.WriteString("\n")
		}
		if i > 0 || !inline {
			comment(b, p.above, indent)
			b.WriteString(indent)
		}
		key := scalarText(p.key, false)
		if p.key == "on" { // hosts read YAML 1.2, in which it is a text
			key = p.key
		}
		b.WriteString(key + ":")
		writeValue(b, p.value, indent, p.after)
	}
}

func writeValue(b *strings.Builder, v any, indent, after string) {
	tail := "\n"
	if after != "" {
		tail = " # " + after + "\n"
	}
	switch v := v.(type) {
	case *object:
		b.WriteString(tail)
		writeObject(b, v, indent+"  ", false)
	case []any:
		b.WriteString(tail)
		writeList(b, v, indent+"  ")
	case flow:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = scalarText(s, true)
		}
		b.WriteString(" [" + strings.Join(parts, ", ") + "]" + tail)
	case rawText:
		b.WriteString(" " + string(v) + tail)
	case string:
		if blockable(v) {
			writeBlock(b, v, indent+"  ")
			return
		}
		b.WriteString(" " + scalarText(v, false) + tail)
	default:
		fmt.Fprintf(b, " %v%s", v, tail)
	}
}

func writeList(b *strings.Builder, list []any, indent string) {
	for _, x := range list {
		if o, ok := x.(*object); ok {
			if len(o.pairs) > 0 {
				comment(b, o.pairs[0].above, indent)
			}
			b.WriteString(indent + "- ")
			writeObject(b, o, indent+"  ", true)
			continue
		}
		b.WriteString(indent + "-")
		writeValue(b, x, indent, "")
	}
}

// blockable reports whether a text can stand as a literal block.
func blockable(s string) bool {
	return strings.Contains(s, "\n") && !strings.ContainsAny(s, "\r\x00\u0085\u2028\u2029\ufeff") && s[0] != ' ' && s[0] != '\t' && s[0] != '\n' &&
		!strings.Contains(s, " \n") && !control(s) && strings.TrimRight(s, "\n ") != ""
}

func control(s string) bool {
	for _, r := range s {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0xfffd || r > 0xffff {
			return true
		}
	}
	return false
}

func writeBlock(b *strings.Builder, s, indent string) {
	body := strings.TrimRight(s, "\n")
	switch n := len(s) - len(body); n {
	case 0:
		b.WriteString(" |-\n")
	case 1:
		b.WriteString(" |\n")
	default:
		b.WriteString(" |+\n")
		body = s[:len(s)-1]
	}
	for _, line := range strings.Split(body, "\n") {
		if line != "" {
			b.WriteString(indent + line)
		}
		b.WriteString("\n")
	}
}

var (
	plainRE = regexp.MustCompile(`^[A-Za-z$./_-][A-Za-z0-9_ $./:(){}@=+,*?<>|&;'"\[\]~^%!\\-]*$`)
	// wordsRE are what some YAML reader takes for something else than a text.
	wordsRE = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|~|\.nan|[-+]?\.inf|[-+.]?[0-9_.]+([eE].*)?|=|<<|---.*|\.\.\..*)$`)
)

// scalarText writes a text so that every YAML reader gets that text back.
func scalarText(s string, inFlow bool) string {
	plain := plainRE.MatchString(s) && !wordsRE.MatchString(s) && !strings.Contains(s, ": ") && !strings.Contains(s, " #") &&
		!strings.HasSuffix(s, ":") && !strings.HasSuffix(s, " ") && !strings.HasPrefix(s, "- ") && s != "-"
	if inFlow {
		plain = plain && !strings.ContainsAny(s, ",[]{}:?")
	}
	switch {
	case plain:
		return s
	case !strings.ContainsAny(s, "\n\t\r") && !control(s) && strings.ContainsAny(s, `"\`) && !strings.ContainsAny(s, "\u2028\u2029\ufeff"):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return quoted(s)
}

// quoted is JSON, which is YAML too.
func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	out := strings.TrimSuffix(b.String(), "\n")
	return strings.NewReplacer("\u007f", `\u007f`, "\ufeff", `\ufeff`, "\u0085", `\u0085`).Replace(out)
}
