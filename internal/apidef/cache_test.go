package apidef

import (
	"fmt"
	"strings"
	"testing"
)

func TestCacheKeepsWhatItReadAndNotTooMuch(t *testing.T) {
	var c Cache
	in := Input{Type: "openapi", Text: file(t, "openapi3.yaml")}
	first := c.Read("a", in)
	if c.Read("a", in) != first {
		t.Error("the same key was read twice")
	}
	if c.Read("b", in) == first {
		t.Error("another key gave the same")
	}
	long := Input{Type: "text", Text: strings.Repeat("x", 1<<20)}
	for i := range 20 {
		c.Read(fmt.Sprint(i), long)
	}
	if c.size > maxKept+len(long.Text) || len(c.kept) > 5 {
		t.Errorf("%d bytes in %d are kept, at most %d", c.size, len(c.kept), maxKept)
	}
}
