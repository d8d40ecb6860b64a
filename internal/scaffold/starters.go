package scaffold

import (
	"embed"
	"path"
	"strings"
)

// starters are what files of a golden path begin with when it gives them no
// content, by language: starters/<language>/<name>.njk, then starters/any.
//
//go:embed all:starters
var starters embed.FS

// starter is the content of a file of that name, false when none is known.
func starter(language, file string) (string, bool) {
	base := path.Base(file)
	for _, dir := range []string{language, "any"} {
		if dir == "" {
			continue
		}
		for _, name := range []string{file, base} {
			if b, err := starters.ReadFile("starters/" + dir + "/" + name + ".njk"); err == nil {
				return string(b), true
			}
		}
	}
	return "", false
}

// opening is the first line of a file that nothing is known of: what it is
// for, in a comment of its language.
func opening(file string) string {
	base := path.Base(file)
	about := base + " of ${{ values.name }}."
	switch path.Ext(base) {
	case ".go":
		pkg := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, strings.ToLower(path.Base(path.Dir(file))))
		if pkg == "" || pkg[0] <= '9' {
			pkg = "service"
		}
		return "// Package " + pkg + " is a part of ${{ values.name }}.\npackage " + pkg + "\n"
	case ".md":
		return "# ${{ values.name }}: " + strings.TrimSuffix(base, ".md") + "\n"
	case ".yaml", ".yml", ".py", ".sh", ".toml", ".tf", ".rb", "":
		if strings.HasSuffix(base, ".sh") {
			return "#!/bin/sh\n# " + about + "\nset -eu\n"
		}
		return "# " + about + "\n"
	case ".js", ".ts", ".java", ".kt", ".rs", ".proto", ".c", ".cs":
		return "// " + about + "\n"
	case ".sql":
		return "-- " + about + "\n"
	case ".json":
		return "{}\n"
	}
	return ""
}
