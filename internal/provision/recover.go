package provision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/terraform/local"
	"github.com/waymark-portal/waymark/internal/tx"
)

// recover puts in order what earlier tries of this and other runs of the
// environment left when they died: processes, the lock, a state that was not
// uploaded. It returns what exists but is not in the state. Only the run that
// holds the environment's lane may call it.
func (s *session) recover(ctx context.Context) ([]terraform.Found, error) {
	folders, err := s.folders()
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		if n := f.KillStray(s.e.Grace); n > 0 {
			s.w.Line("warn", fmt.Sprintf("%d processes of an earlier try were still running and have been ended.", n))
		}
	}
	if err := s.breakLock(ctx); err != nil {
		return nil, err
	}
	for _, f := range folders {
		if err := s.takeErrored(ctx, f); err != nil {
			return nil, err
		}
	}
	return s.lost(ctx)
}

// folders are the work folders of all runs of the environment that are left.
func (s *session) folders() ([]terraform.Folder, error) {
	entries, err := os.ReadDir(s.e.workDir(s.env.ID))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var out []terraform.Folder
	for _, d := range entries {
		out = append(out, terraform.Folder{Path: filepath.Join(s.e.workDir(s.env.ID), d.Name())})
	}
	return out, nil
}

// breakLock frees the state from a try that died holding it.
func (s *session) breakLock(ctx context.Context) error {
	var broken bool
	err := s.w.Write(ctx, func(t tx.Tx) (err error) {
		if _, broken, err = s.e.Store.BreakLock(ctx, t, s.env.ID); err != nil || !broken {
			return err
		}
		return s.e.record(ctx, t, s.env, "system:provision", "state.unlocked", "The try that held the lock is gone.")
	})
	if broken {
		s.w.Line("warn", "The lock of an earlier try that is gone has been released.")
	}
	return err
}

// recoverLock is the lock id under which a state left in a folder is kept.
const recoverLock = "recover"

// takeErrored keeps a state that the engine could not upload.
func (s *session) takeErrored(ctx context.Context, f terraform.Folder) error {
	body, err := f.ErroredState()
	if err != nil || body == nil {
		return err
	}
	st, err := terraform.ParseState(body)
	if err != nil {
		s.w.Line("warn", "A state that was left in the work folder cannot be read: "+err.Error()+".")
		return f.TakenErroredState()
	}
	err = s.w.Write(ctx, func(t tx.Tx) error {
		if _, err := s.e.Store.LockState(ctx, t, s.env.ID, s.w.Run().ID, terraform.Lock{ID: recoverLock, Operation: "recover"}); err != nil {
			return err
		}
		if err := s.e.Store.PutState(ctx, t, s.env.ID, s.w.Run().ID, recoverLock, st); err != nil && !errors.Is(err, terraform.ErrStale) {
			return err
		}
		return s.e.Store.UnlockState(ctx, t, s.env.ID, recoverLock)
	})
	if err != nil {
		return err
	}
	s.w.Line("info", "A state that could not be uploaded before has been taken over.")
	return f.TakenErroredState()
}

// lost compares what the journal says was made with the state.
func (s *session) lost(ctx context.Context) ([]terraform.Found, error) {
	st, err := s.state(ctx)
	if err != nil {
		return nil, err
	}
	inState := map[string]bool{}
	for _, a := range st.addresses() {
		inState[a] = true
	}
	known, err := s.e.Store.Resources(ctx, system, s.env.ID)
	if err != nil {
		return nil, err
	}
	var out []terraform.Found
	for _, r := range known {
		if inState[r.Address] || r.Progress == Removed {
			continue
		}
		if s.exists(ctx, r) {
			s.w.Line("warn", fmt.Sprintf("%s (%s) exists, but the state does not have it: it is taken back.", r.Address, r.ID))
			out = append(out, terraform.Found{Address: r.Address, ID: r.ID})
		}
	}
	return out, nil
}

func (s *session) state(ctx context.Context) (stateFile, error) {
	st, err := s.e.Store.State(ctx, system, s.env.ID)
	if err != nil && !errors.Is(err, terraform.ErrNoState) {
		return stateFile{}, err
	}
	return readState(st.Body)
}

// exists looks for a resource that the state does not have. What Waymark's
// own provider makes is looked up by its deterministic id; of others only
// what the engine said was finished is believed, and the rest is named.
func (s *session) exists(ctx context.Context, r Resource) bool {
	var err error
	switch typeOf(r.Address) {
	case "waymark_database":
		_, err = s.e.local.Get(local.Database, r.ID)
	case "waymark_bucket":
		_, err = s.e.local.Get(local.Bucket, r.ID)
	case "waymark_endpoint":
		_, err = s.e.local.Get(local.Endpoint, r.ID)
	case "waymark_secret":
		_, err = s.e.Store.Secret(ctx, system, r.ID)
	case "waymark_entity":
		_, err = (&portalSide{s: s}).find(ctx, r.ID)
	default:
		if r.Progress != Made || r.ID == "" {
			s.w.Line("warn", fmt.Sprintf("%s was being made when the engine died. Whether it exists is unknown: look for it.", r.Address))
			return false
		}
	}
	return err == nil
}
