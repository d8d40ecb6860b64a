package scaffold

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestPart is the longest name of one file or folder that every file
// system takes, in bytes.
const longestPart = 255

// devices are names that Windows keeps for itself, with any ending.
var devices = map[string]bool{"con": true, "prn": true, "aux": true, "nul": true, "conin$": true, "conout$": true}

func init() {
	for _, n := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"} {
		devices["com"+n], devices["lpt"+n] = true, true
	}
}

// checkPart says why a file or folder may not have a name: what one machine
// takes must mean the same on every other one that clones it.
func checkPart(part string) error {
	lower := strings.ToLower(part)
	base, _, _ := strings.Cut(lower, ".")
	switch {
	case len(part) > longestPart:
		return fmt.Errorf("the name %.40q is longer than %d bytes", part, longestPart)
	case devices[strings.TrimRight(base, " ")]:
		return fmt.Errorf("%q is a name that Windows keeps for itself", part)
	case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
		return fmt.Errorf("the name %q ends in a dot or a blank, which Windows drops", part)
	case lower == ".git" || strings.HasPrefix(lower, "git~") || strings.HasPrefix(lower, ".git:"):
		return fmt.Errorf("%q is Git's own folder", part)
	case len(part) == 2 && part[1] == ':' && unicode.IsLetter(rune(part[0])):
		return fmt.Errorf("%q names a drive", part)
	}
	return nil
}

// invisible reports whether r cannot be told from nothing, so that two names
// would look, or on some disks be, the same.
func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError
}

// checkParts checks every part of a clean path.
func checkParts(p string) error {
	if !utf8.ValidString(p) || strings.ContainsFunc(p, invisible) {
		return fmt.Errorf("the path %.80q holds characters that cannot be seen", p)
	}
	for part := range strings.SplitSeq(p, "/") {
		if err := checkPart(part); err != nil {
			return err
		}
	}
	return nil
}

// checkLink refuses a link that leads out of the workspace.
func checkLink(p, to string) error {
	switch {
	case to == "" || len(to) > maxName || strings.ContainsAny(to, "\\\x00"):
		return fmt.Errorf("the link %q leads to no path", p)
	case path.IsAbs(to):
		return fmt.Errorf("the link %q leads out of the workspace, to %.80q", p, to)
	}
	if at := path.Join(path.Dir(p), to); at == ".." || strings.HasPrefix(at, "../") {
		return fmt.Errorf("the link %q leads out of the workspace, to %.80q", p, to)
	}
	return nil
}

// under is p below a folder that a step names, unchecked.
func under(dir, p string) string {
	if dir == "" {
		return p
	}
	return strings.TrimSuffix(dir, "/") + "/" + p
}
