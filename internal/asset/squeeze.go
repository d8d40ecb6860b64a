package asset

import (
	"bytes"
	"regexp"
	"strings"
)

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssAround  = regexp.MustCompile(`\s*([{};,])\s*`)
	spaces     = regexp.MustCompile(`\s+`)
)

// squeeze leaves out what the browser does not read: comments and the space
// around lines of our own sources. Vendored files are small already.
func squeeze(name string, src []byte) []byte {
	switch {
	case strings.HasPrefix(name, "css/"):
		src = cssComment.ReplaceAll(src, nil)
		src = cssAround.ReplaceAll(src, []byte("$1"))
		return spaces.ReplaceAll(bytes.TrimSpace(src), []byte(" "))
	case strings.HasPrefix(name, "js/"):
		var out bytes.Buffer
		for line := range bytes.Lines(src) {
			line = bytes.TrimSpace(line)
			if len(line) == 0 || bytes.HasPrefix(line, []byte("//")) {
				continue
			}
			out.Write(line)
			out.WriteByte('\n')
		}
		return bytes.TrimSpace(out.Bytes())
	default:
		return src
	}
}
