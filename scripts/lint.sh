#!/usr/bin/env bash
# What must be clean before any test runs.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="$(cat scripts/goflags)"

bad=$("$(go env GOROOT)/bin/gofmt" -l $(git ls-files '*.go'))
[ -z "$bad" ] || { echo "gofmt would change:"; echo "$bad"; exit 1; }
go vet ./...
go tool staticcheck ./...
before=$(git ls-files -z '*_templ.go' | xargs -0 sha256sum)
go tool templ generate >/dev/null 2>&1
[ "$before" = "$(git ls-files -z '*_templ.go' | xargs -0 sha256sum)" ] || { echo "generated files were stale: commit the result of make gen"; exit 1; }
(cd e2e && go vet ./...)
