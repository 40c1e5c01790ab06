#!/usr/bin/env bash
# Configures and builds a preset; prints nothing but errors, on standard error. usage: scripts/build.sh PRESET [TARGET ...]
# A folder first configured for chosen targets leaves the tests out, since they need packages of their own.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
folder=build
[ "$preset" = release ] || folder=build-$preset
tests=-DLLMC_TESTS=ON
[ $# -eq 0 ] || { tests=; [ -e "$folder/CMakeCache.txt" ] || tests=-DLLMC_TESTS=OFF; }
mkdir -p "$folder"
log=$folder/build.log
{ cmake --preset "$preset" $tests && cmake --build "$folder" ${1:+--target "$@"}; } >"$log" 2>&1 ||
  { grep -E 'error|Error|FAILED' -A5 "$log" >&2 || tail -n 40 "$log" >&2; echo "The build failed; $log has everything." >&2; exit 1; }
