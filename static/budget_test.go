package static_test

import (
	"bytes"
	"io/fs"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/asset"
	"github.com/waymark-portal/waymark/static"
)

// What a page without charts may move, gzipped: 80 KB, of which JavaScript 40.
// The rest of the 80 KB is for the page itself.
var budgets = map[string]int{
	asset.JS: 40 << 10, asset.CSS: 36 << 10, asset.Icons: 12 << 10, asset.Favicon: 1 << 10, asset.ECharts: 400 << 10, asset.MermaidFrame: 2 << 10,
}

func TestAssetsStayInTheirBudget(t *testing.T) {
	begin := time.Now()
	set, err := asset.New(static.Files)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 300*time.Millisecond {
		t.Errorf("bundling took %s of the start, want under 300 ms", took)
	}
	page := 0
	for name, budget := range budgets {
		r := httptest.NewRequest("GET", set.URL(name), nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		set.ServeHTTP(w, r)
		n := w.Body.Len()
		if w.Code != 200 || n > budget {
			t.Errorf("%s: status %d, %d bytes gzipped, budget %d", name, w.Code, n, budget)
		}
		if name != asset.ECharts && name != asset.MermaidFrame {
			page += n
		}
	}
	if page > 70<<10 {
		t.Errorf("a page's assets are %d bytes gzipped; with the page itself that is over 80 KB", page)
	}
}

func TestScriptsAreSmallAndFitThePolicy(t *testing.T) {
	names, err := fs.Glob(static.Files, "js/*.js")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d scripts, %v", len(names), err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(static.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(src, []byte("\n")); n > 100 {
			t.Errorf("%s has %d lines; one behaviour fits in 100", name, n)
		}
		if !strings.HasPrefix(string(src), "// ") {
			t.Errorf("%s does not say what it does", name)
		}
		for _, bad := range []string{"eval(", "new Function", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "http://", "https://"} {
			if bytes.Contains(src, []byte(bad)) {
				t.Errorf("%s uses %s", name, bad)
			}
		}
	}
}

func TestStylesLoadNothingFromElsewhere(t *testing.T) {
	names, err := fs.Glob(static.Files, "css/*.css")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d styles, %v", len(names), err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(static.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"url(", "@import", "image-set("} {
			if bytes.Contains(src, []byte(bad)) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
}
