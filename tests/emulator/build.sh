#!/usr/bin/env bash
# Builds the CPU emulator: libraries with the names and entry points of NVIDIA's, on which the engine runs without a GPU.
# Usage: tests/emulator/build.sh [folder]; the default is artifacts/emulator.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:-$root/artifacts/emulator}

if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "the emulator runs on Linux x86-64 only, this is $(uname -sm)"
    exit 1
fi
clang=${CLANG:-$(compgen -c clang++ | grep -xE 'clang\+\+(-[0-9]+)?' | sort -t- -k2 -n | head -n 1)}
if [ -z "$clang" ]; then
    echo "tests/emulator/build.sh needs clang (on Debian: apt-get install clang); no clang++ was found on the search path"
    exit 1
fi

# The engine caches compiled kernels under the compiler's version, so the version stands for everything that shapes them.
version=$(cat "$here"/device/* "$here"/compiler/* | cksum | cut -d' ' -f1)
version=$((version % 1000000000))
# The instruction set that GPUs are nearest to: with fused multiply-add, where this machine has it.
grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo && target="-march=x86-64-v3" || target="-march=x86-64"

mkdir -p "$out/device"
cp "$here"/device/*.h "$out/device/"
build() { # library, sources and options
    local library=$1
    shift
    "$clang" -std=c++17 -O2 -g1 -Wall -Wextra -Werror -fPIC -shared -Wl,-z,defs -Wl,-soname,"$library" "$@" -o "$out/$library"
}
build libcuda.so.1 -ftls-model=initial-exec "$here"/driver/*.cpp
build libnvrtc.so.13 "-DEMULATOR_CLANG=\"$clang\"" "-DEMULATOR_VERSION=$version" "-DEMULATOR_TARGET=\"$target\"" "$here"/compiler/*.cpp
for library in cublas cublasLt; do
    build "lib$library.so.13" -O3 "$target" "-Wl,-rpath,\$ORIGIN" "$here/blas/product.cpp" "$here/blas/${library,,}.cpp" "$out/libcuda.so.1"
done
echo "emulator built; run a program on it with: LD_LIBRARY_PATH=${out#"$PWD"/} PROGRAM"
