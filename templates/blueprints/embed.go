// Package blueprints holds the infrastructure blueprints that come with the
// portal, one folder each.
package blueprints

import "embed"

// FS holds the files, under the names of their folders.
//
//go:embed all:sandbox
var FS embed.FS
