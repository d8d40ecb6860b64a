package asset

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"sort"
)

// bundle is one served file and the sources it is made of, in order.
// A source with a star means every match that an earlier source did not take.
type bundle struct {
	name   string
	parts  []string
	except string // a match of the star that belongs elsewhere
	packed bool   // the source is under gzip already
}

var bundles = []bundle{
	{name: CSS, parts: []string{"vendor/basecoat/basecoat.cdn.min.css", "css/*.css"}},
	{name: JS, parts: []string{
		"vendor/htmx/htmx.min.js", "vendor/htmx/hx-sse.min.js", "vendor/htmx/hx-preload.min.js", "js/*.js",
	}, except: "js/mermaid-frame.js"},
	{name: ECharts, parts: []string{"vendor/echarts/echarts.min.js.gz"}, packed: true},
	{name: Mermaid, parts: []string{"vendor/mermaid/mermaid.min.js.gz"}, packed: true},
	{name: MermaidFrame, parts: []string{"js/mermaid-frame.js"}},
	{name: Icons, parts: []string{"icons.svg"}},
	{name: Favicon, parts: []string{"favicon.svg"}},
}

var mimes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// sourceMap is the comment that would make the browser's tools ask for a file
// that is not served.
var sourceMap = regexp.MustCompile(`(?m)^//# sourceMappingURL=.*$`)

func (b bundle) join(files fs.FS) ([]byte, error) {
	names, err := b.sources(files)
	if err != nil {
		return nil, err
	}
	if len(names) == 1 {
		return fs.ReadFile(files, names[0])
	}
	var out bytes.Buffer
	for _, name := range names {
		part, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		out.Write(squeeze(name, bytes.TrimSpace(sourceMap.ReplaceAll(part, nil))))
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

func (b bundle) sources(files fs.FS) ([]string, error) {
	var names []string
	for _, pattern := range b.parts {
		found, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("nothing matches %s", pattern)
		}
		sort.Strings(found)
		for _, name := range found {
			if name != b.except {
				names = append(names, name)
			}
		}
	}
	return names, nil
}
