package catalog

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// checkText refuses what no YAML file may hold, with the line where it stands:
// bytes that are no UTF-8, and control characters.
func checkText(text []byte) error {
	at, bad := badCharacter(text)
	if at < 0 {
		return nil
	}
	line := 1 + bytes.Count(text[:at], []byte("\n"))
	if bad == utf8.RuneError {
		fe := &fieldError{code: "syntax", line: line, message: "The text is not valid UTF-8.", fix: "Save the file as UTF-8."}
		if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
			fe.message = "The file is UTF-16, not UTF-8."
		}
		return fe
	}
	return &fieldError{code: "syntax", line: line, message: fmt.Sprintf("The line holds the control character U+%04X.", bad),
		fix: "Remove it; in double quotes it can be written as an escape such as \\u0007."}
}

// badCharacter finds the first character that YAML does not allow; at is -1
// when there is none, and bad is utf8.RuneError for what is no UTF-8.
func badCharacter(text []byte) (at int, bad rune) {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
				return i, rune(c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return i, utf8.RuneError
		case r < 0xa0 && r != 0x85, r == 0xfffe, r == 0xffff:
			return i, r
		}
		i += n
	}
	return -1, 0
}
