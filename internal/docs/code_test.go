package docs

import (
	"html"
	"strings"
	"testing"
)

func TestCodeLinesAreAllThere(t *testing.T) {
	tests := []struct {
		name, info, code, want string
	}{
		{"numbered", `go linenums="7" hl_lines="3"`, "package main\n\nfunc main() {}\n", "7: package main|8: |9*: func main() {}"},
		{"marked only", `go hl_lines="1-2"`, "package main\n\nvar a = `x\ny`\n", "*: package main|*: |: var a = `x|: y`"},
		{"no language", `text hl_lines="2"`, "a\n\n\nb\n", ": a|*: |: |: b"},
		{"one line", `go linenums="1"`, "package main\n", "1: package main"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Render([]byte("```"+tt.info+"\n"+tt.code+"```\n"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := codeLines(r.HTML); got != tt.want {
				t.Errorf("got  %q\nwant %q\n%s", got, tt.want, r.HTML)
			}
		})
	}
}

// codeLines writes each line as "number*: text", the star for a marked one.
func codeLines(page string) string {
	var out []string
	for _, l := range strings.Split(page, `<span class="line`)[1:] {
		mark, number := "", ""
		if strings.HasPrefix(l, " hl") {
			mark = "*"
		}
		head, body, _ := strings.Cut(l, ">")
		if _, n, ok := strings.Cut(head, `data-line="`); ok {
			number = strings.TrimSuffix(n, `"`)
		}
		out = append(out, number+mark+": "+strings.TrimRight(html.UnescapeString(tags.ReplaceAllString(body, "")), "\n"))
	}
	return strings.Join(out, "|")
}

func TestVeryMuchCodeStaysPlain(t *testing.T) {
	block := "```go\n" + strings.Repeat("var a = 1\n", 3000) + "```\n\n"
	r, err := Render([]byte(block+block+block), Options{})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(r.HTML, `<pre class="chroma"`)
	if !strings.Contains(parts[1], `class="kd"`) || strings.Contains(parts[3], `class="kd"`) || !strings.Contains(parts[3], "var a = 1") {
		t.Error("the first block must be coloured, the third one plain")
	}
}
