package catalog

import "strings"

// The formats of names (Backstage's rules, see the table in the tests). They
// are written by hand because they run for every field of every document.

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isLowerAlnum(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// isObjectName: 1 to 63 letters, digits, - _ . that begin and end with a
// letter or digit.
func isObjectName(s string) bool {
	if len(s) < 1 || len(s) > 63 || !isAlnum(s[0]) || !isAlnum(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// isDNSLabel: 1 to 63 lower-case letters, digits and inner hyphens.
func isDNSLabel(s string) bool {
	return len(s) <= 63 && isHyphenated(s, isLowerAlnum)
}

// isTag: 1 to 63 of a-z 0-9 : + #, with single hyphens inside.
func isTag(s string) bool {
	ok := isHyphenated(s, func(c byte) bool { return isLowerAlnum(c) || c == ':' || c == '+' || c == '#' })
	return ok && len(s) <= 63 && !strings.Contains(s, "--")
}

func isHyphenated(s string, part func(byte) bool) bool {
	if s == "" || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if s[i] != '-' && !part(s[i]) {
			return false
		}
	}
	return true
}

// isSubdomain: DNS labels joined by dots, at most 253.
func isSubdomain(s string) bool {
	if len(s) > 253 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !isDNSLabel(part) {
			return false
		}
	}
	return true
}

func isKind(s string) bool {
	return len(s) <= 63 && isAlnumText(s) && !(s[0] >= '0' && s[0] <= '9')
}

func isAlnumText(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) {
			return false
		}
	}
	return s != ""
}

func isAPIVersion(s string) bool {
	prefix, suffix, found := strings.Cut(s, "/")
	if !found {
		prefix, suffix = "", s
	}
	return (!found || isSubdomain(prefix)) && len(suffix) <= 63 && isAlnumText(suffix)
}

// isAnnotationKey is also the rule for label keys.
func isAnnotationKey(s string) bool {
	prefix, name, found := strings.Cut(s, "/")
	if !found {
		return isObjectName(s)
	}
	return isSubdomain(prefix) && isObjectName(name)
}

func isLabelValue(s string) bool { return s == "" || isObjectName(s) }
