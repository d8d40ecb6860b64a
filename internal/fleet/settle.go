package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

const settleSchema = `{"type":"object","additionalProperties":false,"required":["upgrade"],"properties":{
"upgrade":{"type":"string","title":"Upgrade","minLength":1,"maxLength":80}}}`

const closeSchema = `{"type":"object","additionalProperties":false,"required":["upgrade"],"properties":{
"upgrade":{"type":"string","title":"Upgrade","minLength":1,"maxLength":80},
"merged":{"type":"boolean","title":"It was merged","ui:help":"Its changes are on the default branch, which Waymark could not see by itself."}}}`

// MergeKind is what runs are called that merge an upgrade.
const MergeKind = "merge-upgrade"

func (e *Engine) mergeUpgrade() action.Def {
	return action.Def{Name: MergeAction, Title: "Merge an upgrade", Permission: MergeAction,
		Summary:     "Merges the branch of an upgrade into main, on the embedded forge.",
		Schema:      json.RawMessage(settleSchema),
		Traits:      action.Traits{StartsRun: true, Idempotent: true},
		SampleInput: json.RawMessage(`{"upgrade":"upg_01j9zq3x5k8w2v7t4n6m1c0d9e"}`),
		Prepare:     e.prepareMerge}
}

func (e *Engine) closeUpgrade() action.Def {
	return action.Def{Name: CloseAction, Title: "Close an upgrade", Permission: CloseAction,
		Summary:     "Gives an upgrade up, or records that it was merged on its host. The branch stays.",
		Schema:      json.RawMessage(closeSchema),
		Traits:      action.Traits{Idempotent: true},
		SampleInput: json.RawMessage(`{"upgrade":"upg_01j9zq3x5k8w2v7t4n6m1c0d9e"}`),
		Prepare:     e.prepareClose}
}

type settleInput struct {
	Upgrade string `json:"upgrade"`
	Merged  bool   `json:"merged"`
}

// opened finds the upgrade of an input, which must wait to be merged.
func (e *Engine) opened(ctx context.Context, a action.Actor, raw json.RawMessage) (settleInput, Upgrade, Service, error) {
	var in settleInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return in, Upgrade{}, Service{}, fault.InvalidField("", "json", "The body cannot be read.").Because(err)
	}
	if _, err := e.o.Store.Upgrade(ctx, access.Viewer{Actor: a}, in.Upgrade); err != nil {
		return in, Upgrade{}, Service{}, err
	}
	u, err := e.o.Store.Upgrade(ctx, system, in.Upgrade)
	if err != nil {
		return in, u, Service{}, err
	}
	s, err := e.o.Store.Service(ctx, system, u.Base)
	return in, u, s, err
}

func (e *Engine) prepareMerge(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	_, u, s, err := e.opened(ctx, a, raw)
	if err != nil {
		return action.Prepared{}, err
	}
	p := action.Prepared{Subject: subject(s), Owner: s.Team, Preview: map[string]string{"upgrade": u.ID, "branch": u.Branch}}
	if err := e.o.Access.Authorize(ctx, a, MergeAction, s.Team); err != nil {
		return p, err
	}
	switch {
	case u.State != Open:
		return p, fmt.Errorf("upgrade %s: %w", u.ID, ErrSettled)
	case s.Host != forge.Host:
		return p, fault.Newf(fault.Invalid, "This upgrade is a pull request on %s. Merge it there.", s.Host)
	case u.Report.Marked() > 0:
		resolved, err := e.resolved(ctx, s, u)
		if err != nil {
			return p, err
		}
		if !resolved {
			return p, fault.New(fault.Conflict, "Files of this branch still hold marks of conflicts. Nothing was merged: resolve them on the branch, push it, and merge again.")
		}
	}
	p.Execute = func(ctx context.Context, db tx.Tx) (action.Output, error) {
		id, err := e.o.Runs.Start(ctx, db, run.Spec{Kind: MergeKind, Title: "Merge " + u.Branch + " of " + s.Name, Subject: subject(s), Owner: s.Team, By: a.ID,
			Input: object(map[string]any{"upgrade": u.ID, "name": a.Name, "by": a.ID})})
		if err != nil {
			return action.Output{}, err
		}
		url := "/runs/" + string(id)
		return action.Output{Started: true, Location: url, Body: map[string]any{"run": map[string]any{"id": id, "url": url}}}, nil
	}
	return p, nil
}

// resolved reports whether no file of the branch holds marks any more.
func (e *Engine) resolved(ctx context.Context, s Service, u Upgrade) (bool, error) {
	owner, name, _ := strings.Cut(s.Repository, "/")
	files, err := e.o.Embedded.FS(ctx, owner, name, u.Branch)
	if err != nil {
		return false, err
	}
	read := reader(files)
	for _, c := range u.Report.Conflicts {
		if !c.Marked() {
			continue
		}
		if b, err := read(ctx, c.Path); err == nil && forge.HasMarks(b) {
			return false, nil
		}
	}
	return true, nil
}

