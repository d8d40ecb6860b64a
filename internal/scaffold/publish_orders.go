package scaffold

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"

	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

const undoOrder = "It stays as it is on the host; change it there."

// orderActions do one thing on a host, by a single question to its API.
var orderActions = []Action{
	order("github:actions:dispatch", "Starts a workflow of GitHub Actions.", `"repoUrl","workflowId","branchOrTagName"`,
		`"workflowId":{"type":"string","description":"Its number, or the name of its file."},"branchOrTagName":{"type":"string"},"workflowInputs":{"type":"object"}`, nil,
		`{"repoUrl":"github.com?owner=acme&repo=refunds","workflowId":"release.yaml","branchOrTagName":"main"}`),
	order("github:webhook", "Adds a webhook to a repository on GitHub.", `"repoUrl","webhookUrl"`,
		`"webhookUrl":{"type":"string","pattern":"^https?://"},"webhookSecret":{"type":"string"},"events":{"type":["array","string"]},"active":`+flags+`,"contentType":{"enum":["form","json"]},"insecureSsl":`+flags, nil,
		`{"repoUrl":"github.com?owner=acme&repo=refunds","webhookUrl":"https://ci.example.com/hook","events":["push"],"contentType":"json"}`),
	order("github:issues:label", "Adds labels to an issue or pull request on GitHub.", `"repoUrl","number","labels"`,
		`"number":{"type":["integer","string"],"pattern":"^[0-9]+$"},"labels":`+nameList, nil,
		`{"repoUrl":"github.com?owner=acme&repo=refunds","number":12,"labels":["platform"]}`),
	order("github:issues:create", "Opens an issue on GitHub.", `"repoUrl","title"`,
		`"title":{"type":"string"},"body":{"type":"string"},"assignees":`+nameList+`,"labels":`+nameList+`,"milestone":{"type":["integer","string"]}`,
		map[string]any{"issueUrl": "", "issueNumber": 1}, `{"repoUrl":"github.com?owner=acme&repo=refunds","title":"Write the runbook","labels":["docs"]}`),
	order("github:environment:create", "Makes an environment of GitHub Actions.", `"repoUrl","name"`,
		`"name":{"type":"string"},"deploymentBranchPolicy":{"type":"object"},"waitTimer":{"type":"integer"}`, nil,
		`{"repoUrl":"github.com?owner=acme&repo=refunds","name":"production"}`),
	order("github:deployKey:create", "Adds a public key that may read a repository on GitHub.", `"repoUrl","publicKey","deployKeyName"`,
		`"publicKey":{"type":"string"},"deployKeyName":{"type":"string"}`, nil,
		`{"repoUrl":"github.com?owner=acme&repo=refunds","publicKey":"ssh-ed25519 AAAA","deployKeyName":"argo"}`),
	order("github:autolinks:create", "Makes texts such as TICKET-12 links on GitHub.", `"repoUrl","keyPrefix","urlTemplate"`,
		`"keyPrefix":{"type":"string"},"urlTemplate":{"type":"string"},"isAlphanumeric":`+flags, nil,
		`{"repoUrl":"github.com?owner=acme&repo=refunds","keyPrefix":"PAY-","urlTemplate":"https://tickets.example.com/PAY-<num>"}`),
	order("github:pages:enable", "Turns GitHub Pages on.", `"repoUrl"`,
		`"buildType":{"enum":["legacy","workflow"]},"sourceBranch":{"type":"string"},"sourcePath":{"enum":["/","/docs"]}`, nil,
		`{"repoUrl":"github.com?owner=acme&repo=refunds","buildType":"workflow"}`),
	order("github:branch-protection:create", "Sets the rules of a branch on GitHub.", `"repoUrl"`,
		`"branch":{"type":"string","description":"Default: the default branch."},"enforceAdmins":`+flags+`,`+protectInput, nil,
		`{"repoUrl":"github.com?owner=acme&repo=refunds","branch":"main","requiredApprovingReviewCount":2}`),
	order("gitlab:issues:create", "Opens an issue on GitLab.", `"repoUrl","title"`,
		`"projectId":{"type":["integer","string"]},"title":{"type":"string"},"description":{"type":"string"},"assignees":{"type":"array","items":{"type":"integer"}},"confidential":`+flags+`,"labels":{"type":"string"},"dueDate":{"type":"string"},"milestoneId":{"type":"integer"},"weight":{"type":"integer"}`,
		map[string]any{"issueUrl": "", "issueId": 1, "issueIid": 1}, `{"repoUrl":"gitlab.com?owner=acme&repo=refunds","title":"Write the runbook","labels":"docs"}`),
	order("gitlab:projectVariable:create", "Sets a variable of GitLab CI.", `"repoUrl","key","value","variableType"`,
		`"projectId":{"type":["integer","string"]},"key":{"type":"string","pattern":"^[A-Za-z0-9_]+$"},"value":{"type":"string"},"variableType":{"enum":["env_var","file"]},"variableProtected":`+flags+`,"masked":`+flags+`,"raw":`+flags+`,"environmentScope":{"type":"string"}`, nil,
		`{"repoUrl":"gitlab.com?owner=acme&repo=refunds","key":"REGION","value":"eu","variableType":"env_var"}`),
	order("gitlab:pipeline:trigger", "Starts a pipeline of GitLab by its trigger token.", `"repoUrl","branch","triggerToken"`,
		`"projectId":{"type":["integer","string"]},"branch":{"type":"string"},"triggerToken":{"type":"string"},"variables":{"type":"object"}`,
		map[string]any{"pipelineUrl": ""}, `{"repoUrl":"gitlab.com?owner=acme&repo=refunds","branch":"main","triggerToken":"glptt-example"}`),
	groupAction,
}

