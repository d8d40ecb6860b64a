package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/views/envview"
	"github.com/waymark-portal/waymark/views/runview"
	"github.com/waymark-portal/waymark/views/ui"
)

// page gathers what the page of an environment shows to the caller.
func (h *Environments) page(c echo.Context, id string) (envview.ShowProps, error) {
	p, current, err := h.parts(c, id)
	if err != nil || current.ID == "" {
		return p, err
	}
	p.Log, err = h.log(c.Request().Context(), respond.Viewer(c), current)
	return p, err
}

// parts is the page without its log, and the run whose log it is; none for who
// may not read it.
func (h *Environments) parts(c echo.Context, id string) (envview.ShowProps, run.Run, error) {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	env, err := h.Reader.Environment(ctx, v, id)
	if err != nil {
		return envview.ShowProps{}, run.Run{}, err
	}
	p := envview.ShowProps{Key: newKey(), Head: h.head(c, env), Facts: facts(env)}
	if !v.MayRead(env.Owner) {
		p.Facts.Hidden = true
		return p, run.Run{}, nil
	}
	runs, err := h.Runs.Runs(ctx, v, run.Filter{Lane: env.ID, Limit: 20})
	if err != nil || len(runs.Items) == 0 {
		return p, run.Run{}, err
	}
	p.Facts.Runs = envview.NewRuns(runs.Items)
	current, err := h.Runs.Run(ctx, v, currentRun(runs.Items))
	if err != nil {
		return p, run.Run{}, err
	}
	h.working(c, &p, env, current)
	if err := h.judged(ctx, v, &p, env, current.ID); err != nil {
		return p, run.Run{}, err
	}
	made, err := h.Reader.Resources(ctx, v, env.ID)
	if err != nil {
		return p, run.Run{}, err
	}
	p.Facts.Resources, p.Facts.ResourcesTitle = envview.NewResources(env, made)
	p.Facts.CanReveal = respond.May(c, "reveal-secret", env.Owner)
	return p, current, nil
}

// currentRun is the run that works, else the newest one.
func currentRun(newest []run.Run) run.ID {
	for _, r := range newest {
		if r.State == run.Running || r.State == run.Queued {
			return r.ID
		}
	}
	return newest[0].ID
}

// head is state and what can be done about it.
func (h *Environments) head(c echo.Context, env provision.Environment) envview.HeadProps {
	p := envview.HeadProps{ID: env.ID, Name: env.Name, Blueprint: env.Blueprint, Version: env.Version, Service: env.Service,
		By: env.By, At: env.CreatedAt, Lives: envview.Lives(env.TTL), Trouble: envview.NewTrouble(env),
		Expires: env.ExpiresAt, Expiring: env.Expiring(h.Now()), Engine: h.engine(c.Request().Context()),
		Badges: []ui.BadgeProps{{Label: env.State.Words(), Tone: envview.Tone(env.State)}, {Label: env.Kind, Tone: ui.Neutral}}}
	p.CanDestroy = !env.State.Gone() && env.DestroyRun == "" && respond.May(c, "destroy-environment", env.Owner)
	p.CanExtend = env.State == provision.Ready && env.DestroyRun == "" && respond.May(c, "extend-environment", env.Owner)
	if env.State.Gone() && respond.Viewer(c).MayRead(env.Owner) {
		p.AgainURL = envview.AgainURL(env.Blueprint, env.ID)
	}
	if env.State.Gone() || env.State == provision.Ready {
		p.Engine = nil // nothing here waits for it
	}
	return p
}

// working adds what the run says.
func (h *Environments) working(c echo.Context, p *envview.ShowProps, env provision.Environment, r run.Run) {
	p.Head.Steps, p.Head.StepsLabel = envview.NewSteps(r, h.Now()), r.Title
	open := !r.State.Over()
	p.Head.WaitingFor = r.WaitingFor
	back := "?return_to=" + provision.URL(env.ID)
	if open && r.State != run.AwaitingApproval && respond.May(c, "cancel-run", env.Owner) {
		p.Head.CancelURL = envview.RunURL(string(r.ID)) + "/cancel" + back
	}
	if r.State == run.Failed && !env.State.Gone() && respond.May(c, "retry-run", env.Owner) {
		p.Head.RetryURL = envview.RunURL(string(r.ID)) + "/retry" + back
	}
}

// facts is what the catalog tells everybody, and for the owner the rest.
func facts(env provision.Environment) envview.FactsProps {
	p := envview.FactsProps{ID: env.ID, About: envview.About(env), Wanted: envview.Parameters(env.Parameters)}
	for _, o := range env.Outputs {
		p.Outputs = append(p.Outputs, envview.OutputRow{Name: o.Name, Title: o.Title, Value: o.Value, Sensitive: o.Sensitive, Secret: o.Secret})
	}
	return p
}

// judged adds plan, policy and price: those of the run at hand, and of the
// launch when a destroy is at hand.
func (h *Environments) judged(ctx context.Context, v access.Viewer, p *envview.ShowProps, env provision.Environment, current run.ID) error {
	plan, err := h.Reader.Plan(ctx, v, current)
	if err == nil {
		p.Facts.Plan = envview.NewPlan(plan)
	} else if !errors.Is(err, provision.ErrNoPlan) {
		return err
	}
	launched := plan
	if plan.Run != env.Run && env.Run != "" {
		if launched, err = h.Reader.Plan(ctx, v, env.Run); err != nil && !errors.Is(err, provision.ErrNoPlan) {
			return err
		}
	}
	p.Facts.Checks, p.Facts.CheckNote = envview.NewChecks(launched.Checks)
	p.Facts.Cost = envview.NewCost(launched.Estimate, env.TTL)
	if rules := envview.BrokenRules(launched.Checks); rules != "" && env.State == provision.Refused {
		p.Facts.Broken = true
		p.Head.Trouble.Text = "Policy does not allow this plan: " + rules + ". Which resource breaks a rule, and what to change, stands below."
	}
	return nil
}

func (h *Environments) log(ctx context.Context, v access.Viewer, r run.Run) (*envview.LogProps, error) {
	m, err := h.Runs.RunMark(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	lines, err := h.Runs.RunLines(ctx, v, r.ID, max(0, m.Lines-envLines), envLines)
	if err != nil {
		return nil, err
	}
	p := &envview.LogProps{RunURL: envview.RunURL(string(r.ID)), Title: r.Title, Ended: r.State.Over()}
	for _, l := range lines {
		p.Lines = append(p.Lines, runview.LogLine(l))
	}
	if !p.Ended {
		p.Stream = fmt.Sprintf("%s/log?run=%s&after=%d", provision.URL(r.Subject), r.ID, m.Lines)
	}
	return p, nil
}

// message is what a refusal says of a field.
func message(err error, field string) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return ""
	}
	for _, x := range f.Fields {
		if x.Field == field {
			return x.Message
		}
	}
	return f.Public
}

// envLines is how much of a long log stands on the page.
const envLines = 500
