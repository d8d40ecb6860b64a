package store_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
)

// needsNoViewer lists the exported reads that take no viewer, each with its
// reason.
var needsNoViewer = map[string]string{
	// who is asking is found out with these, so nobody is asking yet
	"Account": "sign-in", "AccountByActor": "sign-in", "SessionByHash": "sign-in", "TokenByHash": "sign-in",
	"Sessions": "one's own account only", "Tokens": "one's own account only", "Token": "one's own account only",
	"GroupsOf": "access", "GroupAncestors": "access", "UserByEmail": "access", "TrustedEntity": "access",
	"CatalogGeneration": "a number", "CheckReferences": "the catalog's own work", "CheckNames": "the catalog's own work",
	"CatalogSources": "the catalog's own work; places of files, not what they hold", "SourcesUnder": "which sources a webhook makes be read again", "CatalogFiles": "the catalog's own work", "CatalogGrown": "how many were added", "Rereadable": "says how durable a transaction is",
	"Repository": "its owning team, by which a clone or push is judged", "MakingScaffold": "whether a name is free",
	// engines at their own work; what they show goes through reads with a viewer
	"Note": "a run's step reads its own notes", "RunMark": "the run engine wakes readers", "PeekRun": "the run engine",
	"Sweepable": "the run engine", "ForgetRunLines": "retention", "ListenRuns": "the run engine wakes readers",
	"ForgetVersions": "retention", "ForgetDrafts": "retention", "BlueprintFiles": "the files of a published version, open to everybody", "WaiversAt": "policy judges by them; open to everybody, as the rules are",
	"SealEvents": "the sealer", "VerifyEvents": "counts and a verdict only; its routes ask for read-audit",
	// the program itself
	"CopyTo": "backup", "Integrity": "doctor", "MissingExtension": "doctor",
	"UseVisibility": "the rules themselves, at the start", "CoverEntities": "the rules themselves",
	"Ping": "health", "Migrations": "schema", "Migrate": "schema", "TakeLease": "leader", "DropLease": "leader",
	"ForgetKeys": "clean-up", "ForgetSessions": "clean-up", "Shrink": "memory", "Write": "transactions",
}

// Every exported read of what can be hidden takes an access.Viewer right
// after its context, so that forgetting who asks is a compile error. Writes
// take a transaction instead.
func TestReadsTakeAViewer(t *testing.T) {
	viewer, txType := reflect.TypeFor[access.Viewer](), reflect.TypeFor[tx.Tx]()
	ctx := reflect.TypeFor[context.Context]()
	s := reflect.TypeFor[*store.Store]()
	for i := range s.NumMethod() {
		m := s.Method(i)
		if m.Type.NumIn() < 2 || m.Type.In(1) != ctx || needsNoViewer[m.Name] != "" {
			continue
		}
		if m.Type.NumIn() > 2 && (m.Type.In(2) == viewer || m.Type.In(2) == txType) {
			continue
		}
		t.Errorf("%s takes neither a viewer nor a transaction after its context", m.Name)
	}
	for name, why := range needsNoViewer {
		if _, ok := s.MethodByName(name); !ok || strings.TrimSpace(why) == "" {
			t.Errorf("the exemption of %s is stale or has no reason", name)
		}
	}
}
