package scaffold

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

const noticeInput = `"title":{"type":"string","minLength":1,"maxLength":200},
"info":{"type":"string","maxLength":4000,"description":"More words."},
"link":{"type":"string","maxLength":2000,"pattern":"^(/[^/]|https?://)","description":"An address, or a path of the portal."},
"severity":{"type":"string","enum":["critical","high","normal","low"]},"scope":{"type":"string"},"topic":{"type":"string"},
"recipients":{"type":"string","enum":["entity","broadcast"],"description":"entity: those of entityRefs; broadcast: everybody who reads the team's events."},
"entityRefs":{"type":"array","items":{"type":"string"},"maxItems":100,"description":"Users and groups that are meant."},
"optional":{"type":"boolean","description":"Go on when a recipient does not exist."}`

// noticeActions tell people. Each writes an event; what reads events, such as
// the audit page and the pages of the things named, shows it.
var noticeActions = []Action{
	{ID: "notify", Summary: "Records a notice as an event of the team.", Undo: "An event stays: it says what was told.", do: notify, plan: planNotify,
		Input:    json.RawMessage(`{"type":"object","required":["title"],"properties":{` + noticeInput + `}}`),
		Output:   json.RawMessage(`{"type":"object","properties":{"recipients":{"type":"array","items":{"type":"string"}}}}`),
		Examples: []Example{{"Tell the team.", "title: refund-api is made\ninfo: Its pipeline runs now.\nlink: /catalog/default/component/refund-api"}}},
	{ID: "notification:send", Summary: "The same as notify, under the name that Backstage uses.", Undo: "An event stays: it says what was told.", do: notify, plan: planNotify,
		Input:    json.RawMessage(`{"type":"object","required":["recipients","title"],"properties":{` + noticeInput + `}}`),
		Output:   json.RawMessage(`{"type":"object","properties":{"recipients":{"type":"array","items":{"type":"string"}}}}`),
		Examples: []Example{{"Tell a group.", "recipients: entity\nentityRefs: ['group:default/payments-team']\ntitle: refund-api is made"}}},
}

// planNotify is notify in a dry run: it checks the recipients.
func planNotify(c *call) error {
	refs, err := c.recipients(context.Background())
	c.output["recipients"] = refs
	return err
}

func notify(ctx context.Context, c *call) error {
	refs, err := c.recipients(ctx)
	if err != nil {
		return err
	}
	if c.engine.o.Events == nil {
		return fault.Newf(fault.Unavailable, "%s: this portal keeps no events here.", c.action)
	}
	notice := map[string]any{"run": c.run, "step": c.id, "template": c.order.Template, "recipients": refs}
	for _, key := range []string{"title", "info", "link", "severity", "scope", "topic"} {
		if s := inputText(c.input, key); s != "" {
			notice[key] = s
		}
	}
	b, err := json.Marshal(c.hide(notice))
	if err != nil {
		return err
	}
	err = c.write(ctx, func(t tx.Tx) error {
		return c.engine.o.Events.Append(ctx, t, event.Event{Type: "notice.sent", Actor: c.order.By, Subject: c.run, Owner: c.order.Team, Data: b})
	})
	c.output["recipients"] = refs
	c.logf("noted for %d recipients: %s", len(refs), inputText(c.input, "title"))
	return err
}

// recipients are the references that a notice names, checked.
func (c *call) recipients(ctx context.Context) ([]any, error) {
	out := []any{}
	optional, _ := c.input["optional"].(bool)
	for _, s := range texts(c.input["entityRefs"]) {
		ref, err := catalog.ParseRef(s, "user", "")
		if err == nil {
			_, err = c.engine.o.Store.Entity(ctx, c.viewer(), ref.Canonical())
		}
		switch {
		case err == nil:
			out = append(out, ref.Canonical().String())
		case optional:
			c.log("warn", "There is no "+s+", which this step allows.")
		case fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone):
			return nil, fault.Newf(fault.NotFound, "%s: there is no %q to tell. Nobody was told.", c.action, s)
		default:
			return nil, err
		}
	}
	return out, nil
}
