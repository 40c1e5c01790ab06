#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test that needs no GPU; ends with ctest's closing lines.
# usage: ./test.sh [--full]    --full: every target at every level, the sanitizer build, longer fuzzing
set -euo pipefail
cd "$(dirname "$0")"
full=
case "${1:-}" in
  '') ;;
  --full) full=1 ;;
  *) echo "usage: ./test.sh [--full]" >&2; exit 2 ;;
esac

scripts/setup.sh test
scripts/build.sh release
if [ -n "$full" ]; then
  scripts/build.sh asan
  ctest --test-dir build-asan --output-on-failure -j "$(nproc)" -L 'unit|error'
  LLMC_FULL=1 ctest --test-dir build --output-on-failure -j "$(nproc)"
else
  ctest --test-dir build --output-on-failure -j "$(nproc)" -LE full
fi
