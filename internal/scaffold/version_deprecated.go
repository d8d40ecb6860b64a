package scaffold

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Deprecation says that a template, or one version of it, should no longer be
// used. The zero value says that it may.
type Deprecation struct {
	Message     string `json:"message,omitempty"`
	Replacement string `json:"replacement,omitempty"` // reference of the template to use instead
	Withdrawn   bool   `json:"withdrawn,omitempty"`   // nothing new is made with it
}

// IsZero reports whether there is nothing to say.
func (d Deprecation) IsZero() bool { return d == Deprecation{} }

// The annotations that deprecate a template whose spec cannot say so.
const (
	DeprecatedAnnotation = "waymark.io/deprecated"
	ReplacedAnnotation   = "waymark.io/replaced-by"
)

// Deprecated is what the template's file says of itself: spec.deprecated (true,
// a message, or an object with message, replacement and withdrawn), the
// annotations, or spec.lifecycle deprecated.
func (t *Template) Deprecated() Deprecation {
	if t.now != nil { // what the file says today holds for what it was
		return t.now.Deprecated()
	}
	spec, notes := object(t.doc, "spec"), object(object(t.doc, "metadata"), "annotations")
	d := deprecation(spec["deprecated"])
	if d.IsZero() {
		d = Deprecation{Message: text(notes, DeprecatedAnnotation), Replacement: text(notes, ReplacedAnnotation)}
	}
	if d.IsZero() && strings.EqualFold(t.Lifecycle, "deprecated") {
		d.Message = "Its owner has marked this template as deprecated."
	}
	return d
}

func deprecation(v any) Deprecation {
	const plain = "This template is deprecated."
	switch v := v.(type) {
	case bool:
		if v {
			return Deprecation{Message: plain}
		}
	case string:
		return Deprecation{Message: strings.TrimSpace(v)}
	case map[string]any:
		d := Deprecation{Message: strings.TrimSpace(text(v, "message")), Replacement: text(v, "replacement")}
		if d.Withdrawn, _ = v["withdrawn"].(bool); d.Message == "" {
			d.Message = plain
		}
		return d
	}
	return Deprecation{}
}

// DeprecatedVersions are the versions that spec.deprecatedVersions names, each
// with a message: a list of objects with version, message and replacement.
func (t *Template) DeprecatedVersions() map[string]Deprecation {
	list, _ := object(t.doc, "spec")["deprecatedVersions"].([]any)
	out := map[string]Deprecation{}
	for _, x := range list {
		m, _ := x.(map[string]any)
		if v := text(m, "version"); v != "" {
			d := deprecation(m)
			if text(m, "message") == "" {
				d.Message = "This version is deprecated."
			}
			out[v] = d
		}
	}
	return out
}

// Versioned reports whether the template's file names its version. One that
// does not is numbered by Waymark with each change.
func (t *Template) Versioned() bool { return text(object(t.doc, "spec"), "version") != "" }

// UpgradeRules are the globs of files that upgrades take whole.
type UpgradeRules struct {
	Keep    []string // stay as the team has them
	Replace []string // become as the template has them
}

// UpgradeRules reads spec.upgrade.
func (t *Template) UpgradeRules() UpgradeRules {
	up := object(object(t.doc, "spec"), "upgrade")
	return UpgradeRules{Keep: texts(up["keep"]), Replace: texts(up["replace"])}
}

// maxChangelog bounds what is read of a changelog, in bytes.
const maxChangelog = 256 << 10

// Changelog is what the template says of one of its versions: spec.changelog
// (an object of versions), or the section of that version in CHANGELOG.md
// beside the template's file. Empty when it says nothing.
func (t *Template) Changelog(version string) string {
	if s := text(object(object(t.doc, "spec"), "changelog"), version); s != "" {
		return strings.TrimSpace(s)
	}
	if t.files == nil {
		return ""
	}
	b, err := fs.ReadFile(t.files, path.Join(path.Dir(t.file), "CHANGELOG.md"))
	if err != nil || len(b) > maxChangelog {
		return "" // most templates have none
	}
	return section(string(b), version)
}

var heading = regexp.MustCompile(`^(#{1,6})\s+(.*)$`)

// section is the part of a changelog under the heading that names a version.
func section(text, version string) string {
	var out []string
	level := 0
	for _, line := range strings.Split(text, "\n") {
		m := heading.FindStringSubmatch(strings.TrimRight(line, "\r"))
		switch {
		case level == 0 && m != nil && names(m[2], version):
			level = len(m[1])
		case level > 0 && m != nil && len(m[1]) <= level:
			return strings.TrimSpace(strings.Join(out, "\n"))
		case level > 0:
			out = append(out, strings.TrimRight(line, "\r"))
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// names reports whether a heading is of a version: 1.2.0, v1.2.0, [1.2.0] - 2026-01-02.
func names(heading, version string) bool {
	for _, word := range strings.FieldsFunc(heading, func(r rune) bool { return strings.ContainsRune(" \t[]():,–—", r) }) {
		if word == version || word == "v"+version {
			return true
		}
	}
	return false
}
