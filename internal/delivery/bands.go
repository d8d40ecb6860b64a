package delivery

import (
	"bytes"
	_ "embed" // the bands come inside the binary
	"fmt"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed bands.yaml
var bandsFile []byte

// DefaultBands is the table that is used when none is asked for.
const DefaultBands = "2023"

// Bands is one published table.
type Bands struct {
	ID        string            `yaml:"id"`
	Year      int               `yaml:"year"`
	Source    string            `yaml:"source"`
	Frequency []Step            `yaml:"deploymentFrequency"`
	Lead      []Step            `yaml:"changeLeadTime"`
	Fail      []Step            `yaml:"changeFailRate"`
	Recovery  []Step            `yaml:"failedDeploymentRecoveryTime"`
	Notes     map[string]string `yaml:"notes"`
}

// Step is one band with the condition under which it holds; without any it
// always holds.
type Step struct {
	Band         string        `yaml:"band"`
	PerWeek      float64       `yaml:"perWeek"`
	PerMonth     float64       `yaml:"perMonth"`
	PerSixMonths float64       `yaml:"perSixMonths"`
	From         time.Duration `yaml:"from"`
	Below        time.Duration `yaml:"below"`
	AtMost       *float64      `yaml:"atMost"`
}

// ParseBands reads tables of bands.
func ParseBands(data []byte) ([]Bands, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	var out []Bands
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("bands: %w", err)
	}
	for i, b := range out {
		if b.ID == "" || b.Year == 0 || b.Source == "" {
			return nil, fmt.Errorf("bands: table %d needs id, year and source", i+1)
		}
	}
	return out, nil
}

// PublishedBands are the tables that come with the portal.
func PublishedBands() ([]Bands, error) { return ParseBands(bandsFile) }

// note says why a table gives no band.
func (b Bands) note(metric string) string {
	if n := b.Notes[metric]; n != "" {
		return n
	}
	return b.Notes["all"]
}

// duration places a duration.
func placeDuration(steps []Step, d time.Duration) string {
	for _, s := range steps {
		if d >= s.From && (s.Below == 0 || d < s.Below) {
			return s.Band
		}
	}
	return ""
}

// placeShare places a share.
func placeShare(steps []Step, share float64) string {
	for _, s := range steps {
		if s.AtMost == nil || share <= *s.AtMost {
			return s.Band
		}
	}
	return ""
}

// pace is how often deployments happen, nil where the interval is too short
// to tell.
type pace struct {
	perWeek, perMonth, perSixMonths *float64
}

// placePace places a pace; empty when the interval is too short for it.
func placePace(steps []Step, p pace) string {
	for _, s := range steps {
		for _, c := range []struct {
			have *float64
			need float64
		}{{p.perWeek, s.PerWeek}, {p.perMonth, s.PerMonth}, {p.perSixMonths, s.PerSixMonths}} {
			if c.need == 0 {
				continue
			}
			if c.have == nil {
				return ""
			}
			if *c.have >= c.need {
				return s.Band
			}
		}
		if s.PerWeek == 0 && s.PerMonth == 0 && s.PerSixMonths == 0 {
			return s.Band
		}
	}
	return ""
}
