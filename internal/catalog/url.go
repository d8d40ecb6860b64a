package catalog

import (
	"net/netip"
	"strconv"
	"strings"
)

// isURL reports whether s is an address as browsers parse it (the WHATWG
// rules): mailto:a@b is one, a bare word or a path is not.
func isURL(s string) bool {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	s = onOneLine(s)
	scheme, rest, found := strings.Cut(s, ":")
	if !found || !isScheme(scheme) {
		return false
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "ws", "wss", "ftp":
		rest = strings.TrimLeft(strings.ReplaceAll(rest, `\`, "/"), "/")
		return isAuthority(untilAny(rest, "/?#"), true)
	case "file":
		rest = strings.ReplaceAll(rest, `\`, "/")
		host, ok := strings.CutPrefix(rest, "//")
		host = untilAny(host, "/?#")
		return !ok || host == "" || isDrive(host) || isHost(host, true)
	}
	rest, ok := strings.CutPrefix(rest, "//")
	return !ok || isAuthority(untilAny(rest, "/?#"), false)
}

func untilAny(s, stops string) string {
	if i := strings.IndexAny(s, stops); i >= 0 {
		return s[:i]
	}
	return s
}

func isDrive(s string) bool { return len(s) == 2 && isLetter(s[0]) && (s[1] == ':' || s[1] == '|') }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isScheme(s string) bool {
	if s == "" || !isLetter(s[0]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// isAuthority checks user, host and port; web is false for schemes that no
// browser knows, whose hosts may be anything.
func isAuthority(s string, web bool) bool {
	at := strings.LastIndexByte(s, '@')
	host, port := s[at+1:], ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host, port = host[:i], host[i+1:]
	}
	if n, err := strconv.ParseUint(port, 10, 32); port != "" && (err != nil || n > 65535) {
		return false
	}
	if host == "" {
		return !web && at < 0 && port == ""
	}
	return isHost(host, web)
}

func isHost(s string, web bool) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		a, err := netip.ParseAddr(inner)
		return ok && err == nil && a.Is6() && a.Zone() == ""
	}
	if web {
		s = unescape(s)
	}
	for _, r := range s {
		if strings.ContainsRune("\x00\t\n\r #/:<>?@[\\]^|", r) || web && (r < ' ' || r == '%' || r == 0x7f) {
			return false
		}
	}
	return s != "" && (!web || isAddressOrName(s))
}

// isAddressOrName refuses hosts that end in a number and are no IPv4 address.
func isAddressOrName(s string) bool {
	if s == "." {
		return true
	}
	parts := strings.Split(strings.TrimSuffix(s, "."), ".")
	last := strings.ToLower(parts[len(parts)-1])
	if _, err := strconv.ParseUint(strings.TrimPrefix(last, "0x"), 16, 64); last == "" || err != nil && last != "0x" {
		return last != "" || len(parts) > 1
	}
	if !strings.HasPrefix(last, "0x") && strings.Trim(last, "0123456789") != "" {
		return true // letters that happen to be hexadecimal
	}
	if len(parts) > 4 {
		return false
	}
	for i, p := range parts {
		n, err := ipv4Part(p)
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (5 - len(parts))
		}
		if err != nil || n>>bits != 0 {
			return false
		}
	}
	return true
}

func ipv4Part(p string) (uint64, error) {
	switch lower := strings.ToLower(p); {
	case lower == "0x":
		return 0, nil
	case strings.HasPrefix(lower, "0x"):
		return strconv.ParseUint(lower[2:], 16, 64)
	case len(p) > 1 && p[0] == '0':
		return strconv.ParseUint(p, 8, 64)
	}
	return strconv.ParseUint(p, 10, 64)
}

// unescape decodes %41 and leaves what is no such escape.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// isScript reports whether a browser would run s as a script when somebody
// follows it: javascript:, with the characters in between that it ignores.
func isScript(s string) bool {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return r <= ' ' })
	if s == "" || s[0] != 'j' && s[0] != 'J' {
		return false
	}
	head, _, found := strings.Cut(s, ":")
	return found && strings.EqualFold(onOneLine(head), "javascript")
}

// onOneLine leaves out what browsers leave out of addresses.
func onOneLine(s string) string {
	if !strings.ContainsAny(s, "\t\n\r") {
		return s
	}
	return strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
}
