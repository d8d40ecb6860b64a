package hooks

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Push is what a webhook tells of a repository that has changed.
type Push struct {
	Repository string // address of its page
}

// pushMessage is what is read of all three hosts' messages.
type pushMessage struct {
	Repository struct {
		HTMLURL  string `json:"html_url"`
		Homepage string `json:"homepage"` // GitLab
	} `json:"repository"`
	Project struct {
		WebURL string `json:"web_url"`
	} `json:"project"`
}

// pushEvents are the events after which a repository, or the list of an
// organisation's, may be other than before.
var pushEvents = map[string]bool{"push": true, "create": true, "delete": true, "repository": true, "push hook": true, "tag push hook": true,
	"system hook": true}

// pushOf reads the repository that a message says has changed; false when it
// says nothing of that sort.
func pushOf(h http.Header, body []byte) (Push, bool) {
	event := strings.ToLower(first(h, "X-GitHub-Event", "X-Gitea-Event", "X-Gitlab-Event"))
	if !pushEvents[event] {
		return Push{}, false
	}
	var m pushMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return Push{}, false // what else the message says is told by its own reader
	}
	at := or(or(m.Project.WebURL, m.Repository.HTMLURL), m.Repository.Homepage)
	return Push{Repository: at}, at != ""
}
