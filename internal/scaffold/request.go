package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

const requestInput = `"method":{"type":"string","enum":["GET","HEAD","OPTIONS","POST","PUT","PATCH","DELETE"]},
"headers":{"type":"object","description":"Secrets belong here; they show nowhere."},
"params":{"type":"object","description":"Added to the query of the address."},
"body":{"description":"A text is sent as it is, everything else as JSON."},
"timeout":{"type":"number","minimum":1,"maximum":60000,"description":"Milliseconds; 30000 when left out."},
"continueOnBadResponse":{"type":"boolean","description":"Go on with statuses of 400 and above."},
"logRequestPath":{"type":"boolean","description":"false keeps the path out of the log."}`

const replyOutput = `{"type":"object","properties":{"code":{"type":"integer"},"headers":{"type":"object"},"body":{"description":"What JSON holds; else {message: the text}."}}}`

// undoRequest is what both actions say.
const undoRequest = "What the other side has done stays there; undo it with a step that has if: ${{ failure() }}."

var requestActions = []Action{
	{ID: "http:request", Summary: "Sends a request to a host that scaffolder.hosts names.", DryRun: true, Undo: undoRequest, do: request,
		Input:  json.RawMessage(`{"type":"object","required":["method","url"],"properties":{"url":{"type":"string","minLength":1},` + requestInput + `}}`),
		Output: json.RawMessage(replyOutput),
		Examples: []Example{
			{"Ask for a number.", "method: GET\nurl: https://api.example.com/ports/next\nparams:\n  team: payments"},
			{"Open a ticket.", "method: POST\nurl: https://api.example.com/tickets\nheaders:\n  Authorization: Bearer example\nbody:\n  title: refund-api"}}},
	{ID: "http:backstage:request", Summary: "Reads an entity through Backstage's address for it; other paths are refused.", DryRun: true, Undo: "Nothing to undo.", do: ownRequest,
		Input: json.RawMessage(`{"type":"object","required":["method","path"],"properties":{
"path":{"type":"string","description":"/api/catalog/entities/by-name/KIND/NAMESPACE/NAME"},` + requestInput + `}}`),
		Output:   json.RawMessage(replyOutput),
		Examples: []Example{{"Read a group.", "method: GET\npath: /api/catalog/entities/by-name/group/default/payments-team"}}},
}

// The limits of a request and of its answer.
const (
	maxSent     = 1 << 20
	maxAnswer   = 1 << 20
	requestTime = 30 * time.Second
)

var safeMethods = []string{http.MethodGet, http.MethodHead, http.MethodOptions}

// request sends what the step composes. A dry run sends only what changes
// nothing on the other side.
func request(ctx context.Context, c *call) error {
	if c.engine.o.Requester == nil {
		return fault.New(fault.Unavailable, "http:request is off: the configuration names no host under scaffolder.hosts.")
	}
	m, err := c.message()
	if err != nil {
		return err
	}
	shown := c.shownURL(m.URL)
	if err := c.engine.o.Requester.Check(m.URL); err != nil {
		return fault.Newf(fault.Forbidden, "http:request: %s.", publicText(err))
	}
	if c.dry && (!slices.Contains(safeMethods, m.Method) || c.confined) {
		c.logf("Dry run: %s %s is not sent.", m.Method, shown)
		c.output["code"], c.output["headers"], c.output["body"] = 200, map[string]any{}, map[string]any{}
		return nil
	}
	c.logf("%s %s", m.Method, shown)
	r, err := c.engine.o.Requester.Send(ctx, m)
	if err != nil {
		return fault.Newf(fault.Unavailable, "http:request: %s.", strings.TrimSuffix(publicText(err), "."))
	}
	c.logf("answered %d, %d bytes", r.Status, len(r.Body))
	return c.answered(r)
}

// shownURL is an address as a log shows it: without its query, which may hold
// what is secret.
func (c *call) shownURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(an address)"
	}
	if show, ok := c.input["logRequestPath"].(bool); ok && !show {
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}