// groupAction makes groups, which have no address of a repository.
var groupAction = Action{ID: "gitlab:group:ensureExists", Summary: "Makes a group on GitLab, and those above it, unless they are there.", Undo: undoOrder,
	fakes: map[string]any{"groupId": 1}, Output: outputOf(map[string]any{"groupId": 1}),
	Input:    inputOf(`"repoUrl","path"`, repoInput, `"path":{"type":"array","minItems":1,"items":{"type":["string","object"]},"description":"The names from the top, or {name, slug}."}`),
	Examples: []Example{{"A group below another.", `{"repoUrl":"gitlab.com","path":["acme","payments"]}`}},
	plan: func(c *call) error {
		_, err := c.groupTarget()
		return err
	},
	do: func(ctx context.Context, c *call) error {
		t, err := c.groupTarget()
		if err != nil {
			return err
		}
		out, err := c.engine.o.Publisher.Order(ctx, t.at, "gitlab:group:ensureExists", c.options(), t.cred)
		maps.Copy(c.output, out)
		return err
	}}

// groupTarget is the group as the owner of repositories, so that the same
// rules count.
func (c *call) groupTarget() (target, error) {
	var parts []string
	list, _ := c.input["path"].([]any)
	for _, v := range list {
		name, _ := v.(string)
		if m, ok := v.(map[string]any); ok {
			name = inputText(m, "slug")
		}
		parts = append(parts, name)
	}
	host, _, _ := strings.Cut(inputText(c.input, "repoUrl"), "?")
	at := forge.Place{Host: strings.ToLower(host), Owner: strings.Join(parts, "/"), Name: "group"}
	if c.engine.o.Publisher == nil {
		return target{}, errNoPublisher
	}
	t := target{hosted: hosted{at, forge.Credential{Token: inputText(c.input, "token")}}, kind: "gitlab"}
	var err error
	t.links, err = c.engine.o.Publisher.Ready(at, "gitlab", "", t.cred)
	return t, err
}

// order makes such an action.
func order(id, summary, required, properties string, fakes map[string]any, example string) Action {
	kind, _, _ := strings.Cut(id, ":")
	return Action{ID: id, Summary: summary, Undo: undoOrder, fakes: fakes, Input: inputOf(required, repoInput, properties), Output: outputOf(fakes),
		Examples: []Example{{summary, example}},
		plan: func(c *call) error {
			_, err := c.target(id, kind, "")
			return err
		},
		do: func(ctx context.Context, c *call) error { return c.give(ctx, id, kind) }}
}

// outputOf is the JSON Schema of outputs like these.
func outputOf(fakes map[string]any) json.RawMessage {
	properties := map[string]any{}
	for k, v := range fakes {
		kind := "string"
		if _, ok := v.(int); ok {
			kind = "integer"
		}
		properties[k] = map[string]any{"type": kind}
	}
	b, err := json.Marshal(map[string]any{"type": "object", "properties": properties})
	if err != nil {
		return json.RawMessage(`{"type":"object"}`) // strings only: it cannot fail
	}
	return b
}

// givenOrder is what a run remembers of an order, so that it is not given twice.
type givenOrder struct {
	Done   bool           `json:"done"`
	Output map[string]any `json:"output"`
}

// give gives an order once. When the run was interrupted in the middle of it,
// nobody knows whether the host did it: it is given again, and the log says so.
func (c *call) give(ctx context.Context, id, kind string) error {
	t, err := c.target(id, kind, "")
	if err != nil {
		return err
	}
	key, err := c.orderKey()
	if err != nil {
		return err
	}
	var before givenOrder
	tried, err := c.recall(ctx, key, &before)
	if err != nil {
		return err
	}
	if before.Done {
		maps.Copy(c.output, before.Output)
		c.logf("%s was done by an earlier attempt of this run", id)
		return nil
	}
	if tried {
		c.log("warn", "An earlier attempt was interrupted here; "+t.at.Host+" may have done this already.")
	}
	if err := c.write(ctx, func(db tx.Tx) error { return c.keepNote(ctx, db, key, givenOrder{}) }); err != nil {
		return err
	}
	out, err := c.engine.o.Publisher.Order(ctx, t.at, id, c.options(), t.cred)
	if err != nil {
		return err
	}
	for _, text := range forge.Notes(out) {
		c.log("warn", text)
	}
	maps.Copy(c.output, out)
	c.logf("%s: done on %s", id, t.at)
	return c.write(ctx, func(db tx.Tx) error { return c.keepNote(ctx, db, key, givenOrder{true, c.output}) })
}

// orderKey is the same for the same order of the same step.
func (c *call) orderKey() (string, error) {
	b, err := json.Marshal(c.input)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(c.id+"\x00"), b...))
	return "order " + hex.EncodeToString(sum[:12]), nil
}
