package docs

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// config is what is used of mkdocs.yml.
type config struct {
	name, description string
	docsDir           string
	repoURL, editURI  string
	nav               *yaml.Node
	file              string // its name, empty when there is none
	notes             []Note
}

// readConfig reads mkdocs.yaml, else mkdocs.yml, else defaults. A file that is
// no YAML counts as none and leaves a note.
func readConfig(fsys fs.FS) config {
	c := config{docsDir: "docs"}
	for _, name := range []string{"mkdocs.yaml", "mkdocs.yml"} {
		b, err := readLimited(fsys, name, maxConfig)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		c.file = name
		if err == nil {
			err = c.parse(b)
		}
		if err != nil {
			c.notes = append(c.notes, Note{Text: name + " cannot be read: " + err.Error()})
		}
		break
	}
	return c
}

// parse walks the nodes by hand: tags of Python, which mkdocs files may hold,
// mean nothing here and must not stop the reading.
func (c *config) parse(b []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return err
	}
	if len(doc.Content) == 0 {
		return nil
	}
	for k, v := range pairs(doc.Content[0]) {
		switch k {
		case "nav":
			c.nav = v
		case "docs_dir":
			c.setDocsDir(v)
		case "site_name":
			c.name = scalar(v)
		case "site_description":
			c.description = scalar(v)
		case "repo_url":
			c.repoURL = scalar(v)
		case "edit_uri":
			c.editURI = scalar(v)
		case "plugins":
			c.notePlugins(v)
		}
	}
	return nil
}

func scalar(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

func (c *config) setDocsDir(v *yaml.Node) {
	dir := path.Clean(strings.ReplaceAll(scalar(v), `\`, "/"))
	if !fs.ValidPath(dir) {
		c.notes = append(c.notes, Note{v.Line, "docs_dir must stay inside the source; “" + short(scalar(v)) + "” does not, so “docs” is used."})
		return
	}
	c.docsDir = dir
}

func (c *config) notePlugins(v *yaml.Node) {
	if v.Kind != yaml.SequenceNode {
		return
	}
	for _, p := range v.Content {
		name := scalar(p)
		for k := range pairs(p) {
			name = k
		}
		if name != "techdocs-core" && name != "search" && name != "" {
			c.notes = append(c.notes, Note{p.Line, "The plugin “" + short(name) + "” is not used here."})
		}
	}
}

// readLimited reads a file of at most limit bytes.
func readLimited(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, fs.ErrNotExist
	case st.Size() > limit:
		return nil, ErrTooBig
	}
	b := make([]byte, st.Size())
	n, err := readFull(f, b)
	return b[:n], err
}

func readFull(f fs.File, b []byte) (int, error) {
	n := 0
	for n < len(b) {
		m, err := f.Read(b[n:])
		n += m
		if m == 0 || err != nil {
			break // a file that got shorter meanwhile is read as far as it goes
		}
	}
	return n, nil
}
