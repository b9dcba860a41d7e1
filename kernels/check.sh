#!/usr/bin/env bash
# Compiles every kernel source to device code with clang's CUDA front end, which needs neither a GPU nor a CUDA toolkit, for the oldest
# supported architecture and the newest that clang knows; every header is compiled alone. Warnings are errors.
# Usage: kernels/check.sh [source.cu ...]      CLANG=clang++-16 chooses the compiler.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

clang=${CLANG:-$(compgen -c clang++ | grep -xE 'clang\+\+(-[0-9]+)?' | sort -t- -k2 -n | head -n 1)}
if [ -z "$clang" ]; then
    echo "kernels/check.sh needs clang (on Debian: apt-get install clang); no clang++ was found on the search path"
    exit 1
fi
newest=$("$clang" --target=nvptx64 --print-supported-cpus 2>&1 | grep -oE 'sm_[0-9]+$' | sort -t_ -k2 -n | tail -n 1)
export here clang newest

check() { # file
    local source=$1 input=("$1")
    if [[ $source == *.cuh ]]; then
        input=(-include "$source" /dev/null)
    fi
    for architecture in sm_70 "$newest"; do
        "$clang" -x cuda --cuda-device-only -nocudainc -nocudalib --cuda-gpu-arch="$architecture" -std=c++17 -O1 -Wall -Werror -Wno-pass-failed \
            -Xclang -target-feature -Xclang +ptx70 -fno-caret-diagnostics -I "$here" -S -o /dev/null "${input[@]}" || return 1
    done
}
export -f check

if [ $# -gt 0 ]; then
    files=("$@")
else
    mapfile -t files < <(find "$here" -name '*.cu' -o -name '*.cuh' ! -name clang.cuh | sort)
fi
status=0
printf '%s\0' "${files[@]}" | xargs -0 -r -n 1 -P "$(nproc)" bash -c 'check "$1"' check || status=1
sources=$(printf '%s\n' "${files[@]}" | grep -c '\.cu$')
headers=$(printf '%s\n' "${files[@]}" | grep -c '\.cuh$')
verdict=$([ "$status" -eq 0 ] && echo "compile" || echo "do not all compile")
echo "kernels: $sources sources and $headers headers $verdict for sm_70 and $newest ($clang)"
exit "$status"
