package sample

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)

// rowsOf reads the bills back as maps from column to value.
func rowsOf(t *testing.T, now time.Time) []map[string]string {
	t.Helper()
	bills, err := Bills(now)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, b := range bills {
		all, err := csv.NewReader(bytes.NewReader(b.Body)).ReadAll()
		if err != nil || len(all) != b.Rows+1 {
			t.Fatalf("%s: %d rows, %v; want %d and the header", b.Name, len(all), err, b.Rows)
		}
		for _, r := range all[1:] {
			m := map[string]string{}
			for i, c := range all[0] {
				m[c] = r[i]
			}
			out = append(out, m)
		}
	}
	return out
}

func amount(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestBillsAreAYearOfFocus(t *testing.T) {
	var total, nobody float64
	categories, months, byDay := map[string]int{}, map[string]bool{}, map[string]float64{}
	for _, r := range rowsOf(t, day) {
		cost := amount(t, r["EffectiveCost"])
		total += cost
		categories[r["ChargeCategory"]]++
		months[r["ChargePeriodStart"][:7]] = true
		var tags map[string]string
		if err := json.Unmarshal([]byte(r["Tags"]), &tags); err != nil {
			t.Fatalf("tags %q: %v", r["Tags"], err)
		}
		if tags["team"] == "" {
			nobody += cost
		}
		if tags["service"] == AnomalyService {
			byDay[r["ChargePeriodStart"][:10]] += cost
		}
		if r["ChargePeriodStart"] > day.Format(time.RFC3339) || r["BillingPeriodStart"][:7] != r["ChargePeriodStart"][:7] {
			t.Fatalf("a charge of %s in the bill of %s", r["ChargePeriodStart"], r["BillingPeriodStart"])
		}
	}
	if len(months) != 13 || categories["Credit"] < 12 || categories["Purchase"] < 12 {
		t.Errorf("%d months, %v; want a year with credits and purchases", len(months), categories)
	}
	if share := nobody / total; share < .015 || share > .05 {
		t.Errorf("%.1f %% belong to nobody; want 2 to 4", 100*share)
	}
	odd := byDay[midnight(day).AddDate(0, 0, -AnomalyBefore).Format(time.DateOnly)]
	usual := byDay[midnight(day).AddDate(0, 0, -AnomalyBefore-7).Format(time.DateOnly)]
	if odd < 2*usual {
		t.Errorf("the unusual day costs %.0f, a week before %.0f", odd, usual)
	}
}

func TestTheSameDayMakesTheSame(t *testing.T) {
	a, err := Bills(day)
	b, err2 := Bills(day)
	if err != nil || err2 != nil || !reflect.DeepEqual(a, b) {
		t.Error("two bills of the same day differ")
	}
	if !reflect.DeepEqual(Deliveries(day), Deliveries(day)) || !reflect.DeepEqual(Waves(day), Waves(day)) {
		t.Error("two histories or surveys of the same day differ")
	}
}

func TestDeliveries(t *testing.T) {
	for _, now := range []time.Time{day, time.Date(2027, 1, 1, 0, 5, 0, 0, time.UTC), time.Date(2028, 2, 29, 23, 59, 0, 0, time.UTC)} {
		h := Deliveries(now)
		ids, kinds := map[string]bool{}, map[string]int{}
		for _, d := range h.Deployments {
			kinds[d.Kind]++
			if ids[d.ID] {
				t.Errorf("%s stands twice", d.ID)
			}
			ids[d.ID] = true
			if d.Finished.After(now) || d.Finished.Before(d.Started) {
				t.Errorf("%s: from %s to %s, now is %s", d.ID, d.Started, d.Finished, now)
			}
			for _, c := range d.Commits {
				if c.CommittedAt.After(d.Finished) || len(c.ID) != 40 {
					t.Errorf("%s: commit %+v", d.ID, c)
				}
			}
		}
		if n := len(h.Deployments); n < 600 || n > 1300 || kinds["rollback"] == 0 || kinds["rework"] == 0 {
			t.Errorf("%d deployments %v at %s", n, kinds, now)
		}
		open, incidents := 0, map[string]bool{}
		for _, i := range h.Incidents {
			if incidents[i.ID] {
				t.Errorf("%s stands twice", i.ID)
			}
			incidents[i.ID] = true
			if i.Resolved.IsZero() {
				open++
			} else if i.Resolved.Before(i.Started) || i.Resolved.After(now) {
				t.Errorf("%s: from %s to %s", i.ID, i.Started, i.Resolved)
			}
		}
		for _, d := range h.Deployments {
			if d.RollsBack != "" && !ids[d.RollsBack] || d.Fixes != "" && !incidents[d.Fixes] {
				t.Errorf("%s answers what is not there: %+v", d.ID, d)
			}
		}
		if open != 1 || len(h.Incidents) < 20 {
			t.Errorf("%d incidents, %d open; want one open", len(h.Incidents), open)
		}
	}
}

func TestPostsAreSigned(t *testing.T) {
	h := Deliveries(day)
	posts, err := Posts(h, func(source string) string { return "secret of " + source })
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range posts {
		if p.Source == "github" {
			m := hmac.New(sha256.New, []byte("secret of github"))
			m.Write(p.Body)
			if p.Header["X-Hub-Signature-256"] != "sha256="+hex.EncodeToString(m.Sum(nil)) {
				t.Fatal("a wrong signature")
			}
			n++
			continue
		}
		if p.Header["Authorization"] != "Bearer secret of waymark" || len(p.Body) > 1<<20 {
			t.Errorf("post to %s: %v, %d bytes", p.Source, p.Header, len(p.Body))
		}
		n += strings.Count(string(p.Body), `"type":"deployment"`) + strings.Count(string(p.Body), `"type":"incident"`)
	}
	if n != len(h.Deployments)+len(h.Incidents) {
		t.Errorf("%d things are posted, %d happened", n, len(h.Deployments)+len(h.Incidents))
	}
}

func TestWaves(t *testing.T) {
	for _, now := range []time.Time{day, time.Date(2027, 1, 1, 0, 5, 0, 0, time.UTC), time.Date(2026, 3, 31, 23, 0, 0, 0, time.UTC)} {
		w := Waves(now)
		if !w[0].At.Before(w[1].At) || !w[1].At.Before(w[2].At) || w[2].Close || len(w[3].Answers) >= 5 {
			t.Errorf("at %s: %v %v %v", now, w[0].At, w[1].At, w[2].At)
		}
		for _, a := range w[2].Answers {
			if slices.Contains([]string{"user:default/ada", "user:default/ben", "user:default/grace", "user:default/ines"}, a.Person) {
				t.Errorf("%s has answered the open survey; nothing is left to try out", a.Person)
			}
		}
	}
}

// shelf is a Memory.
type shelf map[string]string

func (s shelf) Recall(_ context.Context, key string) (string, error) { return s[key], nil }
func (s shelf) Keep(_ context.Context, key, value string) error      { s[key] = value; return nil }

func TestLoaderGoesOnAfterACrash(t *testing.T) {
	memory, done := shelf{}, []string{}
	now := day
	loader := func(fails bool) *Loader {
		step := func(name string, fails bool) Step {
			return Step{Name: name, Title: name, Do: func(_ context.Context, at time.Time) error {
				if fails {
					return errors.New("no")
				}
				done = append(done, name+" "+at.Format("15:04"))
				return nil
			}}
		}
		return &Loader{Memory: memory, Now: func() time.Time { return now }, Pause: time.Nanosecond,
			Steps: []Step{step("a", false), step("b", fails), step("c", false)}}
	}
	first := loader(true)
	if err := first.Run(context.Background()); err == nil || first.State().Ready || first.State().Error == "" {
		t.Errorf("a failed load: %v, %+v", err, first.State())
	}
	now = now.Add(time.Hour) // a restart later
	second := loader(false)
	if err := second.Run(context.Background()); err != nil || !second.State().Ready || second.State().Done != 3 {
		t.Errorf("the load after it: %v, %+v", err, second.State())
	}
	if got := strings.Join(done, ", "); got != "a 15:00, c 15:00, b 15:00" {
		t.Errorf("done: %s; want each once, all at the time of the first start", got)
	}
	if len(slices.Collect(maps.Keys(memory))) != 4 {
		t.Errorf("remembered: %v", memory)
	}
}

func TestLoaderStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Loader{Memory: shelf{}, Now: func() time.Time { return day }, Steps: []Step{{Name: "a", Do: func(context.Context, time.Time) error {
		cancel()
		return errors.New("stopped")
	}}}}
	if err := l.Run(ctx); !errors.Is(err, context.Canceled) || l.State().Ready {
		t.Errorf("got %v, %+v", err, l.State())
	}
}
