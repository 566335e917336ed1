#!/usr/bin/env bash
# The core under AddressSanitizer and UndefinedBehaviorSanitizer, driven by the tests named below (or by those given
# as arguments), then what teams learn likewise, and the thread pool under ThreadSanitizer. Everything is built in
# build-sanitize/.
#
# Leaks are not looked for: Node itself keeps a good deal until its process ends. test/memory.test.ts watches what the
# core keeps.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake -S . -B build-sanitize -DGATEWISE_SANITIZE=ON
cmake --build build-sanitize -j "$(nproc)"

runtime() { "${CXX:-g++}" -print-file-name="$1"; }
# One process, so that the first report ends the run. Use of the stack after return is not looked for: GCC before 12.4
# puts the frames that stand in for the stack at addresses too coarse for its own 64-byte stores (its bug 110027).
sanitized() {
  LD_PRELOAD="$(runtime libasan.so):$(runtime libubsan.so)" \
    ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:detect_stack_use_after_return=0 \
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    GATEWISE_BINARY="$PWD/build-sanitize/gatewise.node" \
    node "$@"
}
jest() { sanitized node_modules/jest/bin/jest.js --runInBand "$@"; }
if (($#)); then
  jest "${@/#/test/}"
else
  files=(test/{golden-layers,isas,passes,chained-passes,checkpointed-passes,layers,linear,engine,binding}.test.ts
    test/validation{,-fuzz,-tensors}.test.ts test/{optim-bits,clip,ema,losses,losses-counted,forecast-losses}.test.ts)
  ls "${files[@]}" test/memory.test.ts >/dev/null # a renamed file must not drop out
  jest "${files[@]}"
  # These take long. Instruction sets between the plainest and the widest run the same templates, of which isas.test.ts sees each.
  between=$(sanitized -p 'require("./dist/index.js").engine().isas.slice(1, -1).join("|")')
  jest test/{threads,checkpoints}.test.ts -t "^(?!($between) )"
  # jest passes too where -t fits no name any more.
  grep -q "^test('workers " test/memory.test.ts || { echo 'sanitize: test/memory.test.ts has no test "workers …"' >&2 && exit 1; }
  jest test/memory.test.ts -t workers
fi

"${CXX:-g++}" -std=c++20 -O1 -g -Wall -Wextra -fsanitize=undefined,address test/native/trial.cc -o build-sanitize/trial
build-sanitize/trial
"${CXX:-g++}" -std=c++20 -O1 -g -Wall -Wextra -fsanitize=undefined,address test/native/pace.cc -o build-sanitize/pace
build-sanitize/pace

# ThreadSanitizer wants an address space that is laid out as it expects; where that may not be asked for, try without.
"${CXX:-g++}" -std=c++20 -O1 -g -Wall -Wextra -pthread -fsanitize=thread \
  native/threads/pool.cc test/native/pool.cc -o build-sanitize/pool
fixed=()
if setarch "$(uname -m)" -R true 2>/dev/null; then fixed=(setarch "$(uname -m)" -R); fi
TSAN_OPTIONS=halt_on_error=1 ${fixed[@]+"${fixed[@]}"} build-sanitize/pool
echo "sanitize: the thread pool holds under ThreadSanitizer"
