#!/usr/bin/env bash
# Installs the Debian 12 packages that building (`build`) or testing (`test`) needs. Asks nothing; silent where nothing is missing.
# usage: scripts/setup.sh build|test
set -euo pipefail

build=(cmake ninja-build ccache g++ llvm-19-dev libclang-19-dev liblld-19-dev zlib1g-dev libzstd-dev
       libtomlplusplus-dev nlohmann-json3-dev libcli11-dev libfmt-dev libkainjow-mustache-dev libxxhash-dev libboost-context-dev)
test=("${build[@]}" clang-19 llvm-19-tools pkg-config libpcre2-dev libgtest-dev libbenchmark-dev libamdhip64-dev python3 python3-numpy binutils)

case "${1:-}" in
  build) packages=("${build[@]}") ;;
  test) packages=("${test[@]}") ;;
  *) echo "usage: scripts/setup.sh build|test" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

root=(env)
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "These packages are missing: ${missing[*]}. Install them as root, or install sudo." >&2; exit 1; }
  root=(sudo env)
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${root[@]}" apt-get update -q >"$log" 2>&1 &&
  "${root[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
  { tail -n 20 "$log" >&2; echo "The packages could not be installed; apt's last lines are above." >&2; exit 1; }