// MergeRun is how runs that merge an upgrade are worked on.
func (e *Engine) MergeRun() run.Kind {
	return run.Kind{Name: MergeKind, Steps: []run.Step{{ID: "merge", Title: "Merge the branch", Do: e.doMerge}}}
}

func (e *Engine) doMerge(ctx context.Context, w *run.Work) error {
	var o order
	if err := w.Input(&o); err != nil {
		return err
	}
	u, err := e.o.Store.Upgrade(ctx, system, o.Upgrade)
	if err != nil {
		return err
	}
	s, err := e.o.Store.Service(ctx, system, u.Base)
	if err != nil {
		return err
	}
	owner, name, _ := strings.Cut(s.Repository, "/")
	hash, err := e.o.Embedded.MergeBranch(ctx, owner, name, u.Branch, forge.Author{Name: o.Name, Email: author(o.By)}, w.Run().CreatedAt)
	if err != nil {
		return err
	}
	w.Logf("main is at %.10s now, with version %s of %s", hash, u.To, refName(u.Template))
	// The push that this was has settled the upgrade; this is for a forge
	// that tells nobody.
	err = w.Write(ctx, func(t tx.Tx) error { return e.o.Store.SettleUpgrade(ctx, t, u, Merged) })
	if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	return e.Pushed(ctx, owner, name)
}

func (e *Engine) prepareClose(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	in, u, s, err := e.opened(ctx, a, raw)
	if err != nil {
		return action.Prepared{}, err
	}
	to, said := Closed, "The upgrade is closed. Its branch stays."
	if in.Merged {
		to, said = Merged, s.Name+" is at version "+u.To+" now."
	}
	p := action.Prepared{Subject: subject(s), Owner: s.Team, Preview: map[string]string{"upgrade": u.ID, "state": string(to)}}
	if u.State != Open {
		if err := e.o.Access.Authorize(ctx, a, CloseAction, s.Team); err != nil {
			return p, err
		}
		return p, fmt.Errorf("upgrade %s: %w", u.ID, ErrSettled)
	}
	p.Execute = func(ctx context.Context, db tx.Tx) (action.Output, error) {
		if err := e.o.Store.SettleUpgrade(ctx, db, u, to); err != nil {
			return action.Output{}, err
		}
		return action.Output{Location: UpgradeURL(u.ID), Message: said, Body: map[string]any{"upgrade": u.ID, "state": string(to)}}, nil
	}
	return p, nil
}

// settleMerged settles the open upgrade of a service whose commit main holds.
func (e *Engine) settleMerged(ctx context.Context, s Service) error {
	if s.Upgrade.State != Open {
		return nil
	}
	u, err := e.o.Store.Upgrade(ctx, system, s.Upgrade.ID)
	if err != nil {
		return err
	}
	owner, name, _ := strings.Cut(s.Repository, "/")
	held, err := e.o.Embedded.Holds(ctx, owner, name, u.Commit)
	if err != nil || !held {
		return err
	}
	return e.settle(ctx, u)
}

// settleEqual settles the open upgrade of a service whose default branch holds
// its files: so does a request that was squashed into one commit. Files that
// held marks were resolved by a person and cannot be compared.
func (e *Engine) settleEqual(ctx context.Context, s Service, present []forge.Entry, commit string) error {
	if s.Upgrade.State != Open {
		return nil
	}
	u, err := e.o.Store.Upgrade(ctx, system, s.Upgrade.ID)
	if err != nil || commit == u.Report.Parent {
		return err
	}
	by := map[string]string{}
	for _, p := range present {
		by[p.Path] = p.Hash
	}
	marked := map[string]bool{}
	for _, c := range u.Report.Conflicts {
		marked[c.Path] = c.Marked()
	}
	equal := 0
	for _, f := range u.Report.Changed {
		hash, stands := by[f.Path]
		switch {
		case marked[f.Path]:
		case f.How == "deleted" && !stands, f.How != "deleted" && stands && hash == f.Hash:
			equal++
		default:
			return nil
		}
	}
	if equal == 0 {
		return nil
	}
	return e.settle(ctx, u)
}

func (e *Engine) settle(ctx context.Context, u Upgrade) error {
	err := e.o.Store.Write(ctx, func(t tx.Tx) error { return e.o.Store.SettleUpgrade(ctx, t, u, Merged) })
	if fault.Is(err, fault.Conflict) {
		return nil // somebody was faster
	}
	return err
}

// settleAfter is how long a branch stays that nobody merges before it is worth
// a hint.
const settleAfter = 14 * 24 * time.Hour

// Waits reports whether an upgrade has waited for long.
func (u Upgrade) Waits(at time.Time) bool {
	return u.State == Open && at.Sub(u.CreatedAt) > settleAfter
}
