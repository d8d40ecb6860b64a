package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Option changes one call of Do.
type Option func(*call)

// WithKey makes a repeated call with the same key and input answer the same
// without doing anything again, for 24 hours. An empty key does nothing.
func WithKey(key string) Option { return func(c *call) { c.key = key } }

// DryRun runs every check, also quota, and changes nothing; the output is the
// action's preview.
func DryRun() Option { return func(c *call) { c.dry = true } }

// call is one passage through the door.
type call struct {
	actor Actor
	def   registered
	in    json.RawMessage
	key   string
	dry   bool
}

// Do is the one door: schema, prepare, authorise, policy, and then one
// transaction of idempotency key, quota, execute and event. It returns a
// fault when the request is refused; the refusal of somebody is recorded as
// an event in a transaction of its own.
func (r *Registry) Do(ctx context.Context, a Actor, name string, in json.RawMessage, opts ...Option) (Output, error) {
	d, err := r.lookup(name)
	if err != nil {
		return Output{}, err
	}
	c := call{actor: a, def: d, in: in}
	for _, o := range opts {
		o(&c)
	}
	if len(c.in) == 0 {
		c.in = json.RawMessage("{}")
	}
	out, p, err := r.pass(ctx, c)
	if err != nil {
		r.recordRefusal(ctx, c, p, err)
		return Output{}, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

func (r *Registry) pass(ctx context.Context, c call) (Output, Prepared, error) {
	if c.actor.ID == "" {
		return Output{}, Prepared{}, fault.New(fault.Unauthenticated, "Sign in first.")
	}
	if err := c.def.schema.validate(c.in); err != nil {
		return Output{}, Prepared{}, err
	}
	if err := c.inScope(); err != nil {
		return Output{}, Prepared{}, err
	}
	if earlier, err := r.earlier(ctx, c); err != nil || earlier != nil {
		if earlier == nil {
			earlier = &Output{}
		}
		return *earlier, Prepared{}, err
	}
	if c.def.First {
		if err := r.authorize(ctx, c, Prepared{}); err != nil {
			return Output{}, Prepared{}, err
		}
	}
	if c.def.FirstSomewhere {
		if err := r.authorizeSomewhere(ctx, c); err != nil {
			return Output{}, Prepared{}, err
		}
	}
	p, err := c.def.Prepare(ctx, c.actor, c.in)
	if err != nil {
		return Output{}, p, err
	}
	if err := r.authorize(ctx, c, p); err != nil {
		return Output{}, p, err
	}
	if err := r.judge(ctx, c, p); err != nil {
		return Output{}, p, err
	}
	out, err := r.commit(ctx, c, p)
	if err == nil && p.Committed != nil {
		p.Committed()
	}
	return out, p, err
}

// earlier is the answer to the same call before, nil for a new one. It comes
// before Prepare, which would find that what is asked for exists by now.
func (r *Registry) earlier(ctx context.Context, c call) (*Output, error) {
	if c.key == "" || c.dry {
		return nil, nil
	}
	var out *Output
	err := r.ports.DB.Write(ctx, func(t tx.Tx) error {
		var err error
		out, err = r.ports.Keys.Once(ctx, t, Key{Value: c.key, Actor: c.actor.ID, Action: c.def.Name, Hash: hash(c.in)})
		if err == nil && out == nil {
			err = errDry // a new key is taken by commit, with what it stands for
		}
		return err
	})
	if errors.Is(err, errDry) {
		return nil, nil
	}
	return out, err
}

// inScope refuses an action that the caller's token does not name.
func (c call) inScope() error {
	if c.actor.Scopes == nil || slices.Contains(c.actor.Scopes, c.def.Name) {
		return nil
	}
	return fault.Newf(fault.Forbidden, "This token may not call %s. Nothing was changed; make a token with that scope.", c.def.Name)
}

func (r *Registry) authorize(ctx context.Context, c call, p Prepared) error {
	permission := c.def.Permission
	if p.Permission != "" {
		permission = p.Permission
	}
	err := r.ports.Access.Authorize(ctx, c.actor, permission, p.Owner)
	if err != nil && p.Hidden {
		return fault.New(fault.NotFound, "There is no such thing.").Because(err)
	}
	return err
}

// authorizeSomewhere refuses who holds the permission neither everywhere nor
// for a group of theirs.
func (r *Registry) authorizeSomewhere(ctx context.Context, c call) error {
	err := r.authorize(ctx, c, Prepared{})
	for _, group := range c.actor.Groups {
		if !fault.Is(err, fault.Forbidden) {
			break
		}
		err = r.authorize(ctx, c, Prepared{Owner: group})
	}
	return err
}

// judge turns the policy's decision into a refusal: hard violations first.
func (r *Registry) judge(ctx context.Context, c call, p Prepared) error {
	if r.ports.Policy == nil || p.PolicyInput == nil {
		return nil
	}
	d, err := r.ports.Policy.Check(ctx, c.def.Name, p.PolicyInput)
	if err != nil {
		return err
	}
	kind, refused := fault.NeedsWaiver, false
	for _, v := range d.Violations {
		switch {
		case v.Severity == "hard-mandatory":
			kind, refused = fault.Policy, true
		case v.Severity == "soft-mandatory" && !slices.Contains(d.Waived, v.Rule):
			refused = true
		}
	}
	if !refused {
		return nil
	}
	f := fault.New(kind, "Policy does not allow this. Nothing was changed.")
	if kind == fault.NeedsWaiver {
		f.Public = "Policy allows this only with a waiver. Nothing was changed; ask a person who may waive the rule."
	}
	f.Violations = d.Violations
	return f
}

// errDry rolls a dry run back.
var errDry = errors.New("dry run")

func (r *Registry) commit(ctx context.Context, c call, p Prepared) (Output, error) {
	var out Output
	err := r.ports.DB.Write(ctx, func(t tx.Tx) error {
		k := Key{Value: c.key, Actor: c.actor.ID, Action: c.def.Name, Hash: hash(c.in)}
		if k.Value != "" {
			earlier, err := r.ports.Keys.Once(ctx, t, k)
			if err != nil {
				return err
			}
			if earlier != nil {
				out = *earlier
				return nil
			}
		}
		if len(p.Claims) > 0 {
			if err := r.ports.Quota.Claim(ctx, t, p.Claims); err != nil {
				return err
			}
		}
		if c.dry {
			return errDry
		}
		var err error
		if out, err = p.Execute(ctx, t); err != nil {
			return err
		}
		return r.record(ctx, t, c, p, out, k)
	})
	if errors.Is(err, errDry) {
		return Output{Body: map[string]any{"dryRun": true, "subject": p.Subject, "owner": p.Owner, "preview": p.Preview}}, nil
	}
	return out, err
}

// record appends the event and keeps the answer for a repeated call.
func (r *Registry) record(ctx context.Context, t tx.Tx, c call, p Prepared, out Output, k Key) error {
	e := event.Event{Type: "action.done", Actor: c.actor.ID, Subject: p.Subject, Owner: p.Owner,
		Action: c.def.Name, Request: c.actor.Request, Data: c.eventData(nil)}
	if err := r.ports.Events.Append(ctx, t, e); err != nil {
		return err
	}
	if k.Value == "" {
		return nil
	}
	if c.def.Traits.Sensitive {
		out = Output{Message: out.Message, Location: out.Location}
	}
	return r.ports.Keys.Keep(ctx, t, k, out)
}

// recordRefusal keeps a trace of who was refused what. Faults of our own and
// inputs that say nothing (a typing error) leave none.
func (r *Registry) recordRefusal(ctx context.Context, c call, p Prepared, refusal error) {
	switch fault.KindOf(refusal) {
	case fault.Forbidden, fault.Policy, fault.NeedsWaiver, fault.Quota:
	default:
		return
	}
	// The refusal stands whether or not its trace can be written; web logs it too.
	_ = r.ports.DB.Write(context.WithoutCancel(ctx), func(t tx.Tx) error {
		return r.ports.Events.Append(ctx, t, event.Event{Type: "action.refused", Actor: c.actor.ID, Subject: p.Subject,
			Owner: p.Owner, Action: c.def.Name, Request: c.actor.Request, Data: c.eventData(refusal)})
	})
}

// eventData is the input, its hash for a sensitive action, or nothing of it
// for an unlinked one, and the reason of a refusal.
func (c call) eventData(refusal error) json.RawMessage {
	data := map[string]any{"via": c.actor.Via}
	switch {
	case c.def.Traits.Unlinked:
	case c.def.Traits.Sensitive:
		data["inputHash"] = hash(c.in)
	case c.def.Redact != nil:
		data["input"] = c.def.Redact(c.in)
	default:
		data["input"] = c.in
	}
	var f *fault.Error
	if errors.As(refusal, &f) {
		data["refused"], data["reason"] = f.Kind.String(), f.Public
		if len(f.Violations) > 0 {
			data["violations"] = f.Violations
		}
	}
	b, err := json.Marshal(data)
	if err != nil { // the input was validated as JSON, so this cannot be
		return json.RawMessage(`{}`)
	}
	return b
}

func hash(in []byte) string {
	sum := sha256.Sum256(in)
	return hex.EncodeToString(sum[:])
}
