package main

import (
	"context"
	"time"
)

// wireLists keeps what lists show in step with the catalog.
func (a *app) wireLists() error {
	a.every("catalog references", time.Second, a.checkReferences())
	a.every("recorded names", time.Minute, a.store.CheckNames)
	return nil
}

// checkReferences tells references to nothing once the catalog has been still
// for a moment: while many files are read, what they name may yet come. It
// waits 15 s at most.
func (a *app) checkReferences() func(context.Context) error {
	const patience = 15
	seen, waited := int64(-1), 0
	return func(ctx context.Context) error {
		now, err := a.store.CatalogGeneration(ctx)
		if err != nil {
			return err
		}
		if now != seen && waited < patience {
			seen, waited = now, waited+1
			return nil
		}
		waited = 0
		return a.store.CheckReferences(ctx)
	}
}
