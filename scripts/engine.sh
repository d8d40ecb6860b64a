#!/usr/bin/env bash
# Finds OpenTofu or Terraform, or builds OpenTofu into bin/tofu through the Go
# module proxy. `background` starts the build and returns at once.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${WAYMARK_ENGINE:-}" ] || command -v tofu >/dev/null || command -v terraform >/dev/null || [ -x bin/tofu ]; then
	exit 0
fi
if [ "${1:-foreground}" = background ]; then
	echo "No OpenTofu or Terraform on PATH: building OpenTofu in the background (3 to 5 minutes, log in bin/tofu.log)."
	echo "Everything else works meanwhile; the Environments page tells when it is there."
	mkdir -p bin
	nohup "$0" foreground >bin/tofu.log 2>&1 </dev/null &
	exit 0
fi
mkdir -p bin
touch bin/tofu.building
trap 'rm -f bin/tofu.building' EXIT
(cd tools/tofu && nice go build -trimpath -ldflags '-s -w -X github.com/opentofu/opentofu/version.dev=no' \
	-o ../../bin/tofu.part github.com/opentofu/opentofu/cmd/tofu)
mv bin/tofu.part bin/tofu
echo "bin/tofu is ready."
