package provision

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/terraform/local"
	"github.com/waymark-portal/waymark/internal/terraform/provider"
	"github.com/waymark-portal/waymark/internal/tx"
)

// portalSide answers Waymark's own provider on the run's listener: secrets and
// catalog entities of one environment.
type portalSide struct {
	s     *session
	token string
}

// maxBody bounds what the provider may send.
const maxBody = 64 << 10

// ServeHTTP implements http.Handler.
func (p *portalSide) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !terraform.SameToken(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), p.token) {
		http.Error(w, "the token is not the run's", http.StatusUnauthorized)
		return
	}
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	name, own := strings.CutPrefix(id, local.ID(p.s.env.ID, ""))
	if !own || !local.ValidName(name) {
		http.Error(w, "not of this environment", http.StatusNotFound)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	var out any
	var err error
	ctx := context.WithoutCancel(r.Context())
	switch kind + " " + r.Method {
	case "secrets PUT":
		out, err = p.putSecret(ctx, id, name)
	case "secrets GET":
		out, err = p.secret(ctx, id)
	case "secrets DELETE":
		err = p.write(ctx, func(t tx.Tx) error { return p.s.e.Store.DropSecret(ctx, t, id) })
	case "entities PUT":
		out, err = p.putEntity(ctx, id, name, r)
	case "entities GET":
		out, err = p.entity(ctx, id)
	case "entities DELETE":
		err = p.dropEntity(ctx, id)
	default:
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	p.answer(w, out, err)
}

func (p *portalSide) answer(w http.ResponseWriter, out any, err error) {
	switch {
	case err == nil && out == nil:
		w.WriteHeader(http.StatusNoContent)
	case err == nil:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(out) // the provider went away: it asks again
	case fault.Is(err, fault.NotFound):
		http.Error(w, "not found", http.StatusNotFound)
	case fault.Is(err, fault.Invalid):
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		p.s.e.Log.Error("provider's call", "run", p.s.w.Run().ID, "error", err)
		http.Error(w, "the portal cannot do it at the moment", http.StatusServiceUnavailable)
	}
}

func (p *portalSide) write(ctx context.Context, f func(tx.Tx) error) error {
	return p.s.w.Write(ctx, f)
}

// putSecret makes a random value, or answers the one that is there.
func (p *portalSide) putSecret(ctx context.Context, id, name string) (any, error) {
	raw := make([]byte, 18)
	rand.Read(raw)
	env := p.s.env
	kept := Secret{ID: id, Environment: env.ID, Owner: env.Owner, Name: name, Value: hex.EncodeToString(raw), By: env.By}
	err := p.write(ctx, func(t tx.Tx) (err error) {
		kept, err = p.s.e.Store.PutSecret(ctx, t, kept)
		return err
	})
	p.s.w.Hide(kept.Value)
	return provider.SecretValue{Value: kept.Value}, err
}

func (p *portalSide) secret(ctx context.Context, id string) (any, error) {
	s, err := p.s.e.Store.Secret(ctx, system, id)
	return provider.SecretValue{Value: s.Value}, err
}

func (p *portalSide) putEntity(ctx context.Context, id, name string, r *http.Request) (any, error) {
	var v provider.EntityValue
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		return nil, fault.InvalidField("", "json", "The entity cannot be read.").Because(err)
	}
	env := p.s.env
	parent := entityRef(env.Owner, env.Name)
	ref := catalog.Ref{Kind: "resource", Namespace: parent.Namespace, Name: parent.Name + "-" + name}
	v.Ref = ref.String()
	entity := catalog.Entity{Ref: ref, APIVersion: "backstage.io/v1alpha1", Kind: "Resource",
		Metadata: catalog.Metadata{Name: ref.Name, Namespace: ref.Namespace, Title: v.Title,
			Description: "Made for the environment " + env.Name + "."},
		Spec: map[string]any{"type": v.Type, "owner": env.Owner}}
	if env.Service != "" {
		entity.Spec["dependencyOf"] = []any{env.Service}
	}
	return v, p.write(ctx, func(t tx.Tx) error {
		if err := p.s.e.Catalog.Put(ctx, t, source, []catalog.Entity{entity}); err != nil {
			return err
		}
		return p.s.e.Store.PutProvided(ctx, t, Provided{ID: id, Environment: env.ID, Ref: v.Ref, Type: v.Type, Title: v.Title})
	})
}

// source is the catalog source of what environments bring.
const source = "engine:environments"

func (p *portalSide) find(ctx context.Context, id string) (Provided, error) {
	all, err := p.s.e.Store.ProvidedOf(ctx, access.System("provider"), p.s.env.ID)
	for _, e := range all {
		if e.ID == id {
			return e, err
		}
	}
	if err != nil {
		return Provided{}, err
	}
	return Provided{}, fault.New(fault.NotFound, "There is no such entity.")
}

func (p *portalSide) entity(ctx context.Context, id string) (any, error) {
	e, err := p.find(ctx, id)
	return provider.EntityValue{Type: e.Type, Title: e.Title, Ref: e.Ref}, err
}

func (p *portalSide) dropEntity(ctx context.Context, id string) error {
	e, err := p.find(ctx, id)
	if err != nil {
		return err
	}
	return p.write(ctx, func(t tx.Tx) error { return p.s.e.dropProvided(ctx, t, e) })
}

// dropProvided takes an entity that the provider made out of the catalog.
func (e *Engine) dropProvided(ctx context.Context, t tx.Tx, p Provided) error {
	ref, err := catalog.ParseRef(p.Ref, "resource", "default")
	if err != nil {
		return err
	}
	if err := e.Catalog.Drop(ctx, t, source, []catalog.Ref{ref}); err != nil {
		return err
	}
	return e.Store.DropProvided(ctx, t, p.ID)
}
