#!/usr/bin/env bash
# Lets TorchSharp load where libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04). Of the newer library it needs nothing but the symbol
# ios_base_library_init, a marker that makes sure that the standard streams are initialised, which every older C++ library does by itself.
# The copy of LibTorchSharp in the build output is changed to accept its absence, and an empty function takes its place.
# Usage, after a build: bench/compatibility/older-libstdcxx.sh dotnet bench/AutoTower.Bench/bin/Release/net10.0/AutoTower.Bench.dll ...
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
native=$here/AutoTower.Bench/bin/Release/net10.0/runtimes/linux-x64/native
python3 "$here/compatibility/weaken_version.py" "$native/libLibTorchSharp.so" GLIBCXX_3.4.32
echo 'void _ZSt21ios_base_library_initv(void) {}' | clang-14 -x c -shared -fPIC -o "$native/ios_base_library_init.so" -
LD_PRELOAD=$native/ios_base_library_init.so exec "$@"
