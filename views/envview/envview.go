// Package envview draws environments and blueprints.
package envview

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/views/ui"
)

// URL is the page of an environment.
func URL(id string) string { return provision.URL(id) }

// BlueprintURL is the page of a blueprint.
func BlueprintURL(name string) string { return "/blueprints/" + name }

// NewURL is the form that launches a blueprint, for a service if there is one.
func NewURL(blueprint, service string) string {
	q := url.Values{"blueprint": {blueprint}}
	if service != "" {
		q.Set("service", service)
	}
	return "/environments/new?" + q.Encode()
}

// AgainURL is the form filled in as an earlier environment was asked for.
func AgainURL(blueprint, environment string) string {
	return "/environments/new?" + url.Values{"blueprint": {blueprint}, "from": {environment}}.Encode()
}

// forService adds the service that a launch is for to an address.
func forService(address, service string) string {
	if service == "" {
		return address
	}
	return address + "?service=" + url.QueryEscape(service)
}

// BlueprintsURL is the list of blueprints to launch one for a service.
func BlueprintsURL(service string) string { return forService("/blueprints", service) }

// RunURL is the page of a run.
func RunURL(id string) string { return "/runs/" + id }

// entityURL is the catalog page of a reference, empty for what is none.
func entityURL(ref, kind string) string {
	r, err := catalog.ParseRef(ref, kind, "default")
	if err != nil {
		return ""
	}
	r = r.Canonical()
	return "/catalog/" + r.Namespace + "/" + r.Kind + "/" + r.Name
}

// nameOf is the last part of a reference.
func nameOf(ref string) string { return ref[strings.LastIndexAny(ref, ":/")+1:] }

var tones = map[provision.State]ui.Tone{
	provision.Ready: ui.Good, provision.Failed: ui.Bad, provision.Refused: ui.Warn, provision.Cancelled: ui.Neutral,
	provision.Destroyed: ui.Neutral, provision.Destroying: ui.Warn, provision.AwaitingApproval: ui.Warn,
}

func tone(s provision.State) ui.Tone {
	if t, ok := tones[s]; ok {
		return t
	}
	return ui.Info
}

// Row is an environment in a list.
type Row struct {
	URL, Name, Blueprint, Owner, OwnerURL, Kind, State string
	Tone                                               ui.Tone
	Service, ServiceURL                                string
	Expires                                            time.Time
	Expiring                                           bool
	Cost                                               string // a month; empty: hidden or not known
}

// NewRow makes a row.
func NewRow(e provision.Environment, now time.Time) Row {
	r := Row{URL: URL(e.ID), Name: e.Name, Blueprint: e.Blueprint + " " + e.Version, Owner: nameOf(e.Owner),
		OwnerURL: entityURL(e.Owner, "group"), Kind: e.Kind, State: e.State.Words(), Tone: tone(e.State), Expiring: e.Expiring(now)}
	if e.Service != "" {
		r.Service, r.ServiceURL = nameOf(e.Service), entityURL(e.Service, "component")
	}
	if !e.State.Gone() {
		r.Expires = e.ExpiresAt
	}
	if e.Estimate != "" {
		r.Cost = ui.Money(e.Estimate, e.Currency)
	}
	return r
}

// ListProps are those of List.
type ListProps struct {
	Rows      []Row
	Views     []ui.Chip
	All       bool // destroyed ones too
	AllURL    string
	Summary   string
	Next      string // address of the next page
	Engine    *EngineProps
	CanLaunch bool
}

// EngineProps say that there is no engine yet.
type EngineProps struct {
	Building bool
	Text     string
}

// parameters lists what was asked for, in order of name.
func parameters(raw json.RawMessage) []ui.Pair {
	var values map[string]any
	if err := json.Unmarshal(raw, &values); err != nil {
		return nil
	}
	var out []ui.Pair
	for _, k := range slices.Sorted(maps.Keys(values)) {
		out = append(out, ui.Pair{Key: label(k), Value: plain(values[k])})
	}
	return out
}

// label makes words of a parameter's name.
func label(name string) string {
	s := strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):]
}

func plain(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case string:
		return cmp.Or(v, ui.Dash)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ui.Dash
	}
	return string(b)
}

// lives is how long an environment lives, in words.
func lives(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d%(24*time.Hour) == 0 && d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d%time.Hour == 0:
		return ui.Plural(int(d/time.Hour), "hour", "hours")
	}
	return d.Round(time.Minute).String()
}

// Tone is the colour of a state.
func Tone(s provision.State) ui.Tone { return tone(s) }

// Lives is how long an environment lives, in words.
func Lives(d time.Duration) string { return lives(d) }

// Parameters lists what was asked for.
func Parameters(raw json.RawMessage) []ui.Pair { return parameters(raw) }

// About says whose an environment is and how long it lives.
func About(e provision.Environment) []ui.Pair {
	out := []ui.Pair{{Key: "Owner", Value: nameOf(e.Owner), URL: entityURL(e.Owner, "group")}}
	if e.Service != "" {
		out = append(out, ui.Pair{Key: "For", Value: nameOf(e.Service), URL: entityURL(e.Service, "component")})
	}
	out = append(out, ui.Pair{Key: "Blueprint", Value: e.Blueprint + " " + e.Version, URL: BlueprintURL(e.Blueprint)})
	if !e.ReadyAt.IsZero() {
		out = append(out, ui.Pair{Key: "Ready", Body: ui.RelTime(e.ReadyAt)})
	}
	switch {
	case !e.GoneAt.IsZero():
		out = append(out, ui.Pair{Key: label(string(e.State)), Body: ui.RelTime(e.GoneAt)})
	case !e.ExpiresAt.IsZero():
		out = append(out, ui.Pair{Key: "Ends", Body: ui.RelTime(e.ExpiresAt)})
	}
	if e.State == provision.Ready || e.State == provision.Destroying {
		out = append(out, ui.Pair{Key: "Catalog", Value: nameOf(e.Entity), URL: entityURL(e.Entity, "environment")})
	}
	return append(out, ui.Pair{Key: "Id", Value: e.ID, Mono: true})
}

// NewRefusal says why a launch was refused as a whole.
func NewRefusal(f *fault.Error) *Refusal {
	r := &Refusal{Title: "This launch was refused. Nothing was made.", Text: f.Public}
	for _, v := range f.Violations {
		r.Rules = append(r.Rules, CheckRow{Rule: v.Rule, Text: v.Message, Level: v.Severity, Fix: v.Fix, Resource: v.Resource, Tone: ui.Bad, Word: "broken"})
	}
	return r
}
