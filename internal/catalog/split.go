package catalog

import "bytes"

// chunk is the text of one YAML document and the line on which it begins.
type chunk struct {
	line int
	text []byte
}

// splitDocuments cuts a file at its document markers, so that a document that
// is no YAML at all leaves its neighbours alone. A marker at the start of a
// line ends every scalar, so no parser is needed to find it. Documents that
// hold only comments, directives or blanks are left out.
//
// At most maxDocuments+1 are returned.
func splitDocuments(data []byte) []chunk {
	data = oneLineEnd(data)
	var out []chunk
	begin, beginLine, line := 0, 1, 1
	flush := func(end int) {
		if c := data[begin:end]; hasContent(c) && len(out) <= maxDocuments {
			out = append(out, chunk{line: beginLine, text: c})
		}
	}
	for at := 0; at < len(data); line++ {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		switch text := data[at:end]; {
		case isMarker(text, "---"):
			flush(at)
			begin, beginLine = at, line
		case isMarker(text, "..."):
			flush(at)
			begin, beginLine = at+bytes.Index(text, []byte("..."))+3, line
		}
		at = end
	}
	flush(len(data))
	return out
}

// oneLineEnd turns the line ends of old Macs, which no editor shows, into
// those of today.
func oneLineEnd(data []byte) []byte {
	for i, c := range data {
		if c == '\r' && i+1 < len(data) && data[i+1] != '\n' {
			data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
			return bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
		}
	}
	return data
}

// isMarker reports whether a line is a marker; a byte order mark may stand
// before it where files were joined.
func isMarker(line []byte, mark string) bool {
	line = bytes.TrimPrefix(line, byteOrderMark)
	if !bytes.HasPrefix(line, []byte(mark)) {
		return false
	}
	return len(line) == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\n' || line[3] == '\r'
}

// blanks are what may stand around content; other spaces of Unicode are text.
const blanks = " \t\r\n"

// hasContent reports whether a line of c is more than a comment, a bare marker
// or, before any marker, a directive.
func hasContent(c []byte) bool {
	marked := false
	for line := range bytes.Lines(c) {
		line = bytes.Trim(bytes.TrimPrefix(line, byteOrderMark), blanks)
		if bytes.HasPrefix(line, []byte("---")) {
			line, marked = bytes.Trim(line[3:], blanks), true
		}
		if len(line) > 0 && line[0] != '#' && (line[0] != '%' || marked) {
			return true
		}
	}
	return false
}
