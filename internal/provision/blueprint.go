package provision

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Blueprint is one version of a recipe for environments.
type Blueprint struct {
	Name             string
	Title            string
	Summary          string
	Tags             []string
	Version          string
	Owner            string
	Icon             string
	Provider         string
	Capability       string
	Aliases          []string
	Kinds            []string
	TTL              TTL
	Parameters       json.RawMessage // JSON Schema
	Sizes            []Size
	Outputs          []OutputSpec
	Responsibilities []Responsibility
	Changelog        string // Markdown
	Prices           PriceBook
	Hash             string            // of its files
	Files            map[string][]byte // what the engine gets, by slash path
}

// TTL bounds how long an environment lives.
type TTL struct{ Default, Max time.Duration }

// Size is one of the sizes that a blueprint offers.
type Size struct {
	Name        string
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
}

// OutputSpec names one output.
type OutputSpec struct {
	Name      string `yaml:"name"`
	Title     string `yaml:"title"`
	Sensitive bool   `yaml:"sensitive"`
}

// Responsibility says who looks after what.
type Responsibility struct {
	Who  string `yaml:"who"`
	What string `yaml:"what"`
}

// blueprintFile is blueprint.yaml.
type blueprintFile struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name        string   `yaml:"name"`
		Title       string   `yaml:"title"`
		Description string   `yaml:"description"`
		Tags        []string `yaml:"tags"`
	} `yaml:"metadata"`
	Spec struct {
		Version          string           `yaml:"version"`
		Owner            string           `yaml:"owner"`
		Icon             string           `yaml:"icon"`
		Provider         string           `yaml:"provider"`
		Capability       string           `yaml:"capability"`
		Aliases          []string         `yaml:"aliases"`
		Kinds            []string         `yaml:"kinds"`
		TTL              ttlFile          `yaml:"ttl"`
		Parameters       yaml.Node        `yaml:"parameters"`
		Sizes            yaml.Node        `yaml:"sizes"`
		Outputs          []OutputSpec     `yaml:"outputs"`
		Responsibilities []Responsibility `yaml:"responsibilities"`
	} `yaml:"spec"`
}

type ttlFile struct {
	Default time.Duration `yaml:"default"`
	Max     time.Duration `yaml:"max"`
}

// maxFile and maxFiles bound what a blueprint may bring.
const (
	maxFile  = 1 << 20
	maxFiles = 200
)

// notForEngine are the files of a blueprint that the engine does not get.
var notForEngine = []string{"blueprint.yaml", "prices.yaml", "CHANGELOG.md", "README.md"}

var (
	namePattern    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	versionPattern = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
)

// ReadBlueprint reads the blueprint in the folder dir of fsys.
func ReadBlueprint(fsys fs.FS, dir string) (Blueprint, error) {
	all, err := readFolder(fsys, dir)
	if err != nil {
		return Blueprint{}, fmt.Errorf("blueprint %s: %w", dir, err)
	}
	b, err := ParseBlueprint(all)
	if err != nil {
		return Blueprint{}, fmt.Errorf("blueprint %s: %w", dir, err)
	}
	if b.Name != path.Base(dir) {
		return Blueprint{}, fmt.Errorf("blueprint %s: metadata.name is %q; it must be the folder's name", dir, b.Name)
	}
	return b, nil
}

func readFolder(fsys fs.FS, dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := fs.WalkDir(fsys, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s: only plain files are allowed, no links", name)
		}
		b, err := fs.ReadFile(fsys, name)
		switch {
		case err != nil:
			return err
		case len(b) > maxFile || len(out) >= maxFiles:
			return fmt.Errorf("%s: a blueprint has at most %d files of at most %d bytes", name, maxFiles, maxFile)
		case !utf8.Valid(b):
			return fmt.Errorf("%s: is not text", name)
		}
		out[strings.TrimPrefix(name, dir+"/")] = b
		return nil
	})
	return out, err
}

// ParseBlueprint makes a blueprint of all its files.
func ParseBlueprint(all map[string][]byte) (Blueprint, error) {
	var f blueprintFile
	d := yaml.NewDecoder(bytes.NewReader(all["blueprint.yaml"]))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return Blueprint{}, fmt.Errorf("blueprint.yaml: %w", err)
	}
	s := f.Spec
	b := Blueprint{Name: f.Metadata.Name, Title: f.Metadata.Title, Summary: f.Metadata.Description, Tags: f.Metadata.Tags,
		Version: s.Version, Owner: s.Owner, Icon: s.Icon, Provider: s.Provider, Capability: s.Capability, Aliases: s.Aliases,
		Kinds: s.Kinds, TTL: TTL(s.TTL), Outputs: s.Outputs, Responsibilities: s.Responsibilities,
		Changelog: string(all["CHANGELOG.md"]), Hash: hashFiles(all), Files: map[string][]byte{}}
	for name, content := range all {
		if !slices.Contains(notForEngine, name) && !strings.HasPrefix(name, "tests/") {
			b.Files[name] = content
		}
	}
	var err error
	if b.Sizes, err = sizes(s.Sizes); err != nil {
		return b, err
	}
	if b.Parameters, err = orderedJSON(&s.Parameters); err != nil {
		return b, fmt.Errorf("spec.parameters: %w", err)
	}
	if _, err := b.complete(nil); err != nil && !fault.Is(err, fault.Invalid) {
		return b, fmt.Errorf("spec.parameters: %w", err)
	}
	if b.Prices, err = ParsePrices(all["prices.yaml"]); err != nil {
		return b, fmt.Errorf("prices.yaml: %w", err)
	}
	return b, b.check(f)
}

func (b *Blueprint) check(f blueprintFile) error {
	var errs []error
	bad := func(ok bool, text string) {
		if !ok {
			errs = append(errs, errors.New("blueprint.yaml: "+text))
		}
	}
	bad(f.Kind == "Blueprint", `kind must be "Blueprint"`)
	bad(namePattern.MatchString(b.Name), "metadata.name must be lower-case letters, digits and hyphens")
	bad(versionPattern.MatchString(b.Version), "spec.version must be like 1.0.0")
	bad(b.Title != "", "metadata.title is missing")
	bad(b.Owner != "", "spec.owner is missing")
	bad(len(b.Files["main.tf"]) > 0, "main.tf is missing")
	bad(b.TTL.Default > 0 && b.TTL.Max >= b.TTL.Default, "spec.ttl needs default and max, default not above max")
	if len(b.Kinds) == 0 {
		b.Kinds = slices.Clone(Kinds)
	}
	for _, k := range b.Kinds {
		bad(slices.Contains(Kinds, k), fmt.Sprintf("spec.kinds: %q is none of %s", k, strings.Join(Kinds, ", ")))
	}
	return errors.Join(errs...)
}

// sizes keeps the order of the file.
func sizes(n yaml.Node) ([]Size, error) {
	var out []Size
	for i := 0; i+1 < len(n.Content); i += 2 {
		var s Size
		if err := n.Content[i+1].Decode(&s); err != nil {
			return nil, fmt.Errorf("spec.sizes: %w", err)
		}
		s.Name = n.Content[i].Value
		out = append(out, s)
	}
	return out, nil
}

// hashFiles is the content hash of a version, over names and contents.
func hashFiles(all map[string][]byte) string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(all[name]))
		h.Write(all[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}
