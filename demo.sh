#!/usr/bin/env bash
# From nothing to a story: installs what is missing, builds llmc, compiles the demo model for this machine and runs the result.
# The story goes to standard output, everything else to standard error. usage: ./demo.sh [PROMPT]
set -euo pipefail
cd "$(dirname "$0")"
prompt=${1:-Tell me a story about a fox and a lantern.}
model=examples/tinytales/tinytales-q8_0.gguf
program=build/demo/tinytales

scripts/setup.sh build
echo "Building llmc ..." >&2
scripts/build.sh release llmc
mkdir -p build/demo
if [ ! -x "$program" ] || [ "$program" -ot "$model" ] || [ "$program" -ot build/bin/llmc ]; then
  build/bin/llmc compile "$model" --arch native -o "$program" >&2
fi
echo "> $prompt" >&2
exec "$program" -p "$prompt"
