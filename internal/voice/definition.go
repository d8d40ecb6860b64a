package voice

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

	"gopkg.in/yaml.v3"
)

// APIVersion is that of survey files.
const APIVersion = "platform.example.com/v1"

// Everyone in an audience means all users of the catalog.
const Everyone = "all"

// defaultMinimum is the smallest group whose answers are shown.
const defaultMinimum = 5

// Type is the kind of a question.
type Type string

// The types of questions.
const (
	NPS            Type = "nps"             // 0 to 10
	Rating         Type = "rating"          // 1 to 5
	MultipleChoice Type = "multiple_choice" // one of Options
	FreeText       Type = "free_text"
)

// Definition is a survey file.
type Definition struct {
	Name        string     `json:"name"`
	Title       string     `json:"title"`
	Description string     `json:"description,omitempty"`
	Owner       string     `json:"owner"`
	Schedule    Schedule   `json:"schedule"`
	Audience    []string   `json:"audience"`
	Anonymous   bool       `json:"anonymous"`
	Minimum     int        `json:"minimumGroup"`
	Questions   []Question `json:"questions"`
	File        string     `json:"-"`
}

// Question is one question of a survey.
type Question struct {
	ID       string   `json:"id" yaml:"id"`
	Type     Type     `json:"type" yaml:"type"`
	Text     string   `json:"text" yaml:"text"`
	Low      string   `json:"low,omitempty" yaml:"low"`   // what the lowest number means
	High     string   `json:"high,omitempty" yaml:"high"` // what the highest number means
	Options  []string `json:"options,omitempty" yaml:"options"`
	Required bool     `json:"required,omitempty" yaml:"required"`
}

// Range is the lowest and highest answer of a question with numbers.
func (q Question) Range() (low, high int) {
	if q.Type == Rating {
		return 1, 5
	}
	return 0, 10
}

// Version is the hash of what the definition says.
func (d Definition) Version() string {
	b, err := json.Marshal(d)
	if err != nil { // texts, numbers and lists always marshal
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

type file struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name, Title, Description string
	} `yaml:"metadata"`
	Spec struct {
		Owner        string     `yaml:"owner"`
		Schedule     Schedule   `yaml:"schedule"`
		Audience     []string   `yaml:"audience"`
		Anonymous    *bool      `yaml:"anonymous"`
		MinimumGroup *int       `yaml:"minimumGroup"`
		Questions    []Question `yaml:"questions"`
	} `yaml:"spec"`
}

// Parse reads a survey file and says everything that is wrong with it.
func Parse(name string, b []byte) (Definition, error) {
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return Definition{}, fmt.Errorf("%s: %w", name, err)
	}
	d := Definition{Name: f.Metadata.Name, Title: f.Metadata.Title, Description: f.Metadata.Description,
		Owner: f.Spec.Owner, Schedule: f.Spec.Schedule, Audience: f.Spec.Audience, Anonymous: true,
		Minimum: defaultMinimum, Questions: f.Spec.Questions, File: name}
	if f.Spec.Anonymous != nil {
		d.Anonymous = *f.Spec.Anonymous
	}
	if f.Spec.MinimumGroup != nil {
		d.Minimum = *f.Spec.MinimumGroup
	}
	if d.Schedule == "" {
		d.Schedule = Once
	}
	if len(d.Audience) == 0 {
		d.Audience = []string{Everyone}
	}
	var faults []error
	if f.APIVersion != APIVersion || f.Kind != "Survey" {
		faults = append(faults, fmt.Errorf("apiVersion and kind must be %s and Survey", APIVersion))
	}
	if err := errors.Join(append(faults, d.faults()...)...); err != nil {
		return Definition{}, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

var nameForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (d Definition) faults() []error {
	var out []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			out = append(out, fmt.Errorf(format, args...))
		}
	}
	bad(!nameForm.MatchString(d.Name), "metadata.name must be lower-case letters, digits and hyphens")
	bad(d.Title == "", "metadata.title is missing")
	bad(!strings.HasPrefix(d.Owner, "group:"), "spec.owner must be a group reference, such as group:default/platform-team")
	bad(!d.Schedule.known(), "spec.schedule must be once, monthly, quarterly or yearly")
	bad(d.Minimum < 1, "spec.minimumGroup must be 1 or more")
	bad(d.Anonymous && d.Minimum < 3, "spec.minimumGroup of an anonymous survey must be 3 or more")
	bad(len(d.Questions) == 0, "spec.questions is empty")
	for _, a := range d.Audience {
		bad(a != Everyone && !strings.HasPrefix(a, "group:"), "spec.audience: %q is neither all nor a group reference", a)
	}
	seen := map[string]bool{}
	for i, q := range d.Questions {
		at := fmt.Sprintf("spec.questions[%d]", i)
		bad(!nameForm.MatchString(q.ID), "%s.id must be lower-case letters, digits and hyphens", at)
		bad(seen[q.ID], "%s.id %q is used twice", at, q.ID)
		bad(q.Text == "", "%s.text is missing", at)
		bad(!slices.Contains([]Type{NPS, Rating, MultipleChoice, FreeText}, q.Type),
			"%s.type must be nps, rating, multiple_choice or free_text", at)
		bad(q.Type == MultipleChoice && len(q.Options) < 2, "%s.options needs two or more", at)
		bad(q.Type != MultipleChoice && len(q.Options) > 0, "%s.options is for multiple_choice only", at)
		seen[q.ID] = true
	}
	return out
}

// Load reads all *.yaml files at the top of each file system; a later file
// replaces an earlier one of the same name. A file that cannot be used becomes
// a problem and stops nothing.
func Load(from ...fs.FS) (defs []Definition, problems []error) {
	byName := map[string]Definition{}
	for _, f := range from {
		names, err := fs.Glob(f, "*.yaml")
		if err != nil { // the pattern is constant and well formed
			problems = append(problems, err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(f, name)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", path.Base(name), err))
				continue
			}
			d, err := Parse(name, b)
			if err != nil {
				problems = append(problems, err)
				continue
			}
			byName[d.Name] = d
		}
	}
	for _, d := range byName {
		defs = append(defs, d)
	}
	sort.Slice(defs, func(i, j int) bool { return defs[i].Name < defs[j].Name })
	return defs, problems
}