// message composes the request. What may be sent twice after a crash carries
// a key by which the other side can tell.
func (c *call) message() (fetch.Message, error) {
	m := fetch.Message{Method: inputText(c.input, "method"), Header: http.Header{}, Max: maxAnswer, Within: requestTime}
	u, err := url.Parse(inputText(c.input, "url"))
	if err != nil || u.Host == "" {
		return m, fault.New(fault.Invalid, "http:request: url is no address of the form https://host/path.")
	}
	q := u.Query()
	params := object(c.input, "params")
	for _, k := range slices.Sorted(maps.Keys(params)) {
		q.Set(k, plainText(params[k]))
	}
	if len(params) > 0 {
		u.RawQuery = q.Encode()
	}
	m.URL = u.String()
	headers := object(c.input, "headers")
	for _, k := range slices.Sorted(maps.Keys(headers)) {
		v := plainText(headers[k])
		if !httpguts.ValidHeaderFieldName(k) || !httpguts.ValidHeaderFieldValue(v) {
			return m, fault.Newf(fault.Invalid, "http:request: the header %q cannot be sent.", k)
		}
		m.Header[textproto.CanonicalMIMEHeaderKey(k)] = []string{v}
	}
	if ms, ok := asNumber(c.input["timeout"]); ok {
		m.Within = time.Duration(ms) * time.Millisecond
	}
	if !slices.Contains(safeMethods, m.Method) && m.Header.Get("Idempotency-Key") == "" {
		m.Header.Set("Idempotency-Key", c.onceKey())
	}
	return m, c.fill(&m)
}

// fill adds the body.
func (c *call) fill(m *fetch.Message) error {
	switch body := c.input["body"].(type) {
	case nil:
	case string:
		m.Body = []byte(body)
	default:
		b, err := marshalJSON(whole(body), "")
		if err != nil {
			return err
		}
		var flat bytes.Buffer
		if err := json.Compact(&flat, b); err != nil {
			return err
		}
		m.Body = flat.Bytes()
		if m.Header.Get("Content-Type") == "" {
			m.Header.Set("Content-Type", "application/json")
		}
	}
	if len(m.Body) > maxSent {
		return fault.Newf(fault.TooLarge, "http:request sends at most %d KB.", maxSent>>10)
	}
	return nil
}

func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(whole(v))
}

// answered puts an answer into the output. Only headers that say something of
// the answer are kept: others may hold a session.
func (c *call) answered(r fetch.Reply) error {
	headers := map[string]any{}
	for _, k := range []string{"Content-Type", "Location", "Etag", "Last-Modified", "Retry-After", "Link", "X-Total-Count", "X-Request-Id"} {
		if v := r.Header.Get(k); v != "" {
			headers[strings.ToLower(k)] = v
		}
	}
	var body any
	if !strings.Contains(r.Header.Get("Content-Type"), "json") || json.Unmarshal(r.Body, &body) != nil {
		body = map[string]any{"message": strings.ToValidUTF8(string(r.Body), "�")}
	}
	c.output["code"], c.output["headers"], c.output["body"] = r.Status, headers, body
	if goOn, _ := c.input["continueOnBadResponse"].(bool); r.Status >= 300 && !goOn && !(r.Status < 400 && r.Status != http.StatusMovedPermanently && r.Status != http.StatusFound) {
		said, _ := c.hide(cutText(string(r.Body), 300)).(string)
		return fault.Newf(fault.Unavailable, "http:request: the other side answers %d: %s", r.Status, said)
	}
	return nil
}

// cutText is the beginning of a text in one line.
func cutText(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "))
	if len(r) > n {
		return string(r[:n]) + "…"
	}
	return string(r)
}

// ownRequest answers the one path of Backstage's API that templates read, as
// the person may see it.
func ownRequest(ctx context.Context, c *call) error {
	p := strings.Trim(strings.TrimPrefix(strings.TrimPrefix(inputText(c.input, "path"), "/"), "api/"), "/")
	parts := strings.Split(p, "/")
	if inputText(c.input, "method") != http.MethodGet || len(parts) != 6 || strings.Join(parts[:3], "/") != "catalog/entities/by-name" {
		return fault.Newf(fault.Invalid, "http:backstage:request reads /api/catalog/entities/by-name/… only, not %s. Use catalog:fetch, or http:request with a host of scaffolder.hosts.", cutText(inputText(c.input, "path"), 120))
	}
	doc, err := c.entity(ctx, parts[3]+":"+parts[4]+"/"+parts[5], true)
	if err != nil {
		return err
	}
	c.output["code"], c.output["headers"], c.output["body"] = 200, map[string]any{"content-type": "application/json"}, doc
	if doc == nil {
		c.output["code"], c.output["body"] = 404, map[string]any{"message": "There is no such entity."}
		if goOn, _ := c.input["continueOnBadResponse"].(bool); !goOn {
			return fault.Newf(fault.NotFound, "http:backstage:request: there is no entity %s:%s/%s.", parts[3], parts[4], parts[5])
		}
	}
	return nil
}
