package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/fault"
)

// File is one file of a source, ready to be parsed.
type File struct {
	Source   string // source id
	Path     string // inside the source
	Location string // of the file, such as file:/srv/catalog/a.yaml
	Version  string // commit, if there is one
	Trusted  bool
	Data     []byte
	// Read reads what a placeholder names: a path relative to the file, or an
	// absolute address.
	Read func(name string) ([]byte, error)
}

// Document is what became of one document of a file.
type Document struct {
	Number   int
	Line     int
	Ref      Ref     // as far as it can be told, canonical
	Entity   *Entity // nil when the document cannot be used
	Problems []Problem
}

// Parse reads every document of f by itself. Each one yields an entity, or at
// least one problem of severity Error, or both when there are only warnings.
func Parse(f File) []Document {
	if len(f.Data) > maxFileBytes {
		return []Document{{Problems: []Problem{f.problem(0, 0, &fieldError{code: "limit",
			message: fmt.Sprintf("The file is larger than %d MB and was not read.", maxFileBytes>>20),
			fix:     "Split it, or move large definitions to files named with $text."}, Ref{}, "")}}}
	}
	var out []Document
	inherited := ""
	for i, c := range splitDocuments(f.Data) {
		d := f.document(i+1, c, inherited)
		if d.Entity != nil {
			inherited = d.Entity.APIVersion
		}
		if d.Entity != nil || len(d.Problems) > 0 {
			out = append(out, d)
		}
	}
	return out
}

// document parses one document. A document that is null yields nothing.
func (f File) document(n int, c chunk, inherited string) Document {
	d := Document{Number: n, Line: c.line + leadingLines(c.text)}
	root, v, err := decodeDocument(c.text)
	if v == nil && err == nil {
		return d
	}
	doc, isMap := v.(map[string]any)
	if err == nil && !isMap {
		err = &fieldError{code: "syntax", message: "The document is not an object.", fix: "Write keys and values: apiVersion, kind, metadata, spec."}
	}
	if err != nil {
		d.Ref = guessRef(c.text)
		d.Problems = []Problem{f.problem(n, c.line, asField(err), d.Ref, "")}
		return d
	}
	f.build(&d, doc, root, c.line, inherited)
	return d
}

// build validates doc and fills d.
func (f File) build(d *Document, doc map[string]any, root *yaml.Node, offset int, inherited string) {
	var found []*fieldError
	if _, err := (&resolver{read: f.Read}).resolve(doc, nil); err != nil {
		found = append(found, err)
	}
	found = append(found, normalise(doc, inherited)...)
	d.Ref = refOf(doc)
	if len(found) == 0 || found[0].warning {
		found = append(found, validate(doc)...)
	}
	if !fatal(found) {
		settle(doc)
		e := fromDocument(doc)
		d.Ref = e.Ref
		var bad []*fieldError
		e.Relations, bad = emitted(e)
		found = append(found, bad...)
		found = append(found, f.distrust(e.Ref)...)
		if !fatal(found) {
			f.stamp(&e, d)
			d.Entity = &e
		}
	}
	owner, tags := ownerOf(doc, d.Ref), tagsOf(doc)
	for _, fe := range found {
		if fe.line == 0 {
			fe.line = lineOf(root, fe.path)
		}
		p := f.problem(d.Number, offset, fe, d.Ref, owner)
		p.Tags = tags
		d.Problems = append(d.Problems, p)
	}
}

// tagsOf are the tags of a document, as far as they can be told.
func tagsOf(doc map[string]any) []string {
	meta, _ := doc["metadata"].(map[string]any)
	list, _ := meta["tags"].([]any)
	var out []string
	for _, v := range list {
		if tag, ok := v.(string); ok {
			out = append(out, tag)
		}
	}
	return out
}

func fatal(list []*fieldError) bool {
	for _, fe := range list {
		if !fe.warning {
			return true
		}
	}
	return false
}

// distrust refuses kinds that decide who is who from sources that are not
// marked as trusted.
func (f File) distrust(r Ref) []*fieldError {
	if f.Trusted || !trustedKinds[r.Kind] {
		return nil
	}
	return []*fieldError{{code: "untrusted", path: []string{"kind"},
		message: fmt.Sprintf("A %s is accepted from trusted sources only; this source is not one, so it was not stored.", r.Kind),
		fix:     "Move it to a source that the configuration marks with trusted: true, or ask an administrator to mark this one."}}
}

// The annotations that the catalog itself writes.
const (
	annotationManaged = "backstage.io/managed-by-location"
	annotationOrigin  = "backstage.io/managed-by-origin-location"
	annotationView    = "backstage.io/view-url"
	annotationEdit    = "backstage.io/edit-url"
	annotationFolder  = "backstage.io/source-location"
)

// stamp writes where the entity came from.
func (f File) stamp(e *Entity, d *Document) {
	e.Source = Source{ID: f.Source, Location: f.Location, File: f.Path, Document: d.Number, Line: d.Line, Version: f.Version}
	notes := e.Metadata.Annotations
	if notes == nil {
		notes = map[string]string{}
		e.Metadata.Annotations = notes
	}
	notes[annotationManaged], notes[annotationOrigin] = f.Location, f.Source
	if folder, ok := folderOf(f.Location); ok && notes[annotationFolder] == "" {
		notes[annotationFolder] = folder
	}
	if target, ok := strings.CutPrefix(f.Location, "url:"); ok {
		if notes[annotationView] == "" {
			notes[annotationView] = target
		}
		if notes[annotationEdit] == "" && !hasCommit.MatchString(target) {
			notes[annotationEdit] = strings.Replace(target, "/blob/", "/edit/", 1)
		}
	}
	for _, key := range []string{annotationView, annotationEdit} {
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(notes[key])), "javascript:") {
			notes[key] = "https://waymark.invalid/rejected-for-security"
		}
	}
}

var hasCommit = regexp.MustCompile(`\b[0-9a-f]{40}\b`)

func folderOf(location string) (string, bool) {
	i := strings.LastIndexByte(location, '/')
	return location[:i+1], i > 0
}

func (f File) problem(n, offset int, fe *fieldError, ref Ref, owner string) Problem {
	p := Problem{Severity: Error, Code: fe.code, Source: f.Source, File: f.Path, Document: n, Field: fieldName(fe.path),
		Entity: ref.String(), Owner: owner, Message: fe.message, Fix: fe.fix}
	if fe.warning {
		p.Severity = Warning
	}
	if n > 0 {
		p.Line = offset + max(fe.line-1, 0)
	}
	return p.identified()
}

func asField(err error) *fieldError {
	var fe *fieldError
	if errors.As(err, &fe) {
		return fe
	}
	return &fieldError{code: "syntax", message: "The document cannot be read.", fix: "Check its YAML."}
}

// refOf tells the reference of a document that may be invalid; zero when it
// cannot be told.
func refOf(doc map[string]any) Ref {
	kind, _ := doc["kind"].(string)
	meta, _ := doc["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	ns, _ := meta["namespace"].(string)
	if kind == "" || name == "" {
		return Ref{}
	}
	if ns == "" {
		ns = DefaultNamespace
	}
	return Ref{kind, ns, name}.Canonical()
}

func ownerOf(doc map[string]any, ref Ref) string {
	spec, _ := doc["spec"].(map[string]any)
	s, _ := spec["owner"].(string)
	r, err := ParseRef(s, "group", ref.Namespace)
	if s == "" || err != nil {
		return ""
	}
	return r.String()
}

var (
	guessKind = regexp.MustCompile(`(?m)^kind:\s*["']?([A-Za-z0-9]+)`)
	guessName = regexp.MustCompile(`(?m)^\s+name:\s*["']?([-A-Za-z0-9_.]+)`)
)

// guessRef finds the reference in a text that is no YAML, so that the entity
// that was there keeps its last good version and shows the problem.
func guessRef(text []byte) Ref {
	kind, name := guessKind.FindSubmatch(text), guessName.FindSubmatch(text)
	if kind == nil || name == nil {
		return Ref{}
	}
	return Ref{string(kind[1]), DefaultNamespace, string(name[1])}.Canonical()
}

// leadingLines counts the blank, comment and marker lines before the content.
func leadingLines(text []byte) int {
	n := 0
	for line := range strings.Lines(string(text)) {
		s := strings.TrimSpace(line)
		if s != "" && s[0] != '#' && s != "---" {
			return n
		}
		n++
	}
	return n
}

// Reason says for people why something could not be read, without paths of the
// machine.
func Reason(err error) string {
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return strings.TrimSuffix(f.Public, ".")
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "it may not be read"
	case errors.Is(err, fs.ErrInvalid):
		return "the path leads out of the source"
	}
	return "it could not be read"
}
