package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
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
	Kinds    *Kinds // custom kinds; nil: none
	Data     []byte
	// Read reads what a placeholder names: a path relative to the file, or an
	// absolute address.
	Read func(name string) ([]byte, error)
}

// Document is what became of one document of a file.
type Document struct {
	Number   int
	Line     int
	KindLine int // where kind and metadata.name stand, when there is an entity
	NameLine int
	Ref      Ref     // as far as it can be told, canonical
	Entity   *Entity // nil when the document cannot be used
	Problems []Problem
}

// The problems of one file that are told. What is more is counted, so that a
// file that is wrong all over costs no more than one that is wrong.
const (
	maxProblems     = 50    // of one document
	maxFileProblems = 5_000 // from here on, one for each document
)

// Parse reads every document of f by itself. Each one yields an entity, or at
// least one problem of severity Error, or both when there are only warnings.
func Parse(f File) []Document {
	if len(f.Data) > maxFileBytes {
		return []Document{f.whole(fmt.Sprintf("The file is larger than %d MB and was not read.", maxFileBytes>>20),
			"Split it, or move large definitions to files named with $text.")}
	}
	var out []Document
	var versions []string
	told := 0
	chunks := splitDocuments(f.Data)
	for i, c := range chunks[:min(len(chunks), maxDocuments)] {
		most := maxProblems
		if told > maxFileProblems {
			most = 1
		}
		d, version := f.document(i+1, c, versions, most)
		if version != "" && (len(versions) == 0 || versions[len(versions)-1] != version) && len(versions) < maxProblems {
			versions = append(versions, version)
		}
		if d.Entity == nil && len(d.Problems) == 0 {
			continue
		}
		told += len(d.Problems)
		out = append(out, d)
	}
	if len(chunks) > maxDocuments {
		out = append(out, f.whole(fmt.Sprintf("The file holds more than %d documents; those after them were not read.", maxDocuments), "Split it."))
	}
	return out
}

// whole is a problem of the file itself.
func (f File) whole(message, fix string) Document {
	return Document{Problems: []Problem{f.problem(0, 0, &fieldError{code: "limit", message: message, fix: fix}, Ref{}, "")}}
}

// shortened keeps the first faults and counts the rest. An error is kept
// before warnings, since it says why there is no entity.
func shortened(list []*fieldError, most int) []*fieldError {
	if len(list) <= most {
		return list
	}
	for i, fe := range list {
		if !fe.warning {
			list[0], list[i] = list[i], list[0]
			break
		}
	}
	if most > 1 {
		list[most-1].message += fmt.Sprintf(" The document has %d more problems.", len(list)-most)
	}
	return list[:most]
}

// document parses one document, and returns the API version it names. A
// document that is null yields nothing.
//
// It tells at most so many problems.
func (f File) document(n int, c chunk, earlier []string, most int) (d Document, version string) {
	d = Document{Number: n, Line: c.line + leadingLines(c.text)}
	root, v, notes, err := decodeDocument(c.text)
	if v == nil && err == nil {
		return d, ""
	}
	doc, isMap := v.(map[string]any)
	if err == nil && !isMap {
		err = &fieldError{code: "syntax", line: root.Line, message: "The document is not an object.", fix: "Write keys and values: apiVersion, kind, metadata, spec."}
	}
	if err != nil {
		d.Ref = guessRef(c.text)
		fe := asField(err)
		if fe.line == 0 {
			fe.line = 1 + d.Line - c.line
		}
		fe.line = min(fe.line, bytes.Count(bytes.TrimSuffix(c.text, []byte("\n")), []byte("\n"))+1)
		d.Problems = []Problem{f.problem(n, c.line, fe, d.Ref, "")}
		return d, ""
	}
	version, _ = doc["apiVersion"].(string)
	b := builder{File: f, doc: doc, root: root, found: notes}
	e := b.build(&d, earlier)
	owner, tags := ownerOf(doc, d.Ref), tagsOf(doc)
	for _, fe := range shortened(b.found, most) {
		if fe.line == 0 {
			fe.line = lineOf(root, fe.path)
		}
		p := f.problem(d.Number, c.line, fe, d.Ref, owner)
		p.Tags = tags
		d.Problems = append(d.Problems, p)
	}
	if d.Entity = e; e != nil {
		d.KindLine, d.NameLine = c.line+lineOf(root, []string{"kind"})-1, c.line+lineOf(root, []string{"metadata", "name"})-1
	}
	return d, version
}

func fatal(list []*fieldError) bool {
	for _, fe := range list {
		if !fe.warning {
			return true
		}
	}
	return false
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

// builder makes an entity of a document that is an object.
type builder struct {
	File
	doc   map[string]any
	root  *yaml.Node
	found []*fieldError
}

// build judges the document step by step, so that each step finds all that it
// can: placeholders, what can be mended, who may say this here, the rules of
// the format and of the kind, references. It returns nil when the document
// cannot be used.
func (b *builder) build(d *Document, earlier []string) *Entity {
	r := &resolver{read: b.Read}
	r.resolveMembers(b.doc)
	for _, fe := range r.faults {
		fe.line = placeholderLine(b.root, fe.path)
		b.found = append(b.found, fe)
	}
	b.found = append(b.found, b.normalise(b.doc, b.root, earlier)...)
	d.Ref = refOf(b.doc)
	if refused := b.distrust(d.Ref); refused != nil {
		b.found = append(b.found, refused)
		return nil
	}
	b.add(b.validate(b.doc))
	b.add(casing(b.doc))
	e := fromDocument(b.doc)
	rules, strict := b.Kinds.rules(e)
	relations, bad := emittedBy(e, rules, !strict)
	b.add(bad)
	if fatal(b.found) {
		return nil
	}
	e.Relations = relations
	settle(b.doc)
	d.Ref = e.Ref
	b.found = append(b.found, b.stamp(&e, d)...)
	return &e
}

// add takes in faults, except those of a field in which another one was found
// before: a placeholder that cannot be read has no type either.
func (b *builder) add(list []*fieldError) {
	for i, fe := range list {
		if len(b.found) > maxProblems { // no more will be told
			b.found = append(b.found, list[i:]...)
			return
		}
		name, known := fieldName(fe.path), false
		for _, other := range b.found {
			at := fieldName(other.path)
			known = known || !other.warning && at != "" && (at == name || strings.HasPrefix(name, at+".") || strings.HasPrefix(name, at+"["))
		}
		if !known {
			b.found = append(b.found, fe)
		}
	}
}

// distrust refuses kinds that decide who is who from sources that are not
// marked as trusted.
func (f File) distrust(r Ref) *fieldError {
	if f.Trusted || !trustedKinds[r.Kind] {
		return nil
	}
	return &fieldError{code: "untrusted", path: []string{"kind"},
		message: fmt.Sprintf("A %s is accepted from trusted sources only; this source is not one, so it was not stored.", r.Kind),
		fix:     "Move it to a source that the configuration marks with trusted: true, or ask an administrator to mark this one."}
}
