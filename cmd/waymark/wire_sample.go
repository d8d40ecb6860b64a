package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/sample"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/internal/voice"
)

// sampleArea loads the sample organisation; nil outside the sample.
type sampleArea struct {
	sample *sample.Loader
}

var sampleActor = action.System("sample")

// wireSample prepares the loading of the sample organisation, which begins
// when the server listens: its data comes in through the portal's own doors.
func (a *app) wireSample() error {
	if !a.cfg.Sample {
		return nil
	}
	if err := a.holdSample(); err != nil {
		return err
	}
	for _, secret := range []*string{&a.cfg.Hooks.GitHub, &a.cfg.Hooks.Waymark} {
		if *secret == "" {
			*secret = rand.Text()
		}
	}
	a.sample = &sample.Loader{Memory: sampleMemory{a}, Now: time.Now, Steps: []sample.Step{
		{Name: "catalog", Title: "the catalog", Do: a.awaitSampleCatalog},
		{Name: "surveys", Title: "survey answers", Do: a.loadSurveys},
		{Name: "costs", Title: "a year of bills", Do: a.loadBills},
		{Name: "deliveries", Title: "half a year of deployments", Do: a.loadDeliveries},
	}}
	a.background(func(ctx context.Context) {
		began := time.Now()
		if err := a.sample.Run(ctx); err != nil && ctx.Err() == nil {
			slog.Error("the sample organisation is not complete; it goes on after the next start", "error", err)
			return
		}
		if err := a.store.Shrink(ctx); err != nil {
			slog.Warn("the database keeps its memory", "error", err)
		}
		debug.FreeOSMemory() // bills are large, once
		slog.Info("sample organisation loaded", "took", time.Since(began).Round(time.Millisecond))
	})
	return nil
}

// sampleLoading reports whether the sample is still being loaded.
func (a *app) sampleLoading() bool { return a.sample != nil && !a.sample.State().Ready }

// sampleDoing is what is being loaded; empty when all is there.
func (a *app) sampleDoing() string {
	if !a.sampleLoading() {
		return ""
	}
	return a.sample.State().Doing
}

// sampleMemory keeps what was loaded in the settings.
type sampleMemory struct{ a *app }

// Recall implements sample.Memory.
func (m sampleMemory) Recall(ctx context.Context, key string) (string, error) {
	return m.a.store.Setting(ctx, access.System("sample"), key)
}

// Keep implements sample.Memory.
func (m sampleMemory) Keep(ctx context.Context, key, value string) error {
	return m.a.store.Write(ctx, func(t tx.Tx) error { return m.a.store.PutSetting(ctx, t, key, value) })
}

// awaitSampleCatalog waits until the people are there, whom all else names.
func (a *app) awaitSampleCatalog(ctx context.Context, _ time.Time) error {
	for range 600 {
		n, err := a.store.CountUsers(ctx, access.System("sample"))
		if err != nil || n > 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("the catalog has no people after 30 s; see catalog health")
}

// loadBills sends the bills through the action that takes uploads in.
func (a *app) loadBills(ctx context.Context, now time.Time) error {
	bills, err := sample.Bills(now)
	if err != nil {
		return err
	}
	for _, b := range bills {
		upload, err := a.costs.Spool(bytes.NewReader(b.Body))
		if err != nil {
			return err
		}
		err = a.do(ctx, "import-costs", map[string]any{"source": b.Source, "name": b.Name, "upload": upload})
		a.costs.Unspool(upload)
		if err != nil {
			return err
		}
	}
	for _, b := range sample.Budgets {
		if err := a.do(ctx, "set-budget", map[string]any{"team": b.Team, "monthly": b.Monthly}); err != nil {
			return err
		}
	}
	return nil
}

// do passes an action as the sample's loader.
func (a *app) do(ctx context.Context, name string, in any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	_, err = a.actions.Do(ctx, sampleActor, name, raw)
	return err
}

// loadDeliveries posts the history to the webhooks of this very server.
func (a *app) loadDeliveries(ctx context.Context, now time.Time) error {
	posts, err := sample.Posts(sample.Deliveries(now), func(source string) string {
		secret, _ := a.cfg.Hooks.Secret(source) // wireSample has set both
		return secret
	})
	if err != nil {
		return err
	}
	for _, p := range posts {
		if err := a.postHook(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) postHook(ctx context.Context, p sample.Post) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.cfg.Listen+"/hooks/"+p.Source, bytes.NewReader(p.Body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	for k, v := range p.Header {
		r.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("post to /hooks/%s: %w", p.Source, err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if resp.StatusCode != http.StatusAccepted {
		return errors.Join(fmt.Errorf("post to /hooks/%s: %s: %s", p.Source, resp.Status, said), err)
	}
	return err
}

// loadSurveys lets the sample's people answer, each wave at its own time: the
// actions are the portal's own, only their clock is set back.
func (a *app) loadSurveys(ctx context.Context, now time.Time) error {
	for _, w := range sample.Waves(now) {
		if err := a.loadWave(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) loadWave(ctx context.Context, w sample.Wave) error {
	then := &voice.Engine{Store: a.store, People: a.store, Definitions: a.voice.Definitions, Now: func() time.Time { return w.At }}
	door := action.NewRegistry(action.Ports{DB: a.store, Events: a.store, Access: a.allow, Policy: &a.judge, Quota: a.store, Keys: a.store})
	for _, d := range then.Actions() {
		if err := door.Register(d); err != nil {
			return err
		}
	}
	do := func(actor action.Actor, name string, in any) error {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		_, err = door.Do(ctx, actor, name, raw)
		return err
	}
	if err := do(sampleActor, "open-survey", map[string]any{"survey": w.Survey}); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	s, err := a.findWave(ctx, then, w)
	if err != nil || s.State == voice.Closed { // loaded before a crash
		return err
	}
	for _, x := range w.Answers {
		person := action.Actor{ID: x.Person, Via: "page", Grants: []action.Grant{{Role: "viewer"}}}
		if err := do(person, "answer-survey", map[string]any{"survey": s.ID, "answers": x.Values}); err != nil {
			return err
		}
	}
	if !w.Close {
		return nil
	}
	return do(sampleActor, "close-survey", map[string]any{"survey": s.ID})
}

// findWave returns the survey that stands for the wave.
func (a *app) findWave(ctx context.Context, e *voice.Engine, w sample.Wave) (voice.Survey, error) {
	d, ok := e.Definition(w.Survey)
	if !ok {
		return voice.Survey{}, fmt.Errorf("survey %s: no such file", w.Survey)
	}
	all, err := a.store.Surveys(ctx, access.System("sample"))
	if err != nil {
		return voice.Survey{}, err
	}
	for _, s := range all {
		if s.Definition.Name == w.Survey && s.Period == d.Schedule.At(w.At).Label {
			return s, nil
		}
	}
	return voice.Survey{}, fmt.Errorf("survey %s: not opened", w.Survey)
}
