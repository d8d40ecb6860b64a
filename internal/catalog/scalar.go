package catalog

import (
	"math"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// scalar gives the value of a scalar as YAML 1.2 sees it: yes, on, dates and
// 1_000 are text, 010 is ten.
func scalar(n *yaml.Node) any {
	if n.Style&yaml.TaggedStyle != 0 {
		return tagged(n)
	}
	if n.Style != 0 { // quoted, or a block
		return n.Value
	}
	return plain(n.Value)
}

// tagged gives the value of a scalar whose type is written, such as !!str 1.
func tagged(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null", "!!bool", "!!int", "!!float":
		return plain(n.Value)
	}
	return n.Value
}

// plain gives the value of an unquoted scalar by the core schema.
func plain(s string) any {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if c := s[0]; c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') {
		return s
	}
	return number(s)
}

func number(s string) any {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" {
		return s
	}
	if isDigits(digits) {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i
		}
	}
	if base := map[string]int{"0o": 8, "0x": 16}[s[:min(2, len(s))]]; base > 0 {
		if i, err := strconv.ParseUint(s[2:], base, 63); err == nil {
			return int64(i)
		}
		return s
	}
	for i := range len(digits) {
		if c := digits[i]; (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' {
			return s
		}
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsInf(f, 0) && strings.ContainsAny(digits, "0123456789") {
		return f
	}
	return s
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }
