package docs

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/styles"
)

// The grounds on which code stands, in light and dark (--muted of tokens.css).
var (
	lightGround = chroma.NewColour(0xf0, 0xf4, 0xf1)
	darkGround  = chroma.NewColour(0x22, 0x29, 0x28)
)

// TestChromaCSS keeps static/css/chroma.css in step with the token classes and
// readable: every colour has a contrast of at least 4.5 to its ground.
func TestChromaCSS(t *testing.T) {
	const file = "../../static/css/chroma.css"
	want := chromaCSS()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./internal/docs -run ChromaCSS -update", file)
	}
}

// chromaCSS writes one rule for each pair of colours.
func chromaCSS() string {
	light, dark := styles.Get("github"), styles.Get("github-dark")
	rules := map[string][]string{}
	for typ, class := range chroma.StandardTypes {
		if class == "" || tokenClass(typ) != class {
			continue
		}
		l, d := light.Get(typ), dark.Get(typ)
		if !l.Colour.IsSet() || !d.Colour.IsSet() {
			continue
		}
		rule := fmt.Sprintf("color: light-dark(%s, %s);", readable(l.Colour, lightGround), readable(d.Colour, darkGround))
		if typ.InCategory(chroma.Comment) {
			rule += " font-style: italic;"
		}
		rules[rule] = append(rules[rule], ".chroma ."+class)
	}
	var b strings.Builder
	b.WriteString("/* Colours of code, light and dark: made by go test ./internal/docs -run ChromaCSS -update, from chroma's styles github and github-dark. */\n")
	for _, rule := range slices.SortedFunc(maps.Keys(rules), func(a, b string) int {
		return cmp.Or(strings.Compare(slices.Min(rules[a]), slices.Min(rules[b])), strings.Compare(a, b))
	}) {
		slices.Sort(rules[rule])
		b.WriteString(strings.Join(rules[rule], ", ") + " { " + rule + " }\n")
	}
	return b.String()
}

// readable moves c towards black or white until it can be read on ground.
func readable(c, ground chroma.Colour) chroma.Colour {
	step := 0.04
	if luminance(ground) > 0.5 {
		step = -step
	}
	for contrast(c, ground) < 4.6 {
		move := func(v uint8) uint8 { return uint8(max(0, min(255, float64(v)+step*255))) }
		c = chroma.NewColour(move(c.Red()), move(c.Green()), move(c.Blue()))
	}
	return c
}

func contrast(a, b chroma.Colour) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c chroma.Colour) float64 {
	part := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.03928 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.Red()) + 0.7152*part(c.Green()) + 0.0722*part(c.Blue())
}
