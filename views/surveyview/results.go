package surveyview

import (
	"fmt"
	"math"
	"strings"

	"github.com/waymark-portal/waymark/internal/voice"
	"github.com/waymark-portal/waymark/views/ui"
)

// ResultsProps are those of Results.
type ResultsProps struct {
	ID, Title, Period string
	Open              bool
	Stats             []ui.StatProps
	Why               string // why there are no figures
	Questions         []QuestionProps
}

// QuestionProps is one question's panel.
type QuestionProps struct {
	Text   string
	Note   string // "28 answers"
	TooFew string
	Stats  []ui.StatProps
	Bars   []ui.MeterProps
	Labels []string // of Bars
	Words  []string
	Hidden string // why the answers in words are not shown
}

// NewResults makes the page's props.
func NewResults(r voice.Results) ResultsProps {
	p := ResultsProps{ID: r.Survey, Title: r.Title, Period: PeriodText(r.Period), Open: r.State == voice.Open}
	p.Stats = append(p.Stats, responseStat(r))
	switch {
	case p.Open:
		p.Why = "Figures are shown when the survey closes. Until then they would move with each answer, and so give it away."
	case r.Reason != "":
		p.Why = fmt.Sprintf("Fewer than %d people answered. Nothing is shown, so that nobody can be recognised.", r.Minimum)
	}
	if p.Why != "" {
		return p
	}
	for _, q := range r.Questions {
		if q.NPS != nil {
			p.Stats = append(p.Stats, npsStat(q))
		}
		p.Questions = append(p.Questions, question(q, r.Minimum))
	}
	return p
}

func responseStat(r voice.Results) ui.StatProps {
	s := ui.StatProps{Label: "Response rate", Note: fmt.Sprintf("%d of %d people", r.Answered, r.Invited), Missing: "nobody was asked"}
	if r.ResponseRate != nil {
		s.Value = ui.Percent(*r.ResponseRate, 0)
	}
	return s
}

func npsStat(q voice.QuestionResult) ui.StatProps {
	s := ui.StatProps{Label: "Net promoter score", Value: signed(q.NPS.Value), Note: margin(*q.NPS)}
	return withTrend(s, q.Trend, 0)
}

// margin says how sure a score is.
func margin(s voice.Score) string {
	if !s.Estimable {
		return "margin not estimable: all answers fall into one group"
	}
	return "±" + ui.Decimal(s.Margin, 1) + " at 95 %"
}

func withTrend(s ui.StatProps, t *voice.Trend, digits int) ui.StatProps {
	if t == nil {
		return s
	}
	s.Rising, s.Delta = t.Change >= 0, ui.Decimal(math.Abs(t.Change), digits)
	note := "on " + PeriodText(t.Period)
	switch {
	case !t.Significant:
		note += ", which chance explains"
	case t.Change > 0:
		s.Trend = ui.Good
	default:
		s.Trend = ui.Bad
	}
	s.Note = strings.TrimPrefix(s.Note+"; "+note, "; ")
	return s
}

func signed(f float64) string {
	n := int(math.Round(f))
	if n < 0 {
		return fmt.Sprintf("−%d", -n)
	}
	return fmt.Sprint(n)
}

func question(q voice.QuestionResult, minimum int) QuestionProps {
	p := QuestionProps{Text: q.Text}
	if q.TooFew {
		p.TooFew = fmt.Sprintf("Fewer than %d people answered this question.", minimum)
		return p
	}
	p.Note = ui.Plural(*q.N, "answer", "answers")
	if q.Mean != nil {
		p.Stats = []ui.StatProps{
			withTrend(ui.StatProps{Label: "Mean", Value: ui.Decimal(*q.Mean, 1), Unit: "of 5"}, q.Trend, 1),
			{Label: "Gave 4 or 5", Value: ui.Percent(*q.Top2, 0)},
		}
	}
	if q.NPS != nil {
		n := float64(*q.N)
		p.bar("Promoters, 9 to 10", q.NPS.Promoters, n, ui.Good)
		p.bar("Passives, 7 to 8", q.NPS.Passives, n, ui.Neutral)
		p.bar("Detractors, 0 to 6", q.NPS.Detractors, n, ui.Bad)
		return p
	}
	for _, o := range q.Options {
		p.bar(o.Option, o.N, float64(*q.N), ui.Neutral)
	}
	p.Words = q.Texts
	if q.Type == voice.FreeText && q.Texts == nil {
		p.Hidden = "Answers in words are read by the team that asked."
	}
	return p
}

func (p *QuestionProps) bar(label string, n int, of float64, tone ui.Tone) {
	share := float64(n) / of
	p.Labels = append(p.Labels, label)
	p.Bars = append(p.Bars, ui.MeterProps{Share: share, Label: label, Text: fmt.Sprintf("%d · %s", n, ui.Percent(share, 0)), Tone: tone})
}
