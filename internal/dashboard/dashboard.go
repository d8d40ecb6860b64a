// Package dashboard reads PortalDashboard files: what stands on the home page
// of which role.
package dashboard

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// APIVersion is that of dashboard files.
const APIVersion = "platform.example.com/v1"

// CurrentUser in owned_by means the teams of who looks.
const CurrentUser = "current_user"

// The types of widgets.
const (
	Button         = "button"
	ServiceList    = "service-list"
	SystemStatus   = "system-status"
	CostSummary    = "cost-summary"
	Docs           = "docs"
	MyEnvironments = "my-environments"
	Survey         = "survey"
	DORA           = "dora"
	Activity       = "activity"
)

var types = []string{Button, ServiceList, SystemStatus, CostSummary, Docs, MyEnvironments, Survey, DORA, Activity}

// Dashboard is one file.
type Dashboard struct {
	Name     string
	Title    string
	Roles    []string
	Sections []Section
	File     string
}

// Section is a row of widgets.
type Section struct {
	Name    string   `yaml:"name"`
	Title   string   `yaml:"title"`
	Widgets []Widget `yaml:"widgets"`
}

// Widget is one thing on the page. With Problem set it cannot be shown, and
// the page says so in its place.
type Widget struct {
	Type    string  `yaml:"type"`
	Title   string  `yaml:"title"`
	Text    string  `yaml:"text"` // of a button: what it leads to
	Icon    string  `yaml:"icon"`
	Href    string  `yaml:"href"`   // of a button: an address of this portal
	Period  Period  `yaml:"period"` // such as 30d
	Size    string  `yaml:"size"`   // wide takes two thirds of the row
	Filters Filters `yaml:"filters"`
	Problem string  `yaml:"-"`
}

// Mine reports whether the widget shows what belongs to who looks.
func (w Widget) Mine() bool { return w.Filters.OwnedBy == CurrentUser }

// Filters choose what a widget shows.
type Filters struct {
	OwnedBy string `yaml:"owned_by"` // current_user, or a group reference
}

// Period is a number of days.
type Period int

// UnmarshalYAML reads 30d.
func (p *Period) UnmarshalYAML(n *yaml.Node) error {
	days, ok := strings.CutSuffix(n.Value, "d")
	v, err := strconv.Atoi(days)
	if !ok || err != nil || v < 1 || v > 366 {
		return fmt.Errorf("line %d: period %q is not a number of days such as 30d", n.Line, n.Value)
	}
	*p = Period(v)
	return nil
}

// Days is the period, or fallback when the file names none.
func (p Period) Days(fallback int) int {
	if p == 0 {
		return fallback
	}
	return int(p)
}

// Since is where the period begins that ends with the day of now.
func (p Period) Since(now time.Time, fallback int) time.Time {
	return now.AddDate(0, 0, -p.Days(fallback))
}

type file struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name, Title string
	} `yaml:"metadata"`
	Spec struct {
		Roles    []string  `yaml:"roles"`
		Sections []Section `yaml:"sections"`
	} `yaml:"spec"`
}

// Parse reads one file. A widget of an unknown type, or one that cannot work,
// keeps its place with a problem; a file that is no dashboard at all is an
// error.
func Parse(name string, b []byte) (Dashboard, error) {
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return Dashboard{}, fmt.Errorf("%s: %w", name, err)
	}
	var faults []error
	if f.APIVersion != APIVersion || f.Kind != "PortalDashboard" {
		faults = append(faults, fmt.Errorf("%s: apiVersion and kind must be %s and PortalDashboard", name, APIVersion))
	}
	if f.Metadata.Name == "" {
		faults = append(faults, fmt.Errorf("%s: metadata.name is missing", name))
	}
	if len(f.Spec.Sections) == 0 {
		faults = append(faults, fmt.Errorf("%s: spec.sections is empty", name))
	}
	if err := errors.Join(faults...); err != nil {
		return Dashboard{}, err
	}
	for _, s := range f.Spec.Sections {
		for i := range s.Widgets {
			s.Widgets[i].Problem = s.Widgets[i].problem()
		}
	}
	return Dashboard{Name: f.Metadata.Name, Title: f.Metadata.Title, Roles: f.Spec.Roles, Sections: f.Spec.Sections, File: name}, nil
}

func (w Widget) problem() string {
	owner := w.Filters.OwnedBy
	switch {
	case !slices.Contains(types, w.Type):
		return fmt.Sprintf("There is no widget %q. Known are %s.", w.Type, strings.Join(types, ", "))
	case w.Type == Button && (w.Title == "" || !strings.HasPrefix(w.Href, "/") || strings.HasPrefix(w.Href, "//")):
		return "A button needs a title and an href that begins with one slash."
	case owner != "" && owner != CurrentUser && !strings.HasPrefix(owner, "group:"):
		return fmt.Sprintf("owned_by %q is neither current_user nor a group reference.", owner)
	}
	return ""
}

// Load reads all *.yaml files at the top of each file system, by name; a later
// one replaces an earlier one of the same name. A file that cannot be used
// becomes a problem and stops nothing.
func Load(from ...fs.FS) (all []Dashboard, problems []error) {
	byName := map[string]Dashboard{}
	for _, f := range from {
		names, err := fs.Glob(f, "*.yaml")
		if err != nil { // the pattern is constant and well formed
			problems = append(problems, err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(f, name)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
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
		all = append(all, d)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all, problems
}

// rank is which of several roles decides: the one that answers for most.
var rank = []string{"admin", "platform", "auditor", "lead", "developer", "viewer"}

// For returns the dashboard for who holds roles; false when no file has one.
func For(all []Dashboard, roles []string) (Dashboard, bool) {
	for _, role := range append(slices.Clone(rank), roles...) {
		if !slices.Contains(roles, role) {
			continue
		}
		for _, d := range all {
			if slices.Contains(d.Roles, role) {
				return d, true
			}
		}
	}
	return Dashboard{}, false
}
