// Package templates holds the definitions that come with the portal: the
// sample organisation, surveys, dashboards, kinds of entities and whatever else is data. They are
// embedded, so the binary needs no folder beside it.
package templates

import "embed"

// FS holds the files, under the names of their folders.
//
//go:embed all:sample all:surveys all:dashboards all:roles all:golden-paths all:policies all:kinds
var FS embed.FS
