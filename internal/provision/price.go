package provision

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"
)

// PriceBook says what resources cost a month.
type PriceBook struct {
	Version   string           `yaml:"version"`
	Source    string           `yaml:"source"`
	Date      string           `yaml:"date"`
	Currency  string           `yaml:"currency"`
	Hours     int              `yaml:"hours"` // of a month
	Resources map[string]Price `yaml:"resources"`
}

// Price is what one type of resource costs.
type Price struct {
	Title   string            `yaml:"title"`
	By      string            `yaml:"by"` // the attribute that decides; empty: always the same
	Monthly map[string]string `yaml:"monthly"`
	Usage   string            `yaml:"usage"` // what is charged by use, in words
}

// Estimate is what a plan would cost, as far as it is known.
type Estimate struct {
	Currency    string      `json:"currency"`
	Monthly     string      `json:"monthly"` // the known part
	Hours       int         `json:"hours"`   // of a month, assumed
	Book        string      `json:"book"`    // version, source and date of the prices
	Known       []PriceLine `json:"known,omitempty"`
	Usage       []string    `json:"usage,omitempty"`       // depends on use
	Unsupported []string    `json:"unsupported,omitempty"` // addresses without a price
}

// PriceLine is the cost of like resources.
type PriceLine struct {
	Title   string `json:"title"`
	Count   int    `json:"count"`
	Monthly string `json:"monthly"` // of all of them
}

// ParsePrices reads a price book; none is an empty one.
func ParsePrices(b []byte) (PriceBook, error) {
	var p PriceBook
	if len(b) == 0 {
		return p, nil
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil {
		return p, err
	}
	if p.Hours <= 0 || p.Currency == "" {
		return p, fmt.Errorf("hours and currency are needed")
	}
	for name, r := range p.Resources {
		for key, v := range r.Monthly {
			if _, err := decimal.NewFromString(v); err != nil {
				return p, fmt.Errorf("resources.%s.monthly.%s: %q is not an amount", name, key, v)
			}
		}
	}
	return p, nil
}

// Estimate prices what will exist after the plan.
func (p PriceBook) Estimate(plan *tfjson.Plan) Estimate {
	out := Estimate{Currency: p.Currency, Hours: p.Hours, Book: fmt.Sprintf("%s, %s, %s", p.Version, p.Source, p.Date)}
	total := decimal.Zero
	sums := map[string]decimal.Decimal{}
	counts := map[string]int{}
	var order []string
	for _, rc := range plan.ResourceChanges {
		if rc.Mode == tfjson.DataResourceMode || rc.Change == nil || rc.Change.After == nil {
			continue
		}
		title, amount, ok := p.price(rc)
		if !ok {
			out.Unsupported = append(out.Unsupported, rc.Address)
			continue
		}
		if usage := p.Resources[rc.Type].Usage; usage != "" && !slices.Contains(out.Usage, usage) {
			out.Usage = append(out.Usage, usage)
		}
		if counts[title] == 0 {
			order = append(order, title)
		}
		counts[title]++
		sums[title] = sums[title].Add(amount)
		total = total.Add(amount)
	}
	for _, title := range order {
		if sums[title].IsPositive() {
			out.Known = append(out.Known, PriceLine{Title: title, Count: counts[title], Monthly: sums[title].StringFixed(2)})
		}
	}
	out.Monthly = total.StringFixed(2)
	return out
}

func (p PriceBook) price(rc *tfjson.ResourceChange) (title string, amount decimal.Decimal, ok bool) {
	r, known := p.Resources[rc.Type]
	if !known {
		return "", amount, false
	}
	title, key := r.Title, ""
	if r.By != "" {
		after, _ := rc.Change.After.(map[string]any)
		key, _ = after[r.By].(string)
		title += ", " + key
	}
	v, known := r.Monthly[key]
	if !known {
		return "", amount, false
	}
	amount, err := decimal.NewFromString(v)
	return title, amount, err == nil
}

// For is what an environment costs that lives so long.
func (e Estimate) For(d time.Duration) string {
	monthly, err := decimal.NewFromString(e.Monthly)
	if err != nil || e.Hours == 0 {
		return ""
	}
	return monthly.Mul(decimal.NewFromFloat(d.Hours())).Div(decimal.NewFromInt(int64(e.Hours))).StringFixed(2)
}
