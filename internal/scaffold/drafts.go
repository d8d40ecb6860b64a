package scaffold

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Draft is a form of a template that a person has begun. Only that person sees
// it, and no secret is in it.
type Draft struct {
	Person    string
	Template  string // reference
	Step      int    // the page that was filled in
	Form      url.Values
	SavedAt   time.Time
	ExpiresAt time.Time
}

// DraftLife is how long a draft is kept since it was last saved.
const DraftLife = 30 * 24 * time.Hour

// ErrNoDraft means that a person has no draft of a template.
var ErrNoDraft = fault.New(fault.NotFound, "There is no such draft.")

// DraftStore keeps drafts.
type DraftStore interface {
	SaveDraft(ctx context.Context, t tx.Tx, d Draft) error
	DropDraft(ctx context.Context, t tx.Tx, person, template string) error
}

// The actions on drafts.
const (
	SaveDraftName = "save-draft"
	DropDraftName = "drop-draft"
)

// maxDraft is how much text a draft may hold.
const maxDraft = 64 << 10

// DraftActions returns save-draft and drop-draft.
func (e *Engine) DraftActions(s DraftStore) []action.Def {
	const template = `"template":{"type":"string","title":"Template","minLength":1,"maxLength":300,"ui:help":"Reference of the template."}`
	return []action.Def{
		{Name: SaveDraftName, Title: "Save a draft", Permission: SaveDraftName, Summary: "Keeps what was typed into a template's form, for oneself and for 30 days. Secrets are left out.",
			Schema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["template","form"],"properties":{` + template + `,
"step":{"type":"integer","title":"Page","minimum":0,"maximum":200},
"form":{"type":"object","title":"Form","additionalProperties":{"type":"array","items":{"type":"string"}},"ui:help":"What was typed: names of fields, such as values.name, with their texts."}}}`),
			Traits: action.Traits{Idempotent: true, Sensitive: true}, SampleInput: json.RawMessage(`{"template":"template:default/go-rest-api","step":0,"form":{"values.name":["refund-api"]}}`),
			Prepare: func(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
				return e.prepareDraft(ctx, s, a, raw)
			}},
		{Name: DropDraftName, Title: "Throw a draft away", Permission: DropDraftName, Summary: "Forgets what one has typed into a template's form.",
			Schema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["template"],"properties":{` + template + `}}`),
			Traits: action.Traits{Idempotent: true}, SampleInput: json.RawMessage(`{"template":"template:default/go-rest-api"}`),
			Prepare: func(_ context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
				ref, err := draftRef(raw)
				return action.Prepared{Subject: ref.String(), Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
					return action.Output{Message: "The draft is gone.", Location: "/create"}, s.DropDraft(ctx, t, a.ID, ref.String())
				}}, err
			}},
	}
}

type draftInput struct {
	Template string     `json:"template"`
	Step     int        `json:"step"`
	Form     url.Values `json:"form"`
}

func draftRef(raw json.RawMessage) (catalog.Ref, error) {
	var in draftInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return catalog.Ref{}, fault.InvalidField("", "json", "The body cannot be read.").Because(err)
	}
	ref, err := catalog.ParseRef(in.Template, "template", "")
	if err != nil {
		return ref, fault.InvalidField("template", "reference", publicText(err))
	}
	return ref.Canonical(), nil
}

func (e *Engine) prepareDraft(ctx context.Context, s DraftStore, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	ref, err := draftRef(raw)
	if err != nil {
		return action.Prepared{}, err
	}
	if len(raw) > maxDraft {
		return action.Prepared{}, fault.InvalidField("form", "size", "A draft holds at most 64 KB. Nothing was kept.")
	}
	t, err := e.o.Library.Template(ctx, access.Viewer{Actor: a}, ref)
	if err != nil {
		return action.Prepared{}, err
	}
	var in draftInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("", "json", "The body cannot be read.").Because(err)
	}
	d := Draft{Person: a.ID, Template: ref.String(), Step: in.Step, Form: t.withoutSecrets(in.Form)}
	return action.Prepared{Subject: ref.String(), Execute: func(ctx context.Context, db tx.Tx) (action.Output, error) {
		return action.Output{Message: "The draft is kept for 30 days. Secrets are not in it."}, s.SaveDraft(ctx, db, d)
	}}, nil
}

// withoutSecrets are the fields of a form that can hold no secrets; a page that
// cannot be shown keeps nothing.
func (t *Template) withoutSecrets(sent url.Values) url.Values {
	out := url.Values{}
	for name, list := range sent {
		if strings.HasPrefix(name, prefix) {
			out[name] = list
		}
	}
	for _, p := range t.Pages {
		s, err := p.Form()
		if err != nil {
			return url.Values{}
		}
		for name := range out {
			if s.Secret(name) {
				delete(out, name)
			}
		}
	}
	return out
}
