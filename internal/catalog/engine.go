package catalog

import (
	"context"
	"errors"

	"github.com/waymark-portal/waymark/internal/tx"
)

// Tx is the transaction of the store.
type Tx = tx.Tx

// Engine keeps the catalog in step with its sources.
type Engine struct {
	fetchers map[string]Fetcher
}

// Report is what one reading of a source brought.
type Report struct {
	Source   string    `json:"source"`
	Entities int       `json:"entities"`
	Added    int       `json:"added"`
	Changed  int       `json:"changed"`
	Removed  int       `json:"removed"`
	Problems []Problem `json:"problems"`
}

// RegisterFetcher makes f read all targets of host. Call it before Start.
func (e *Engine) RegisterFetcher(host string, f Fetcher) { e.fetchers[host] = f }

// Put writes entities that an engine makes, such as environments, under the
// source "engine:…". They are stored as given, bypassing trust rules.
func (e *Engine) Put(ctx context.Context, t Tx, source string, entities []Entity) error {
	return errors.New("not yet")
}

// Drop removes entities of the source; each leaves a tombstone.
func (e *Engine) Drop(ctx context.Context, t Tx, source string, refs []Ref) error {
	return errors.New("not yet")
}

// ReadNow reads a source at once and waits for it.
func (e *Engine) ReadNow(ctx context.Context, source string) (Report, error) {
	return Report{}, errors.New("not yet")
}
