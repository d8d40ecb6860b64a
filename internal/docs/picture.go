package docs

import (
	"bytes"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	_ "image/png"  // sizes of pictures
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// maxPictureHead is how much of a picture is read to learn its size.
const maxPictureHead = 64 << 10

// pictureSize is the width and height of a picture of the site, so that the
// page keeps its place before it is loaded; zero when they cannot be told.
func (s *Site) pictureSize(file string) (width, height int) {
	if !s.files[file] {
		return 0, 0
	}
	f, err := s.fsys.Open(s.inSource(file))
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, maxPictureHead))
	if err != nil {
		return 0, 0
	}
	if strings.EqualFold(path.Ext(file), ".svg") {
		return svgSize(head)
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(head))
	if err != nil || c.Width > 20_000 || c.Height > 20_000 {
		return 0, 0
	}
	return c.Width, c.Height
}

var (
	svgTag  = regexp.MustCompile(`(?s)<svg\b[^>]*>`)
	svgAttr = regexp.MustCompile(`\b(width|height|viewBox)\s*=\s*["']([^"']*)["']`)
)

// svgSize reads width and height, else the view box.
func svgSize(head []byte) (width, height int) {
	var box []string
	for _, m := range svgAttr.FindAllSubmatch(svgTag.Find(head), -1) {
		value := string(m[2])
		switch string(m[1]) {
		case "width":
			width = pixels(value)
		case "height":
			height = pixels(value)
		default:
			box = strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' })
		}
	}
	if (width == 0 || height == 0) && len(box) == 4 {
		width, height = pixels(box[2]), pixels(box[3])
	}
	return width, height
}

// pixels reads "640", "640.5" or "640px"; zero for anything else.
func pixels(s string) int {
	f, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(s), "px"), 64)
	if err != nil || f < 1 || f > 20_000 {
		return 0
	}
	return int(f + 0.5)
}
