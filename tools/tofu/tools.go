//go:build tools

// Package tools names the engine that the Makefile builds when none is on
// PATH, so that go.sum of this module covers it.
package tools

import _ "github.com/opentofu/opentofu/cmd/tofu"
