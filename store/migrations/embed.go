// Package migrations holds the schema's changes as SQL files, on one number
// line over common (both databases), sqlite and postgres (one of them).
// A file is never edited after its release.
package migrations

import "embed"

// FS holds the files.
//
//go:embed common sqlite postgres
var FS embed.FS
