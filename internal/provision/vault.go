package provision

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/secret"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/tx"
)

// vault is a store that gets states and secrets sealed only.
type vault struct {
	Store
	box *secret.Box
}

func stateContext(environment string, serial int64) string {
	return "state/" + environment + "/" + strconv.FormatInt(serial, 10)
}

// State implements States.
func (v vault) State(ctx context.Context, w access.Viewer, environment string) (terraform.State, error) {
	s, err := v.Store.State(ctx, w, environment)
	if err != nil {
		return s, err
	}
	packed, err := v.box.Unseal(s.Body, stateContext(environment, s.Serial))
	if err != nil {
		return s, fmt.Errorf("state of %s: %w", environment, err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return s, fmt.Errorf("state of %s: %w", environment, err)
	}
	s.Body, err = io.ReadAll(z)
	return s, err
}

// PutState implements States.
func (v vault) PutState(ctx context.Context, t tx.Tx, environment string, r run.ID, lock string, s terraform.State) error {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(s.Body); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	s.Body = v.box.Seal(packed.Bytes(), stateContext(environment, s.Serial))
	return v.Store.PutState(ctx, t, environment, r, lock, s)
}

func (v vault) seal(s Secret) Secret {
	s.Value = string(v.box.Seal([]byte(s.Value), "secret/"+s.ID))
	return s
}

func (v vault) unseal(s Secret) (Secret, error) {
	plain, err := v.box.Unseal([]byte(s.Value), "secret/"+s.ID)
	if err != nil {
		return Secret{}, fmt.Errorf("secret %s: %w", s.ID, err)
	}
	s.Value = string(plain)
	return s, nil
}

// PutSecret implements Secrets.
func (v vault) PutSecret(ctx context.Context, t tx.Tx, s Secret) (Secret, error) {
	kept, err := v.Store.PutSecret(ctx, t, v.seal(s))
	if err != nil {
		return kept, err
	}
	return v.unseal(kept)
}

// SetSecret implements Secrets.
func (v vault) SetSecret(ctx context.Context, t tx.Tx, s Secret) error {
	return v.Store.SetSecret(ctx, t, v.seal(s))
}

// Secret implements Secrets.
func (v vault) Secret(ctx context.Context, w access.Viewer, id string) (Secret, error) {
	s, err := v.Store.Secret(ctx, w, id)
	if err != nil {
		return s, err
	}
	return v.unseal(s)
}

// SecretsOf implements Secrets.
func (v vault) SecretsOf(ctx context.Context, w access.Viewer, environment string) ([]Secret, error) {
	all, err := v.Store.SecretsOf(ctx, w, environment)
	for i := range all {
		if all[i], err = v.unseal(all[i]); err != nil {
			return nil, err
		}
	}
	return all, err
}
