package provision

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Doer is the one door.
type Doer interface {
	Do(ctx context.Context, a action.Actor, name string, in json.RawMessage, opts ...action.Option) (action.Output, error)
}

// EndExpired destroys the environments whose time is up.
func (e *Engine) EndExpired(ctx context.Context, do Doer) error {
	due, err := e.Store.EnvironmentsToEnd(ctx, system, e.Now().UTC())
	if err != nil {
		return err
	}
	var errs []error
	for _, env := range due {
		in, err := json.Marshal(endInput{Environment: env.ID, Reason: "Its time was up."})
		if err == nil {
			_, err = do.Do(ctx, action.System("ttl"), "destroy-environment", in)
		}
		if err != nil && !fault.Is(err, fault.Conflict) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Tidy removes the work folders of environments that no run works on and that
// need no recovery.
func (e *Engine) Tidy(ctx context.Context) error {
	entries, err := os.ReadDir(filepath.Join(e.Data, "work"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, d := range entries {
		env, err := e.Store.Environment(ctx, system, d.Name())
		gone := err == nil && (env.State.Gone() || (env.State == Ready && env.DestroyRun == ""))
		if gone || errors.Is(err, ErrNotFound) {
			errs = append(errs, os.RemoveAll(filepath.Join(e.Data, "work", d.Name())))
		}
	}
	return errors.Join(errs...)
}
