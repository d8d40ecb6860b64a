package voice

// Results are what a survey may tell. While it is open they hold only how many
// have answered: figures that move with each answer would give single answers
// away. A question with fewer answers than the minimum tells nothing at all.
type Results struct {
	Survey       string           `json:"survey"`
	Title        string           `json:"title"`
	Period       string           `json:"period"`
	State        State            `json:"state"`
	Invited      int              `json:"invited"`
	Answered     int              `json:"answered"`
	ResponseRate *float64         `json:"responseRate"` // null when nobody was invited
	Minimum      int              `json:"minimumGroup"`
	Reason       string           `json:"reason,omitempty"` // why there are no figures
	Questions    []QuestionResult `json:"questions"`
}

// QuestionResult is what one question tells. With TooFew set, or while the
// survey is open, the figures are null.
type QuestionResult struct {
	ID      string   `json:"id"`
	Type    Type     `json:"type"`
	Text    string   `json:"text"`
	N       *int     `json:"n"`
	TooFew  bool     `json:"tooFew"`
	NPS     *Score   `json:"nps"`
	Mean    *float64 `json:"mean"`
	Top2    *float64 `json:"top2"`
	Options []Option `json:"options"` // multiple_choice; for nps and rating one for each number
	Texts   []string `json:"texts"`   // free_text, for the owning group only
	Trend   *Trend   `json:"trend"`
}

// Option is how often one answer was given.
type Option struct {
	Option string  `json:"option"`
	N      int     `json:"n"`
	Share  float64 `json:"share"`
}

// ResultsInput is what results are made from.
type ResultsInput struct {
	Survey  Survey
	Invited int
	Answers []Answers // in an order that tells nothing
	Before  *Survey   // the closed wave before, if there is one
	Past    []Answers // its answers
	Texts   bool      // the viewer may read answers in words
}

// ResultsOf makes the results of a survey.
func ResultsOf(in ResultsInput) Results {
	s := in.Survey
	out := Results{Survey: s.ID, Title: s.Definition.Title, Period: s.Period, State: s.State, Invited: in.Invited,
		Answered: s.Answered, Minimum: s.Definition.Minimum}
	if r, ok := rate(s.Answered, in.Invited); ok {
		out.ResponseRate = &r
	}
	switch {
	case s.State == Open:
		out.Reason = "open"
	case s.Answered < s.Definition.Minimum:
		out.Reason = "too few answers"
	}
	for _, q := range s.Definition.Questions {
		r := QuestionResult{ID: q.ID, Type: q.Type, Text: q.Text}
		if s.State == Closed {
			r = in.question(q)
		}
		out.Questions = append(out.Questions, r)
	}
	return out
}

func (in ResultsInput) question(q Question) QuestionResult {
	r := QuestionResult{ID: q.ID, Type: q.Type, Text: q.Text}
	n := given(q, in.Answers)
	if n < in.Survey.Definition.Minimum {
		r.TooFew = true
		return r
	}
	r.N = &n
	switch q.Type {
	case FreeText:
		if in.Texts {
			r.Texts = texts(q, in.Answers)
		}
	case MultipleChoice:
		r.Options = shares(q, in.Answers, n)
	default:
		in.number(q, &r, n)
	}
	return r
}

// number fills the figures of a question with numbers.
func (in ResultsInput) number(q Question, r *QuestionResult, n int) {
	values := numbers(q, in.Answers)
	r.Options = counts(q, values, n)
	before, enough := in.before(q)
	if q.Type == NPS {
		score, _ := NPSOf(values) // n is above zero here
		r.NPS = &score
		if old, ok := NPSOf(before); ok && enough {
			delta, sure := change(old, score)
			r.Trend = &Trend{Period: in.Before.Period, Before: old.Value, Change: delta, Significant: sure}
		}
		return
	}
	mean, top, _ := meanOf(values)
	r.Mean, r.Top2 = &mean, &top
	if old, _, ok := meanOf(before); ok && enough {
		r.Trend = &Trend{Period: in.Before.Period, Before: old, Change: mean - old,
			Significant: ratingsDiffer(before, values)}
	}
}

// before returns the numbers of the wave before, if it asked the same question
// and had enough answers.
func (in ResultsInput) before(q Question) ([]int, bool) {
	if in.Before == nil {
		return nil, false
	}
	old, ok := in.Before.Question(q.ID)
	if !ok || old.Type != q.Type {
		return nil, false
	}
	values := numbers(q, in.Past)
	return values, len(values) >= in.Before.Definition.Minimum
}

func given(q Question, all []Answers) int {
	n := 0
	for _, a := range all {
		if _, ok := a[q.ID]; ok {
			n++
		}
	}
	return n
}

func numbers(q Question, all []Answers) []int {
	var out []int
	for _, a := range all {
		if n, ok := a[q.ID].(int); ok {
			out = append(out, n)
		}
	}
	return out
}

func texts(q Question, all []Answers) []string {
	var out []string
	for _, a := range all {
		if s, ok := a[q.ID].(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func shares(q Question, all []Answers, n int) []Option {
	count := map[string]int{}
	for _, s := range texts(q, all) {
		count[s]++
	}
	out := make([]Option, 0, len(q.Options))
	for _, o := range q.Options {
		out = append(out, Option{o, count[o], float64(count[o]) / float64(n)})
	}
	return out
}
