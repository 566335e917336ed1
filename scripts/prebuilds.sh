#!/usr/bin/env bash
# The binaries that the tarball carries, to prebuilds/: linux-x64, as npm run build has left it in build/Release, and
# linux-arm64, cross-compiled. .github/workflows/release.yml makes those of the other platforms.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf prebuilds
if [[ $(uname -sm) == 'Linux x86_64' ]]; then
  mkdir -p prebuilds/linux-x64
  cp build/Release/gatewise.node prebuilds/linux-x64/
fi

cmake -S . -B build-prebuilds/linux-arm64 -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_LIBRARY_OUTPUT_DIRECTORY_RELEASE="$PWD/prebuilds/linux-arm64"
cmake --build build-prebuilds/linux-arm64 --parallel "$(nproc)"
ls -l prebuilds/*
