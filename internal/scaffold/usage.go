package scaffold

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Usage is how a template fares.
type Usage struct {
	Made    int           `json:"made"`   // times that it made what was asked
	Ended   int           `json:"ended"`  // times that it came to nothing
	Making  int           `json:"making"` // runs that are not over
	Median  time.Duration `json:"-"`      // of the last runs that made something; 0: not known
	Last    time.Time     `json:"-"`      // use; zero: never
	Ratings int           `json:"ratings"`
	Rating  float64       `json:"rating"` // 1 to 5, the mean; 0 without ratings
}

// Success is the share of finished uses that made what was asked; ok is false
// when there is none.
func (u Usage) Success() (share float64, ok bool) {
	if u.Made+u.Ended == 0 {
		return 0, false
	}
	return float64(u.Made) / float64(u.Made+u.Ended), true
}

// Saved is what the template has saved in all: what it says of itself, for
// every time that it made something.
func (u Usage) Saved(t *Template) time.Duration {
	return Duration(t.TimeSaved) * time.Duration(u.Made)
}

// Duration reads an ISO 8601 duration of weeks to seconds, such as P1DT4H; a
// day is 8 working hours and a week 5 days, as people mean it of time saved.
// What cannot be read is 0.
func Duration(text string) time.Duration {
	rest, ok := strings.CutPrefix(text, "P")
	if !ok {
		return 0
	}
	var total time.Duration
	inDay, n, digits := false, 0.0, false
	scale := 1.0
	for _, c := range rest {
		unit := time.Duration(0)
		switch {
		case c >= '0' && c <= '9' && scale == 1 && n < 1e6:
			n, digits = n*10+float64(c-'0'), true
			continue
		case c >= '0' && c <= '9' && scale < 1 && scale > 1e-6:
			n, scale = n+float64(c-'0')*scale, scale/10
			continue
		case (c == '.' || c == ',') && digits && scale == 1:
			scale = 0.1
			continue
		case c == 'T' && !inDay && !digits:
			inDay = true
			continue
		case c == 'W' && !inDay:
			unit = 40 * time.Hour
		case c == 'D' && !inDay:
			unit = 8 * time.Hour
		case c == 'H' && inDay:
			unit = time.Hour
		case c == 'M' && inDay:
			unit = time.Minute
		case c == 'S' && inDay:
			unit = time.Second
		}
		if unit == 0 || !digits {
			return 0
		}
		total += time.Duration(n * float64(unit))
		n, digits, scale = 0, false, 1
	}
	if digits {
		return 0
	}
	return total
}

// Feedback is what somebody who used a template says of it.
type Feedback struct {
	Template string
	Person   string
	Version  string // at that time
	Rating   int    // 1 to 5
	Text     string
	At       string
}

// FeedbackStore keeps feedback.
type FeedbackStore interface {
	// UsedTemplate reports whether v has made something with the template, or
	// tried to.
	UsedTemplate(ctx context.Context, v access.Viewer, template string) (bool, error)
	// RateTemplate keeps f in place of what the person said before.
	RateTemplate(ctx context.Context, t tx.Tx, f Feedback) error
}

// RateAction is the action with which people say how a template served them.
const RateAction = "rate-template"

const rateSchema = `{"type":"object","additionalProperties":false,"required":["template","rating"],"properties":{
"template":{"type":"string","title":"Template","minLength":1,"maxLength":300},
"rating":{"type":"integer","title":"How did it serve you?","minimum":1,"maximum":5},
"text":{"type":"string","title":"What should change?","maxLength":2000}}}`

// RateTemplate is the action that takes feedback from those who used a
// template.
func (e *Engine) RateTemplate(s FeedbackStore) action.Def {
	return action.Def{Name: RateAction, Title: "Rate a template", Permission: RateAction,
		Summary:     "Tells the owners of a template how it served you, from 1 to 5, with a few words. For those who have used it; a second time replaces the first.",
		Schema:      json.RawMessage(rateSchema),
		Traits:      action.Traits{Idempotent: true},
		Redact:      withoutText,
		SampleInput: json.RawMessage(`{"template":"template:default/go-rest-api","rating":4,"text":"The alerts could be quieter."}`),
		Prepare: func(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
			return e.prepareRating(ctx, s, a, raw)
		}}
}

// withoutText is the input as events keep it: the words are for the owners.
func withoutText(in json.RawMessage) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(in, &m) != nil {
		return json.RawMessage(`{}`)
	}
	delete(m, "text")
	b, err := json.Marshal(m)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return b
}

func (e *Engine) prepareRating(ctx context.Context, s FeedbackStore, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in struct {
		Template string `json:"template"`
		Rating   int    `json:"rating"`
		Text     string `json:"text"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("", "json", "The body cannot be read.").Because(err)
	}
	ref, err := catalog.ParseRef(in.Template, "template", catalog.DefaultNamespace)
	if err != nil {
		return action.Prepared{}, fault.InvalidField("template", "reference", publicText(err))
	}
	v := access.Viewer{Actor: a}
	t, err := e.o.Library.Template(ctx, v, ref)
	if err != nil {
		return action.Prepared{}, err
	}
	used, err := s.UsedTemplate(ctx, v, t.Ref.String())
	if err != nil {
		return action.Prepared{}, err
	}
	if !used {
		return action.Prepared{}, fault.New(fault.Forbidden, "Only those who have used a template can rate it. Nothing was kept.")
	}
	f := Feedback{Template: t.Ref.String(), Person: a.ID, Version: t.Version, Rating: in.Rating, Text: strings.TrimSpace(in.Text)}
	return action.Prepared{Subject: f.Template, Execute: func(ctx context.Context, db tx.Tx) (action.Output, error) {
		return action.Output{Message: "Thank you. The owners of " + t.Title + " can read it.", Location: t.Ref.Path()}, s.RateTemplate(ctx, db, f)
	}}, nil
}

// caseKeeper remembers how the cases of a template went, by its files.
type caseKeeper struct {
	mu   sync.Mutex
	kept map[string][]CaseResult
}

// maxKept bounds how many templates' results are remembered.
const maxKept = 500

// Cases is how the recorded cases of a template went. They are run once for
// each state of its files; a template whose files are out of reach has none.
func (e *Engine) Cases(ctx context.Context, t *Template) ([]CaseResult, error) {
	text, files, err := t.Written(ctx)
	if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.TooLarge) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%d\n%s", t.Ref, len(text), text)
	tested := false
	for _, f := range files {
		tested = tested || isCase(f.Path)
		fmt.Fprintf(sum, "%q %v %d\n", f.Path, f.Executable, len(f.Data))
		sum.Write(f.Data)
	}
	if !tested {
		return nil, nil
	}
	return e.cases.of(string(sum.Sum(nil)), func() ([]CaseResult, error) { return e.RunCases(ctx, t) })
}

func (k *caseKeeper) of(key string, run func() ([]CaseResult, error)) ([]CaseResult, error) {
	k.mu.Lock()
	got, ok := k.kept[key]
	k.mu.Unlock()
	if ok {
		return got, nil
	}
	got, err := run()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) >= maxKept {
		k.kept = map[string][]CaseResult{}
	}
	k.kept[key] = got
	return got, nil
}
