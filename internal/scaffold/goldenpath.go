package scaffold

import (
	"path"
	"regexp"
	"strings"

	"github.com/waymark-portal/waymark/internal/pipeline"
	"github.com/waymark-portal/waymark/internal/strictyaml"
)

// GoldenPathVersion is what files of the kind GoldenPath begin with.
const GoldenPathVersion = "platform.example.com/v1"

// goldenPath is a file of the kind GoldenPath.
type goldenPath struct {
	language  string // as written
	framework string
	files     []pathFile
	cicd      []cicdStage
	checks    []string
	defaults  defaults
	notes     []string
}

// pathFile is one file or, with a slash at its end, folder of the structure.
type pathFile struct {
	path    string
	content string
	given   bool // the content is the file's own
}

// defaults are what runs when nobody says otherwise.
type defaults struct {
	cpu, memory string
	replicas    int
	scaled      bool
	least, most int
	target      int // percent of the CPU
}

var quantity = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(m|[KMGTPE]i?)?$`)

func compileGoldenPath(_ *strictyaml.Doc, root strictyaml.Node) compiled {
	spec := root.Get("spec")
	if !spec.Object("language", "framework", "structure", "cicd", "required_checks", "defaults", "owner", "type", "lifecycle", "version", "description") {
		return compiled{}
	}
	g := goldenPath{language: spec.Get("language").Need(), framework: spec.Get("framework").Word()}
	for _, n := range spec.Get("structure").List() {
		g.tree(n, "", 0)
	}
	g.readStages(spec.Get("cicd"))
	for _, n := range spec.Get("required_checks").List() {
		g.checks = append(g.checks, n.Need())
		if s := n.Text(); s != "" && !pipeline.IsCheck(s) {
			n.Fail("value", "%.60q is not one of unit-tests, lint, security-scan, coverage > 80%%.", s)
		}
	}
	g.readDefaults(spec.Get("defaults"))
	return g.compiled(root, spec)
}

func (g *goldenPath) readDefaults(n strictyaml.Node) {
	g.defaults = defaults{cpu: "100m", memory: "128Mi", replicas: 2, least: 2, most: 5, target: 70}
	if !n.Here() || !n.Object("resources", "replicas", "autoscaling") {
		return
	}
	d := &g.defaults
	if r := n.Get("resources"); r.Here() && r.Object("cpu", "memory") {
		for key, to := range map[string]*string{"cpu": &d.cpu, "memory": &d.memory} {
			if v := r.Get(key); v.Here() {
				if *to = v.Word(); !quantity.MatchString(*to) {
					v.Fail("pattern", "%.40q is not an amount such as 250m or 256Mi.", *to)
				}
			}
		}
	}
	d.replicas = n.Get("replicas").Int(d.replicas, 1, 1000)
	a := n.Get("autoscaling")
	if !a.Here() || !a.Object("enabled", "min_replicas", "max_replicas", "target_cpu") {
		return
	}
	d.scaled = a.Get("enabled").Bool()
	d.least, d.target = a.Get("min_replicas").Int(d.replicas, 1, 1000), a.Get("target_cpu").Int(d.target, 1, 100)
	d.most = a.Get("max_replicas").Int(max(d.least, d.most), 1, 1000)
	if d.most < d.least {
		a.Get("max_replicas").Fail("range", "%d is less than min_replicas, %d.", d.most, d.least)
	}
}

var pathName = regexp.MustCompile(`^[A-Za-z0-9._@+{}$ -][A-Za-z0-9._@+/{}$ -]*$`)

// tree reads one item of the structure: a name, an object with name and
// children or content, or an object whose only key is the name.
func (g *goldenPath) tree(n strictyaml.Node, within string, depth int) {
	if depth > 20 {
		n.Fail("depth", "The tree is deeper than 20 folders.")
		return
	}
	if n.Raw() != nil && len(n.Raw().Content) == 0 {
		g.add(n, within, n.Need(), "", false)
		return
	}
	pairs := n.Pairs()
	if len(pairs) == 1 && pairs[0].Key != "name" && pairs[0].Key != "path" {
		g.short(n, pairs[0], within, depth)
		return
	}
	if !n.Object("name", "path", "type", "content", "children", "files", "description") {
		return
	}
	name := n.Get("name")
	if !name.Here() {
		name = n.Get("path")
	}
	kind := n.Get("type").OneOf("", "file", "folder", "directory", "dir")
	children, content := n.Get("children"), n.Get("content")
	if !children.Here() {
		children = n.Get("files")
	}
	label := strings.TrimSuffix(name.Need(), "/")
	switch {
	case content.Here() && (children.Here() || kind != "" && kind != "file"):
		content.Fail("folder", "A folder has children, not content.")
	case children.Here() || kind != "" && kind != "file" || strings.HasSuffix(name.Text(), "/"):
		g.folder(name, children, path.Join(within, label), depth)
	default:
		g.add(name, within, label, content.Text(), content.Here())
	}
}

// short is `folder: [children]` or `file: content`.
func (g *goldenPath) short(n strictyaml.Node, p strictyaml.Pair, within string, depth int) {
	name := strings.TrimSuffix(p.Key, "/")
	if !pathName.MatchString(p.Key) {
		n.Fail("pattern", "%.60q cannot be the name of a file or folder.", p.Key)
		return
	}
	switch {
	case !p.Here() && !strings.HasSuffix(p.Key, "/"):
		g.add(n, within, name, "", false)
	case p.Here() && len(p.Raw().Content) == 0 && p.Raw().Value != "":
		g.add(n, within, name, p.Text(), true)
	default:
		g.folder(n, p.Node, path.Join(within, name), depth)
	}
}

func (g *goldenPath) folder(at, children strictyaml.Node, name string, depth int) {
	list := children.List()
	if len(list) == 0 {
		g.add(at, "", name+"/", "", false)
	}
	for _, c := range list {
		g.tree(c, name, depth+1)
	}
}

func (g *goldenPath) add(n strictyaml.Node, within, name, content string, given bool) {
	if name == "" {
		return
	}
	folder := strings.HasSuffix(name, "/")
	full, err := CleanPath(path.Join(within, name))
	if strings.Contains(name, "..") || !pathName.MatchString(name) || err != nil || full == "" {
		n.Fail("path", "%.80q cannot be a path: paths are relative, with slashes, and stay inside.", name)
		return
	}
	if folder {
		full += "/"
	}
	for _, f := range g.files {
		if strings.EqualFold(f.path, full) {
			n.Fail("twice", "%q stands in the structure twice.", full)
			return
		}
		if strings.HasPrefix(f.path, strings.TrimSuffix(full, "/")+"/") && !folder || strings.HasPrefix(full, f.path+"/") {
			n.Fail("path", "%q and %q: one name is a file and a folder.", f.path, full)
			return
		}
	}
	if len(g.files) >= 1000 {
		n.Fail("range", "The structure has more than 1000 files.")
		return
	}
	g.files = append(g.files, pathFile{path: full, content: content, given: given})
}
