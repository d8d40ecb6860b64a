package scaffold

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

const (
	// sealed is what secrets are sealed for.
	sealed = "scaffold secrets"
	// SecretsKey is where a run keeps its secrets, sealed, as long as steps
	// may need them.
	SecretsKey = "scaffold-secrets"
)

// seal packs secrets for a note of the run; nil without any.
func (e *Engine) seal(secrets map[string]string) (json.RawMessage, error) {
	if len(secrets) == 0 {
		return nil, nil
	}
	if e.o.Sealer == nil {
		return nil, fault.New(fault.Unavailable, "Secrets cannot be kept here.")
	}
	b, err := json.Marshal(secrets)
	if err != nil {
		return nil, err
	}
	return json.Marshal(e.o.Sealer.Seal(b, sealed))
}

// open reads the secrets that a run still has.
func (e *Engine) open(ctx context.Context, id run.ID) (map[string]string, error) {
	out := map[string]string{}
	note, err := e.o.Store.Note(ctx, id, SecretsKey)
	if err != nil || len(note) == 0 {
		return out, err
	}
	var b []byte
	if err := json.Unmarshal(note, &b); err != nil || len(b) == 0 {
		return out, err
	}
	plain, err := e.o.Sealer.Unseal(b, sealed)
	if err != nil {
		return nil, fmt.Errorf("secrets of %s: %w", id, err)
	}
	return out, json.Unmarshal(plain, &out)
}

// usesSecret finds what a text of a template asks of secrets: a name in the
// first or second group, or none when it takes them all.
var usesSecret = regexp.MustCompile(`(?:^|[^.\w])secrets(?:\.([A-Za-z_$][\w$]*)|\[\s*\\?["']([^"'\\]+)\\?["']\s*\])?`)

// secretsFrom are the names of the order's secrets that the steps from the
// given one on may ask for.
func (o Order) secretsFrom(step int) []string {
	var out []string
	for _, s := range o.Steps[min(step, len(o.Steps)):] {
		b, err := json.Marshal([]any{s.Input, s.Each})
		if err != nil {
			return o.Secrets // what cannot be read may ask for any
		}
		for _, m := range usesSecret.FindAllStringSubmatch(string(b), -1) {
			name := m[1] + m[2]
			if name == "" {
				return o.Secrets
			}
			if slices.Contains(o.Secrets, name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// retry is asked before a run is queued again: secrets that were forgotten and
// are needed by what is left to do must be given again.
func (e *Engine) retry(ctx context.Context, t tx.Tx, r run.Run, given map[string]string) error {
	var o Order
	if err := json.Unmarshal(r.Input, &o); err != nil {
		return err
	}
	made, err := e.o.Store.TxMade(ctx, t, string(r.ID))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(made, func(a Artefact) bool { return a.State == ArtefactRemoved }) {
		return fault.New(fault.Conflict, "What this run had made was cleaned up, so it cannot go on from there. Nothing was started; create it anew.")
	}
	have, err := e.open(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(o.Secrets, name) {
			return fault.InvalidField("secrets."+name, "unknown", "The run was not given a secret of this name.")
		}
		have[name] = given[name]
	}
	var missing []fault.Field
	for _, name := range o.secretsFrom(firstOpen(r)) {
		if have[name] == "" {
			missing = append(missing, fault.Field{Field: "secrets." + name, Code: "required",
				Message: "This secret is not kept any more; give it again. Nothing was started."})
		}
	}
	if len(missing) > 0 {
		return fault.InvalidFields(missing...)
	}
	note, err := e.seal(have)
	if err != nil || note == nil {
		return err
	}
	return e.o.Store.PutNote(ctx, t, r.ID, SecretsKey, note)
}

// NeedsSecrets are the names of the secrets that a retry of r must be given
// again.
func (e *Engine) NeedsSecrets(ctx context.Context, r run.Run) ([]string, error) {
	var o Order
	if len(r.Input) == 0 || json.Unmarshal(r.Input, &o) != nil || len(o.Secrets) == 0 {
		return nil, nil // none, or none that the reader may know of
	}
	have, err := e.open(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(o.secretsFrom(firstOpen(r)), func(name string) bool { return have[name] != "" }), nil
}

// firstOpen is the step at which a retry begins.
func firstOpen(r run.Run) int {
	return max(0, slices.IndexFunc(r.Steps, func(s run.StepRow) bool {
		return s.State != run.StepSucceeded && s.State != run.StepSkipped
	}))
}

// shortest is the length from which a text is looked for as a secret; shorter
// ones would blank out ordinary words.
const shortest = 6

// disguises are the shapes in which a secret may show: as it is, line by line,
// in an address, as JSON and in base 64.
func disguises(secret string) []string {
	out := []string{secret, strings.TrimSpace(secret), url.QueryEscape(secret), url.PathEscape(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))}
	if b, err := json.Marshal(secret); err == nil {
		out = append(out, strings.Trim(string(b), `"`))
	}
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); len(line) > shortest && strings.ContainsAny(strings.TrimSpace(secret), "\n") {
			out = append(out, line)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) }) // the longest first
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(s string) bool { return len(s) < shortest })
}

// hidden are all texts that must show nowhere, by the name of their secret.
func (x *execution) hidden() map[string][]string {
	out := map[string][]string{}
	for name, v := range x.secrets {
		if s, ok := v.(string); ok {
			out[name] = disguises(s)
		}
	}
	for name, s := range x.engine.o.Environment.Secrets {
		out[name] = append(out[name], disguises(s)...)
	}
	return out
}

// hide takes secrets out of every text in a value.
func (x *execution) hide(v any) any {
	hidden := x.hidden()
	if len(hidden) == 0 {
		return v
	}
	return withoutTexts(v, hidden)
}

func withoutTexts(v any, hidden map[string][]string) any {
	switch v := v.(type) {
	case string:
		for _, list := range hidden {
			for _, s := range list {
				v = strings.ReplaceAll(v, s, "***")
			}
		}
		return v
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = withoutTexts(e, hidden)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = withoutTexts(e, hidden)
		}
		return out
	}
	return v
}

// leaks refuses to publish files that hold a secret.
func (x *execution) leaks(files []forge.File) error {
	for name, list := range x.hidden() {
		for _, f := range files {
			for _, s := range list {
				if strings.Contains(string(f.Data), s) || strings.Contains(f.Path, s) {
					return fault.Newf(fault.Invalid, "The file %s holds the secret %q, so nothing was published: what is committed can be read by many and for ever. Take it out of the template.", x.hide(f.Path), name)
				}
			}
		}
	}
	return nil
}
