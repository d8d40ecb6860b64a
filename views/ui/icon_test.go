package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the module's folder.
const root = "../../"

func sprite(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(root + "static/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestIconsHashIsThatOfTheSprite(t *testing.T) {
	sum := sha256.Sum256(sprite(t))
	if want := hex.EncodeToString(sum[:])[:12]; iconsHash != want {
		t.Errorf("iconsHash is %q; static/icons.svg has %q", iconsHash, want)
	}
}

var (
	symbol = regexp.MustCompile(`<symbol id="([^"]+)"`)
	// The places where an icon is named: calls, and fields of props.
	named = regexp.MustCompile(`(?:\b(?:ui\.)?(?:Icon|Kind|MenuLink|MenuPost)\(|\bIcon:\s*)"([a-z0-9-]+)"`)
)

// TestEveryNamedIconExists reads all sources: a name that is not in the sprite
// would be drawn as nothing.
func TestEveryNamedIconExists(t *testing.T) {
	known := map[string]bool{}
	for _, m := range symbol.FindAllSubmatch(sprite(t), -1) {
		known[string(m[1])] = true
	}
	seen := 0
	for _, folder := range []string{"views", "handlers", "web", "internal", "cmd"} {
		err := filepath.WalkDir(root+folder, func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") {
				return err
			}
			src, err := os.ReadFile(path)
			for _, m := range named.FindAllSubmatch(src, -1) {
				seen++
				if name := string(m[1]); !known[name] {
					t.Errorf("%s: there is no icon %q in static/icons.svg", path, name)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 10 {
		t.Errorf("only %d icons found in the sources: the pattern is wrong", seen)
	}
}
