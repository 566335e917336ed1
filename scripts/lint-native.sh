#!/usr/bin/env bash
# clang-format over native/ and test/native/, with the version that .clang-format names. With --write it formats.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(--dry-run --Werror)
[[ ${1:-} == --write ]] && mode=(-i)
find native test/native -name '*.h' -o -name '*.cc' | sort | xargs clang-format-14 "${mode[@]}"
