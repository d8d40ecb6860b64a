#!/usr/bin/env bash
# Everything that must hold. What a machine lacks is skipped aloud: one line per
# missing part. WAYMARK_TEST_REQUIRE=core makes the skip of a core part a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="$(cat scripts/goflags)"

skip() { # part, why
	echo "SKIP $1: $2"
	case ",${WAYMARK_TEST_REQUIRE:-}," in *,core,*) echo "FAIL: $1 is required"; exit 1 ;; esac
}
engine() { command -v tofu || command -v terraform || { [ -x bin/tofu ] && echo bin/tofu; }; }

command -v git >/dev/null || skip git "not on PATH; tests that clone and push are left out"
engine >/dev/null || skip engine "no OpenTofu or Terraform; run make engine to build one"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$browser" ] || skip chromium "not on PATH; tests in a browser are left out"
[ -n "${WAYMARK_TEST_POSTGRES:-}" ] || skip postgresql "WAYMARK_TEST_POSTGRES is not set; tests run on SQLite only"
command -v promtool >/dev/null || skip promtool "not on PATH; rules of golden paths are not tested; Debian's package prometheus has it"
command -v npm >/dev/null || skip npm "not on PATH; axe is left out"
race=
if command -v gcc >/dev/null || command -v clang >/dev/null; then race=-race; else skip race "no C compiler; the race detector is left out"; fi
[ -x "${WAYMARK_CACHE:-$HOME/.cache/waymark}/gitea-v1.25.1/gitea" ] || echo "SKIP gitea: not built; scripts/gitea.sh builds it once into the cache"
[ -d ../shared/fixtures ] || echo "SKIP fixtures: ../shared/fixtures is not there"

scripts/lint.sh
go test $race -p 3 -timeout 15m ./store ./... # the longest first, beside those that wait for engines
[ -z "$race" ] || go test ./internal/docs ./internal/expr # bounds on time hold without the detector
go build -trimpath -o bin/ ./cmd/...
scripts/size.sh
(cd e2e && go test -count=1 -timeout 14m ./...)
