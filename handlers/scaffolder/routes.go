package scaffolder

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// route is one operation of the API.
type route struct {
	method, path string // path below Prefix, as OpenAPI writes it
	id, summary  string
	query        []param
	body         string // name of the body's schema; empty: no body
	optional     bool   // the body may be left out
	large        bool   // the body holds files
	status       int
	answer       string // name of the answer's schema
	media        string // of the answer; empty: JSON
	refusal      string // name of the schema of 400; empty: that of all errors
	serve        func(*Handler, echo.Context) error
}

// param is one query parameter.
type param struct {
	name, about string
	number      bool // a whole number, not negative
	repeated    bool
	values      []string // all that are allowed; nil: any
}

var afterParam = param{name: "after", number: true, about: "Id of the last event that the caller has."}

// routes is the whole API but for its own description.
func routes() []route { return append(templateRoutes(), taskRoutes()...) }

func templateRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/v2/templates/{namespace}/{kind}/{name}/parameter-schema", id: "GetTemplateParameterSchema", summary: "The form of a template", status: 200, answer: "ParameterSchema", serve: (*Handler).parameterSchema},
		{method: http.MethodGet, path: "/v2/actions", id: "ListActions", summary: "What steps can do", status: 200, answer: "Actions", serve: (*Handler).actions},
		{method: http.MethodGet, path: "/v2/templating-extensions", id: "ListTemplatingExtensions", summary: "Filters and globals of templates", status: 200, answer: "TemplatingExtensions", serve: (*Handler).extensions},
		{method: http.MethodPost, path: "/v2/dry-run", id: "DryRun", summary: "Try a template without making anything", body: "DryRun", large: true, status: 200, answer: "DryRunResult", refusal: "Refusals", serve: (*Handler).dryRun},
		{method: http.MethodPost, path: "/v2/autocomplete/{provider}/{resource}", id: "Autocomplete", summary: "Values for a field of a form", body: "Autocomplete", status: 200, answer: "Completions", serve: (*Handler).autocomplete},
	}
}

func taskRoutes() []route {
	list := []param{
		{name: "createdBy", repeated: true, about: "References of who asked."},
		{name: "status", repeated: true, values: statuses, about: "Statuses."},
		{name: "limit", number: true, about: "At most so many tasks."}, {name: "offset", number: true, about: "How many to leave out."},
		{name: "order", repeated: true, values: orders(), about: "What to order by, first to last."},
	}
	return []route{
		{method: http.MethodGet, path: "/v2/tasks", id: "ListTasks", summary: "Tasks that the caller may see, the newest first", query: list, status: 200, answer: "Tasks", serve: (*Handler).tasks},
		{method: http.MethodPost, path: "/v2/tasks", id: "Scaffold", summary: "Make something from a template", body: "Scaffold", status: 201, answer: "Created", refusal: "Refusals", serve: (*Handler).create},
		{method: http.MethodGet, path: "/v2/tasks/{taskId}", id: "GetTask", summary: "One task", status: 200, answer: "Task", serve: (*Handler).task},
		{method: http.MethodPost, path: "/v2/tasks/{taskId}/cancel", id: "CancelTask", summary: "Stop a task", status: 200, answer: "Status", serve: (*Handler).cancel},
		{method: http.MethodPost, path: "/v2/tasks/{taskId}/retry", id: "Retry", summary: "Go on with a task from the step that failed", body: "Retry", optional: true, status: 201, answer: "Created", serve: (*Handler).retry},
		{method: http.MethodGet, path: "/v2/tasks/{taskId}/eventstream", id: "StreamLogs", summary: "The events of a task as they come", query: []param{afterParam}, status: 200, media: "text/event-stream", serve: (*Handler).stream},
		{method: http.MethodGet, path: "/v2/tasks/{taskId}/events", id: "StreamLogsPolling", summary: "The events of a task; waits up to 30 seconds for one", query: []param{afterParam}, status: 200, answer: "Events", serve: (*Handler).poll},
	}
}

// echoPath writes /tasks/{taskId} as /tasks/:taskId.
func echoPath(path string) string { return strings.NewReplacer("{", ":", "}", "").Replace(path) }

// pathParams are the names in braces.
func pathParams(path string) []string {
	var out []string
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "{") {
			out = append(out, strings.Trim(part, "{}"))
		}
	}
	return out
}
