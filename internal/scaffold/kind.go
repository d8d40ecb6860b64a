package scaffold

import (
	"archive/zip"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/strictyaml"
)

// Makers are the kinds of entity that things are made from, in lower case: Template, and the
// two that are compiled to one.
var Makers = []string{"template", "goldenpath", "servicetemplate"}

// IsMaker reports whether things are made from entities of that kind.
func IsMaker(kind string) bool { return slices.Contains(Makers, strings.ToLower(kind)) }

// compiler reads a file of another kind strictly and compiles it to the
// document of a Template and the files that its steps fetch.
type compiler func(doc *strictyaml.Doc, root strictyaml.Node) compiled

// compiled is a template that was not written as one.
type compiled struct {
	spec  map[string]any // of a Template
	files []DryRunFile   // paths under generated
	notes []string       // what is left out or done otherwise, a sentence each
}

// generated is the folder in which a compiled template's own files stand
// beside those of its source.
const generated = ".waymark"

// compilers are the kinds that are compiled, by kind, with their version.
var compilers = map[string]struct {
	version string
	compile compiler
}{
	"GoldenPath":      {GoldenPathVersion, compileGoldenPath},
	"ServiceTemplate": {ServiceTemplateVersion, compileServiceTemplate},
}

// readKind reads a document of a kind that is compiled; false when the
// document is of another kind.
func readKind(root *yaml.Node, file string, files fs.FS) (*Template, bool, error) {
	kind := child(root, "kind")
	if kind == nil {
		return nil, false, nil
	}
	c, ok := compilers[kind.Value]
	if !ok {
		return nil, false, nil
	}
	doc := strictyaml.NewDoc(file)
	n := strictyaml.Root(doc, root)
	out := compiled{}
	if n.Object("apiVersion", "kind", "metadata", "spec") {
		if v := n.Get("apiVersion"); v.Need() != c.version && v.Here() {
			v.Fail("version", "The apiVersion of a %s is %s.", kind.Value, c.version)
		}
		metadata(n.Get("metadata"))
		out = c.compile(doc, n)
	}
	if err := doc.Err(); err != nil {
		return nil, true, err
	}
	t, err := out.template(root, file, files)
	return t, true, err
}

var objectName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$`)

// metadata checks what the catalog asks of every entity.
func metadata(n strictyaml.Node) {
	if !n.Object("name", "namespace", "title", "description", "tags", "labels", "annotations", "links", "version") {
		return
	}
	if name := n.Get("name").Need(); name != "" {
		if !objectName.MatchString(name) || len(name) > 63 {
			n.Get("name").Fail("pattern", "%.70q cannot be a name: use letters, digits, dashes, underscores and dots, at most 63.", name)
		}
	}
	n.Get("title").Text()
	n.Get("description").Text()
	n.Get("tags").Texts()
}

// template makes the Template of a compiled document.
func (c compiled) template(root *yaml.Node, file string, files fs.FS) (*Template, error) {
	r := &reader{places: map[string]expr.Place{}}
	v, err := r.value(root, "", 0)
	if err != nil {
		return nil, bad(file, 0, "", err.Error())
	}
	body, _ := v.(map[string]any)
	b, err := yaml.Marshal(map[string]any{"apiVersion": APIVersion, "kind": "Template", "metadata": body["metadata"], "spec": c.spec})
	if err != nil {
		return nil, err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(b, &node); err != nil {
		return nil, err
	}
	within := path.Join(path.Dir(file), generated)
	for i := range c.files {
		c.files[i].Path = path.Join(within, c.files[i].Path)
	}
	own, err := sentFolder(c.files)
	if err != nil {
		return nil, fault.New(fault.Invalid, file+": "+publicText(err))
	}
	t, err := read(node.Content[0], file, overlay{own: own, folder: within, base: files})
	if err != nil {
		return nil, err
	}
	t.doc, t.Notes = body, append(t.Notes, c.notes...)
	t.Ref = catalog.Ref{Kind: strings.ToLower(text(body, "kind")), Namespace: t.Ref.Namespace, Name: t.Ref.Name}.Canonical()
	if v := text(object(body, "metadata"), "version"); v != "" {
		t.Version = v
	}
	return t, nil
}

// overlay is a source with the generated files beside its own.
type overlay struct {
	own    *zip.Reader
	folder string // of the generated files
	base   fs.FS  // nil: there are no others
}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if o.base == nil || name == o.folder || strings.HasPrefix(name, o.folder+"/") {
		return o.own.Open(name)
	}
	return o.base.Open(name)
}

// makeFile is a file of a compiled template.
func makeFile(name, content string) DryRunFile {
	return DryRunFile{Path: name, Data: []byte(content)}
}

// generatedFolder is the address of a folder of generated files, for steps.
func generatedFolder(name string) string { return "./" + path.Join(generated, name) }
