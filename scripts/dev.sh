#!/usr/bin/env bash
# Serves the sample organisation; builds again and restarts when a file changes.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="$(cat scripts/goflags)"

stamp() { find cmd web handlers views store internal static templates docs-content -type f -newer bin/.dev ! -name '*_templ.go' 2>/dev/null | head -1; }
server=
trap '[ -z "$server" ] || kill "$server"' EXIT
mkdir -p bin
while true; do
	touch bin/.dev
	if go tool templ generate >/dev/null && go build -o bin/waymark ./cmd/waymark; then
		[ -z "$server" ] || { kill "$server"; wait "$server" || true; }
		./bin/waymark serve --sample & server=$!
	fi
	while [ -z "$(stamp)" ]; do sleep 0.5; done
done
