package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/internal/tx"
)

// offeredSource is the source of what the portal itself offers.
const offeredSource = "offered"

// actionPages are where people do what an action does; the others are
// described in the reference.
var actionPages = map[string]string{
	"create-from-template": "/create", "register-location": "/catalog/register", "launch-environment": "/blueprints",
	"extend-environment": "/environments", "destroy-environment": "/environments", "import-costs": "/costs", "set-budget": "/costs",
	"open-survey": "/surveys", "close-survey": "/surveys", "answer-survey": "/surveys", "waive-policy": "/policies",
	"create-token": "/settings/tokens", "revoke-token": "/settings/tokens", "end-session": "/settings/sessions", "set-timezone": "/settings",
	"cancel-run": "/runs", "retry-run": "/runs", "upgrade-service": "/create/fleet", "upgrade-services": "/create/fleet",
}

// wireSearch puts what is in no file and no catalog into the search: actions
// and blueprints. It stands on all that registers actions.
func (a *app) wireSearch() error {
	a.every("search for what is offered", 10*time.Minute, a.indexOffered)
	return nil
}

func (a *app) indexOffered(ctx context.Context) error {
	found := offered(a.actions.All(), a.blueprints.All())
	h := sha256.New()
	for _, d := range found {
		h.Write([]byte(d.Hash()))
	}
	return a.store.Write(ctx, func(t tx.Tx) error {
		_, err := a.store.ReplaceSearch(ctx, t, offeredSource, hex.EncodeToString(h.Sum(nil)[:12]), found)
		return err
	})
}

// offered are actions and blueprints as the search wants them.
func offered(actions []action.Def, blueprints []provision.Blueprint) []search.Doc {
	var out []search.Doc
	for _, d := range actions {
		out = append(out, search.Doc{Key: "action:" + d.Name, Source: offeredSource, Kind: "action", Title: d.Title, Name: d.Name, Text: d.Summary,
			URL: cmp.Or(actionPages[d.Name], "/docs/default/component/waymark/reference/actions/")})
	}
	for _, b := range blueprints {
		out = append(out, search.Doc{Key: "blueprint:" + b.Name, Source: offeredSource, Kind: "blueprint", Title: b.Title, Name: b.Name,
			Text: b.Summary + " " + strings.Join(b.Tags, " ") + " " + strings.Join(b.Aliases, " "), URL: "/blueprints/" + b.Name, Owner: b.Owner})
	}
	return out
}
