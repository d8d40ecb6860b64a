package sample

import (
	"fmt"
	"time"
)

// Wave is a survey with its answers.
type Wave struct {
	Survey  string    // name of the survey file
	At      time.Time // when it was answered
	Close   bool
	Answers []Answer
}

// Answer is what one person said, by question id.
type Answer struct {
	Person string // user reference
	Values map[string]any
}

// everyone are the people of the sample, in the order in which they answer;
// those as whom one signs in come last, so that a survey is left for them.
var everyone = []string{"chen", "tomas", "priya", "sofia", "mateo", "felix", "dalia", "yuki", "luca", "jonas", "hanna", "zara",
	"marek", "oren", "noor", "amara", "viktor", "elif", "ruth", "lea", "sami", "piotr", "nils", "idris", "carla", "mina", "rosa", "otto",
	"ben", "grace", "vera", "ines", "ada"}

// mood is how the answers of a wave are spread.
type mood struct {
	answers  int
	scores   []int // of the NPS question, one is taken in turn
	ratings  []int
	comments []string
}

var past = mood{26,
	[]int{9, 7, 5, 8, 10, 6, 7, 9, 4, 8, 7, 6, 9, 3, 8, 7, 9, 6, 8, 7, 10, 5, 8, 6, 7, 9},
	[]int{4, 3, 3, 4, 2, 3, 4, 3, 5, 3, 2, 4, 3},
	[]string{"Builds take too long after lunch.", "I never know which template is the right one.", "The docs of the ledger are excellent. More like them.",
		"A database should not need a ticket.", "Staging is broken on Mondays.", "Show me what my service costs."}}

var last = mood{28,
	[]int{10, 9, 7, 9, 8, 9, 6, 10, 8, 9, 7, 9, 5, 8, 9, 10, 7, 6, 9, 8, 9, 4, 10, 7, 9, 8, 6, 9},
	[]int{4, 5, 4, 3, 4, 4, 5, 3, 4, 4, 2, 4, 5, 4},
	[]string{"Preview environments start fast, but I never know what they cost.", "The golden path saved us two days. Please add one for workers.",
		"Search finds the docs now. Thank you!", "Policy messages should say what to change, not only what is wrong.",
		"More room for our own dashboards.", "The build machines are full every morning at nine.", "I would like to see who depends on my API before I change it."}}

var current = mood{12,
	[]int{9, 10, 8, 9, 9, 7, 10, 6, 9, 8, 9, 10},
	[]int{4, 5, 4, 4, 5, 3, 4},
	[]string{"Destroying an environment by itself is the best part.", "Let me extend an environment from chat.", "The cost page is great; add budgets per service.",
		"I found the owner of an old topic in ten seconds."}}

var values = []string{"Self-service", "Self-service", "Documentation", "Reliability", "Self-service", "Support", "Documentation", "Reliability", "Self-service"}

// Waves makes the surveys: two quarters that are over, the current one still
// open, and a small one with too few answers to show.
func Waves(now time.Time) []Wave {
	quarter := time.Date(now.UTC().Year(), now.UTC().Month()-(now.UTC().Month()-1)%3, 1, 0, 0, 0, 0, time.UTC)
	return []Wave{
		{"platform-quarterly", quarter.AddDate(0, -6, 20), true, platformAnswers(past, 3)},
		{"platform-quarterly", quarter.AddDate(0, -3, 20), true, platformAnswers(last, 5)},
		{"platform-quarterly", now, false, platformAnswers(current, 9)},
		{"ledger-on-call", now.AddDate(0, -2, 0), true, []Answer{
			{"user:default/yuki", map[string]any{"nights": 3, "help": "An alert that says which account is off."}},
			{"user:default/oren", map[string]any{"nights": 2, "help": "Fewer alerts that mend themselves."}},
			{"user:default/idris", map[string]any{"nights": 4}},
		}},
	}
}

func platformAnswers(m mood, seed uint64) []Answer {
	d := newDice(seed)
	var out []Answer
	for i := range m.answers {
		v := map[string]any{"recommend": m.scores[i%len(m.scores)]}
		if !d.hits(.07) {
			v["ease"] = m.ratings[i%len(m.ratings)]
		}
		if !d.hits(.1) {
			v["value"] = pick(d, values)
		}
		if i%3 == 0 && i/3 < len(m.comments) {
			v["improve"] = m.comments[i/3]
		}
		out = append(out, Answer{fmt.Sprintf("user:default/%s", everyone[i]), v})
	}
	return out
}
