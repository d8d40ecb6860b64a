// Package docscontent holds the portal's own documentation, read by package
// docs as the docs of component:default/waymark.
package docscontent

import "embed"

// FS holds mkdocs.yml, the pages and their pictures.
//
//go:embed mkdocs.yml *.md getting-started platform-guides reference
var FS embed.FS
