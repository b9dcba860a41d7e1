#!/usr/bin/env bash
# Builds the released program and runs all that it promises, on a machine that might have no .NET: one file, under 40 MB, kernels inside,
# a fast start, and its commands.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { echo "release: $1"; exit 1; }

if ! command -v clang >/dev/null 2>&1 && ! command -v gcc >/dev/null 2>&1; then
    { apt-get update -qq && apt-get install -y -qq gcc; } >/dev/null 2>&1 || fail "no linker: gcc could not be installed"
fi
if [ ! -e /usr/include/zlib.h ]; then
    { apt-get update -qq && apt-get install -y -qq zlib1g-dev; } >/dev/null 2>&1 || fail "zlib1g-dev could not be installed"
fi

out=artifacts/linux-x64
rm -rf "$out"
# Warnings of the native compiler about reflection are errors, as everywhere.
dotnet publish src/AutoTower.Cli -c Release -r linux-x64 -o "$out" -nologo || fail "publishing failed"
[ "$(ls "$out")" = autotower ] || fail "expected the one file autotower, found: $(ls "$out" | tr '\n' ' ')"
bytes=$(stat -c %s "$out/autotower")
[ "$bytes" -lt 40000000 ] || fail "the program has $bytes bytes, 40 MB are allowed"
grep -q pooling_sum_forward "$out/autotower" || fail "the kernels are not in the program"
# What it may need of the system: the C and C++ run-time libraries, nothing of .NET.
! ldd "$out/autotower" | grep -iE 'coreclr|hostfxr|not found' || fail "the program needs libraries that a plain system lacks"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
autotower() { env -i PATH=/nowhere HOME="$work" "$PWD/$out/autotower" "$@"; }

# Processor time is judged: wall-clock time depends on what else the machine does.
best=1000 wall=1000
TIMEFORMAT='%R %U %S'
for _ in 1 2 3 4 5 6 7 8 9 10; do
    times=$({ time autotower cost --model google-dnn-l >/dev/null; } 2>&1)
    read -r real processor < <(awk '{ print int($1 * 1000), int(($2 + $3) * 1000) }' <<<"$times")
    [ "$processor" -lt "$best" ] && best=$processor
    [ "$real" -lt "$wall" ] && wall=$real
done
echo "release: $bytes bytes; 'autotower cost' takes $best ms of processor time, $wall ms of time (best of 10)"
[ "$best" -lt 100 ] || fail "'autotower cost' should start in less than 0.1 s"

small=(--data synthetic --device cpu --epochs 1 --batch 1024)
autotower data --data synthetic >/dev/null || fail "data"
autotower search "${small[@]}" --user-blocks 3 --item-blocks 3 --steps 20 --iterations 2 --population 6 --statistics-batches 2 \
    --fitness-batches 2 --top 1 --out "$work/search" >/dev/null 2>&1 || fail "search"
autotower train "${small[@]}" --architecture "pooling=average; user=mlp-16,sa-1,ew-sum; item=mlp-16,sa-1,mlp-64" \
    --out "$work/train" >/dev/null 2>&1 || fail "train"
autotower train "${small[@]}" --model google-dnn-m --seed 2 --out "$work/baseline" >/dev/null 2>&1 || fail "train --model"
autotower compare "$work/train" "$work/baseline" --markdown | grep -q google-dnn-m || fail "compare"
autotower embed --run "$work/search" --out "$work/users.npy" "$work/items.parquet" >/dev/null || fail "embed"
autotower recommend --run "$work/train" --user 7 --k 5 --exclude-seen >/dev/null || fail "recommend"
autotower schema | grep -q '"max-params"' || fail "schema"
autotower bench "${small[@]}" --what supernet --repeat 1 --bench-steps 2 >/dev/null 2>&1 || fail "bench"
autotower export --run "$work/search" --out "$work/onnx" --fold >/dev/null || fail "export"
autotower report --run "$work/search" --against "$work/train" --figures "$work/figures" >/dev/null || fail "report"
for file in users.npy items.parquet users.ids.txt search/report.json search/report.html search/weights.safetensors onnx/user_tower.onnx onnx/item_tower.onnx figures/search-progress.svg; do
    [ -s "$work/$file" ] || fail "$file was not written"
done
if autotower cost --architecture "pooling=sun; user=mlp-16; item=mlp-16" >/dev/null 2>"$work/error"; then fail "a wrong name was taken"; fi
grep -q "nearest names are sum" "$work/error" || fail "a wrong name is not explained: $(cat "$work/error")"
echo "release: all commands work"
