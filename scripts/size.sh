#!/usr/bin/env bash
# The released binary must stay below 80 MB, and the linker able to leave out
# what nobody calls: docs-content/reference/building.md says how it is lost.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="$(cat scripts/goflags)"
limit=80000000

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
go build -trimpath -ldflags '-s -w -dumpdep' -o "$out/waymark" ./cmd/waymark 2>&1 | { grep -E -- '-> .*<ReflectMethod>$' || true; } >"$out/by-name" || true
[ -x "$out/waymark" ] || { echo "cmd/waymark does not build"; exit 1; }
if [ -s "$out/by-name" ]; then
	echo "The linker keeps every method of every type, because methods are looked up by name here:"
	head -5 "$out/by-name"
	exit 1
fi
size=$(wc -c <"$out/waymark")
echo "bin/waymark, stripped: $((size / 100000 / 10)).$((size / 100000 % 10)) MB of $((limit / 1000000))"
[ "$size" -le "$limit" ] || { echo "the binary is larger than its limit"; exit 1; }
