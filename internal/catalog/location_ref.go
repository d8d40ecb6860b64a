package catalog

import (
	"fmt"
	"strings"
)

// locationError is what is wrong with a location, in Backstage's words.
type locationError string

func (e locationError) Error() string { return string(e) }

// ParseLocation splits a location such as url:https://host/path into its type
// and target. It refuses what has no type or target, an address without url:
// in front, and scripts; the error's text is Backstage's own.
func ParseLocation(s string) (kind, target string, err error) {
	kind, target, found := strings.Cut(s, ":")
	kind, target = strings.TrimSpace(kind), strings.TrimSpace(target)
	switch {
	case !found || kind == "" || target == "":
		return "", "", locationError(fmt.Sprintf("Unable to parse location ref '%s', expected '<type>:<target>', e.g. 'url:https://host/path'", s))
	case kind == "http" || kind == "https":
		return "", "", locationError(fmt.Sprintf("Invalid location ref '%s', please prefix it with 'url:', e.g. 'url:%s'", s, s))
	case isScript(target):
		return "", "", locationError(fmt.Sprintf("Invalid location ref '%s', target is a javascript: URL", s))
	}
	return kind, target, nil
}
