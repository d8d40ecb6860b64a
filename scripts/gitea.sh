#!/usr/bin/env bash
# Builds Gitea into the cache outside the repository, once: the end-to-end test
# of organisations runs against it where it is there. Minutes and 150 MB; needs
# a C compiler.
set -euo pipefail
version=v1.25.1
out="${WAYMARK_CACHE:-$HOME/.cache/waymark}/gitea-$version"
[ -x "$out/gitea" ] && { echo "$out/gitea is there."; exit 0; }
mkdir -p "$out"
from=$(cd "$(dirname "$0")/../tools/tofu" && go mod download -json "code.gitea.io/gitea@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
src=$(mktemp -d)
trap 'rm -rf "$src"' EXIT
# Its own replace and exclude lines count only where it is the main module.
cp -r "$from/." "$src" && chmod -R u+w "$src"
(cd "$src" && CGO_ENABLED=1 GOFLAGS=-mod=mod nice go build -trimpath -ldflags '-s -w' -tags 'sqlite sqlite_unlock_notify' -o "$out/gitea.part" .)
cp -r "$src/options" "$src/templates" "$out/"
mv "$out/gitea.part" "$out/gitea"
echo "$out/gitea is ready."
