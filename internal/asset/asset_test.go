package asset

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func tree() fstest.MapFS {
	f := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"vendor/basecoat/basecoat.cdn.min.css": f(".btn{}"),
		"css/b.css":                            f(".b{}"),
		"css/a.css":                            f(".a{}"),
		"vendor/htmx/htmx.min.js":              f("htmx();\n//# sourceMappingURL=htmx.min.js.map\n"),
		"vendor/htmx/hx-sse.min.js":            f("sse();"),
		"vendor/htmx/hx-preload.min.js":        f("preload();"),
		"js/toast.js":                          f("toast();"),
		"js/mermaid-frame.js":                  f("frame();"),
		"vendor/echarts/echarts.min.js.gz":     {Data: pack([]byte("echarts();"))},
		"vendor/mermaid/mermaid.min.js.gz":     {Data: pack([]byte("mermaid();"))},
		"icons.svg":                            f("<svg/>"),
		"favicon.svg":                          f("<svg/>"),
	}
}

func get(t *testing.T, s *Set, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func newSet(t *testing.T) *Set {
	t.Helper()
	s, err := New(tree())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBundles(t *testing.T) {
	s := newSet(t)
	tests := []struct{ name, mime, want string }{
		{CSS, "text/css; charset=utf-8", ".btn{}\n.a{}\n.b{}\n"},
		{JS, "text/javascript; charset=utf-8", "htmx();\nsse();\npreload();\ntoast();\n"},
		{ECharts, "text/javascript; charset=utf-8", "echarts();"},
		{Mermaid, "text/javascript; charset=utf-8", "mermaid();"},
		{MermaidFrame, "text/javascript; charset=utf-8", "frame();"},
		{Icons, "image/svg+xml", "<svg/>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(t, s, s.URL(tt.name))
			if w.Code != http.StatusOK || w.Body.String() != tt.want {
				t.Errorf("got %d %q, want 200 %q", w.Code, w.Body, tt.want)
			}
			if got := w.Header().Get("Content-Type"); got != tt.mime {
				t.Errorf("Content-Type %q, want %q", got, tt.mime)
			}
			if got := w.Header().Get("Cache-Control"); got != year {
				t.Errorf("Cache-Control %q, want %q", got, year)
			}
			packed := get(t, s, s.URL(tt.name), "Accept-Encoding", "br, gzip")
			if packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("not packed: %v", packed.Header())
			}
			raw, err := unpack(packed.Body.Bytes())
			if err != nil || string(raw) != tt.want {
				t.Errorf("packed holds %q (%v), want %q", raw, err, tt.want)
			}
		})
	}
}

func TestAddressChangesWithTheContent(t *testing.T) {
	before := newSet(t).URL(CSS)
	files := tree()
	files["css/a.css"].Data = []byte(".a{color:red}")
	s, err := New(files)
	if err != nil {
		t.Fatal(err)
	}
	if after := s.URL(CSS); after == before || !strings.HasPrefix(after, "/assets/app.") || !strings.HasSuffix(after, ".css") {
		t.Errorf("address %q after a change, %q before", after, before)
	}
	if w := get(t, s, before); w.Code != http.StatusNotFound {
		t.Errorf("old address answers %d, want 404", w.Code)
	}
}

func TestConditionalAndRefused(t *testing.T) {
	s := newSet(t)
	etag := get(t, s, s.URL(JS)).Header().Get("ETag")
	if w := get(t, s, s.URL(JS), "If-None-Match", etag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("If-None-Match answers %d with %d bytes, want 304 empty", w.Code, w.Body.Len())
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, s.URL(JS), nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST answers %d, want 405", w.Code)
	}
	if w := get(t, s, Prefix+"../go.mod"); w.Code != http.StatusNotFound {
		t.Errorf("a path outside answers %d, want 404", w.Code)
	}
}

func TestMissingPartStopsTheStart(t *testing.T) {
	files := tree()
	delete(files, "vendor/htmx/htmx.min.js")
	if _, err := New(files); err == nil || !strings.Contains(err.Error(), "htmx.min.js") {
		t.Errorf("got %v, want an error that names htmx.min.js", err)
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "deflate, gzip;q=0.5": true, "gzip;q=0": false, "br": false,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("acceptsGzip(%q) = %t, want %t", header, got, want)
		}
	}
}

func TestSqueezeKeepsTheMeaning(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"css/a.css", "/* why */\n.a > b , .c {\n  color : red ;\n  margin: 0 auto;\n}\n", ".a > b,.c{color : red;margin: 0 auto;}"},
		{"js/a.js", "// why\n(() => {\n  // inside\n  const a = 'b // c';\n\n  go(a);\n})();\n", "(() => {\nconst a = 'b // c';\ngo(a);\n})();"},
		{"vendor/x.js", "  // kept\n", "  // kept\n"},
	}
	for _, tt := range tests {
		if got := string(squeeze(tt.name, []byte(tt.in))); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestPackRoundTrip(t *testing.T) {
	in := bytes.Repeat([]byte("waymark "), 1000)
	out, err := unpack(pack(in))
	if err != nil || !bytes.Equal(in, out) {
		t.Errorf("unpack(pack(x)) is not x (%v)", err)
	}
}
