package scaffolder

import "strings"

// Mine reports whether a path belongs to this API, so that its errors have
// the shape that Backstage's clients read.
func Mine(path string) bool { return path == Prefix || strings.HasPrefix(path, Prefix+"/") }
