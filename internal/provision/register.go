package provision

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform/local"
	"github.com/waymark-portal/waymark/internal/tx"
)

// registerStep makes the environment known: outputs, secrets, the catalog, and
// when its time is up.
func (e *Engine) registerStep(ctx context.Context, w *run.Work) error {
	s, err := e.open(ctx, w)
	if err != nil {
		return err
	}
	defer s.close()
	if s.env.State == Failed { // an earlier try came as far as here
		if err := e.moveEnv(ctx, w, Applying, nil); err != nil {
			return err
		}
	}
	st, err := s.state(ctx)
	if err != nil {
		return err
	}
	outputs, secrets := s.outputs(st)
	for _, secret := range secrets {
		w.Hide(secret.Value)
	}
	err = e.moveEnv(ctx, w, Ready, func(ctx context.Context, t tx.Tx, env *Environment) error {
		for _, secret := range secrets { // a handful, each a row of its own
			if err := e.Store.SetSecret(ctx, t, secret); err != nil {
				return err
			}
		}
		if err := s.settle(ctx, t, st); err != nil {
			return err
		}
		env.Outputs = outputs
		if env.ReadyAt.IsZero() {
			env.ReadyAt = t.Now()
			env.ExpiresAt = env.ReadyAt.Add(env.TTL)
		}
		return e.Catalog.Put(ctx, t, source, []catalog.Entity{environmentEntity(*env)})
	})
	if err != nil {
		return err
	}
	w.Logf("Ready, with %d outputs, as %s.", len(outputs), s.env.Entity)
	if err := s.folder.Remove(); err != nil {
		e.Log.Warn("work folder stays", "run", w.Run().ID, "error", err)
	}
	return nil
}

// settle makes the journal agree with the state: what was taken back by import
// exists, whatever the log of an earlier try said.
func (s *session) settle(ctx context.Context, t tx.Tx, st stateFile) error {
	for _, address := range st.addresses() { // one row each, once a launch
		r := Resource{Environment: s.env.ID, Address: address, Progress: Made, Run: s.w.Run().ID}
		if err := s.e.Store.PutResource(ctx, t, r); err != nil {
			return err
		}
	}
	return nil
}

// outputs are the outputs in the blueprint's order; the values of sensitive
// ones are secrets.
func (s *session) outputs(st stateFile) ([]Output, []Secret) {
	var outputs []Output
	var secrets []Secret
	for _, spec := range s.bp.Outputs {
		found, ok := st.Outputs[spec.Name]
		if !ok {
			continue
		}
		o := Output{Name: spec.Name, Title: spec.Title}
		if o.Title == "" {
			o.Title = spec.Name
		}
		if !spec.Sensitive && !found.Sensitive {
			o.Value = text(found.Value)
			outputs = append(outputs, o)
			continue
		}
		o.Sensitive, o.Secret = true, local.ID(s.env.ID, "output-"+spec.Name)
		outputs = append(outputs, o)
		secrets = append(secrets, Secret{ID: o.Secret, Environment: s.env.ID, Owner: s.env.Owner,
			Name: "output-" + spec.Name, Value: text(found.Value), By: s.env.By})
	}
	return outputs, secrets
}

// text is an output's value: a text as it is, anything else as JSON.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// environmentEntity is the environment in the catalog.
func environmentEntity(env Environment) catalog.Entity {
	ref := entityRef(env.Owner, env.Name)
	spec := map[string]any{"type": env.Kind, "lifecycle": env.Kind, "owner": env.Owner, "blueprint": env.Blueprint + " " + env.Version}
	if env.Service != "" {
		spec["dependencyOf"] = []any{env.Service}
	}
	return catalog.Entity{Ref: ref, APIVersion: "waymark.dev/v1", Kind: "Environment",
		Metadata: catalog.Metadata{Name: ref.Name, Namespace: ref.Namespace, Title: env.Name,
			Description: fmt.Sprintf("A %s environment from the blueprint %s.", env.Kind, env.Blueprint),
			Tags:        []string{env.Kind, env.Blueprint},
			Links:       []catalog.Link{{URL: URL(env.ID), Title: "Environment"}},
			Annotations: map[string]string{"waymark.dev/environment": env.ID}},
		Spec: spec}
}

// giveBack returns a slot of the owner's quota.
func (e *Engine) giveBack(ctx context.Context, t tx.Tx, owner string) error {
	return e.Quota.Claim(ctx, t, []action.Claim{{Quota: QuotaEnvironments, Owner: owner, N: -1}})
}
