// Package static holds what the browser loads: our own styles and scripts,
// the icon sprite and the vendored libraries. VENDOR.md says where each
// vendored file comes from; a test checks its checksum.
package static

import "embed"

// Files is the tree as it is served; package internal/asset makes bundles of it.
//
//go:embed css js vendor icons.svg favicon.svg
var Files embed.FS
