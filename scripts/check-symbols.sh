#!/usr/bin/env bash
# The gate on what is compiled once per instruction set: a symbol that the linker may take from another unit (W, V, u)
# could bring AVX-512 code to a machine without it, and a dynamic initialiser runs on every machine.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t objects < <(find "${1:-build}" -path '*/kernels_*.dir/*' -name '*.o' | sort)
if ((${#objects[@]} == 0)); then
  echo "check-symbols: no kernel objects under ${1:-build}; run npm run build:native first" >&2
  exit 1
fi

bad=0
for object in "${objects[@]}"; do
  symbols=$(nm -C "$object")
  if grep -E "^.{17}[WVuwv] | _GLOBAL__sub_I_" <<<"$symbols" >&2; then
    echo "check-symbols: $object has what stands above" >&2
    bad=1
  fi
  # Without its table this is no kernel object, and an empty one would pass.
  if ! grep -qE " [DRd] gatewise::kernels_" <<<"$symbols"; then
    echo "check-symbols: $object has no table of kernels" >&2
    bad=1
  fi
done
((bad == 0)) && echo "check-symbols: ${#objects[@]} kernel objects, no weak symbol"
exit "$bad"
