package pipeline

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed pins.yaml
var pinsYAML []byte

//go:embed languages.yaml
var languagesYAML []byte

// Pin is one thing that pipelines fetch: an action, an image, a tool.
type Pin struct {
	Use     string `yaml:"use"`
	Version string `yaml:"version"` // of the release, where Use is a commit
	From    string `yaml:"from"`
}

type pinTable struct {
	Actions map[string]Pin `yaml:"actions"`
	Images  map[string]Pin `yaml:"images"`
	Tools   map[string]Pin `yaml:"tools"`
	Runners map[string]Pin `yaml:"runners"`
}

// language is what a host needs for jobs of a language.
type language struct {
	Version  string            `yaml:"version"`
	Image    string            `yaml:"image"`
	Setup    string            `yaml:"setup"`
	With     map[string]string `yaml:"with"`
	FromFile map[string]string `yaml:"from-file"`
	Cache    struct {
		Paths []string `yaml:"paths"`
		Key   []string `yaml:"key"`
	} `yaml:"cache"`
	Env       map[string]string `yaml:"env"`
	Prepare   string            `yaml:"prepare"`
	UnitTests string            `yaml:"unit-tests"`
	Coverage  string            `yaml:"coverage"`
	Lint      string            `yaml:"lint"`
}

type tables struct {
	pins      pinTable
	languages map[string]language
}

// data are the tables; that they can be read is tested.
var data = sync.OnceValue(func() tables {
	t := tables{}
	if err := yaml.Unmarshal(pinsYAML, &t.pins); err != nil {
		panic("pins.yaml: " + err.Error())
	}
	if err := yaml.Unmarshal(languagesYAML, &t.languages); err != nil {
		panic("languages.yaml: " + err.Error())
	}
	for name, l := range t.languages {
		l.Lint = t.pins.fill(l.Lint)
		l.Prepare = t.pins.fill(l.Prepare)
		t.languages[name] = l
	}
	return t
})

// fill puts the versions of tools into a command.
func (p pinTable) fill(s string) string {
	for name, t := range p.Tools {
		s = strings.ReplaceAll(s, "{"+name+"}", t.Use)
	}
	return s
}

func action(name string) Pin { return data().pins.Actions[name] }

func image(name string) string { return data().pins.Images[name].Use }

// Languages are the languages whose checks need no words of their own.
func Languages() []string {
	var out []string
	for name := range data().languages {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// aliases are other names of languages.
var aliases = map[string]string{"golang": "go", "javascript": "node", "typescript": "node", "nodejs": "node", "js": "node", "ts": "node", "py": "python"}

// Language is the name under which a language is known here, "" for one that
// is not: a pipeline of it says its own commands.
func Language(name string) string {
	name = strings.ToLower(name)
	if a, ok := aliases[name]; ok {
		name = a
	}
	if _, ok := data().languages[name]; ok {
		return name
	}
	return ""
}
