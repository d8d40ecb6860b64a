package scaffold

import (
	"context"
	"encoding/json"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// The limits of what a template may ask for, besides those of its workspace
// and of its language.
const (
	maxOutputs  = 8 << 20 // bytes of all outputs of steps, as JSON
	maxRepos    = 20      // repositories of one run
	maxTrialLog = 2 << 20 // bytes of a trial's log; what follows is not kept
	stepFor     = time.Hour
	trialFor    = time.Minute
)

// bounded limits how long f takes; what says what took too long.
func bounded(ctx context.Context, limit time.Duration, what string, f func(context.Context) error) error {
	late := fault.Newf(fault.Unavailable, "%s takes longer than %s, which is the limit.", what, limit)
	inner, done := context.WithTimeoutCause(ctx, limit, late)
	defer done()
	err := f(inner)
	if err != nil && ctx.Err() == nil && inner.Err() != nil {
		return late
	}
	return err
}

// weigh adds the size of an output to what the steps have put out so far.
func (x *execution) weigh(out map[string]any) error {
	b, err := json.Marshal(out)
	if err != nil {
		return fault.Newf(fault.Invalid, "The output of the step cannot be kept: %v.", err)
	}
	if x.weight += len(b); x.weight > maxOutputs {
		return fault.Newf(fault.TooLarge, "The outputs of this template's steps are larger than %d MB in all.", maxOutputs>>20)
	}
	return nil
}
