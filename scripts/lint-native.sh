#!/usr/bin/env bash
# clang-format over native/, test/native/ and benchmarks/, with the version that .clang-format names. With --write it formats.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(--dry-run --Werror)
[[ ${1:-} == --write ]] && mode=(-i)
find native test/native benchmarks/limits benchmarks/allocations -name '*.h' -o -name '*.cc' | sort | xargs clang-format-14 "${mode[@]}"
