package workshopview

import (
	"net/url"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/views/ui"
)

// FeedbackURL is where people rate a template.
func FeedbackURL(namespace, name string) string {
	return "/create/" + url.PathEscape(namespace) + "/" + url.PathEscape(name) + "/feedback"
}

// FareProps are those of Fare.
type FareProps struct {
	Facts    []ui.Pair
	Workshop string // address, "" for those who may not use it
	Cases    []Case
	Failing  int
	Feedback []Said
	Rate     string // where one's own rating goes, "" for those who never used it
	Own      Said   // one's last word
}

// Case is a recorded case and how it went.
type Case struct {
	Name, Problem string
	Passed        bool
	Diffs         []File
}

// Said is what somebody says of a template.
type Said struct {
	Who     string
	URL     string
	Rating  int
	Text    string
	Version string
	At      time.Time
}

// Brief is a template's usage as a card of the gallery shows it.
type Brief struct {
	Made    string // "made 12 services"
	Success string // "96 % succeed"
	Saved   string // "saved about 6 days"
	Rating  string // "4.5 of 5"
}

// Line is all of it on one line, without what is not known.
func (b Brief) Line() string {
	var out []string
	for _, s := range []string{b.Made, b.Success, b.Saved, b.Rating} {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " · ")
}

var scale = []struct {
	N    int
	Word string
}{{1, "1"}, {2, "2"}, {3, "3"}, {4, "4"}, {5, "5"}}
