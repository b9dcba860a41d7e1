#!/usr/bin/env bash
# Runs the GPU tests and benchmarks on a machine that has a GPU but no .NET.
#   scripts/gpu.sh publish         here: builds artifacts/gpu/programs.tar.gz, the programs with one .NET runtime for all of them
#   scripts/gpu.sh run [OUT] [STEP...]   there, in the same folder of the repository: runs the steps and writes logs and summary.json to OUT
# Steps: tests (default), memcheck, racecheck, initcheck (the tests under that tool of compute-sanitizer), bench (training, candidates and top-K,
# beside PyTorch's where python3 has it), growth (batch, history, towers and items; GROWTH adds options, such as GROWTH='--most-items 1000000'),
# search (one of Amazon Books' size on synthetic data, at the paper's settings), roofline (scripts/roofline.sh of the supernet and of a fixed
# architecture). DATA names the folder of ML-1M, without which bench and roofline take the embedded data.
# FILTER limits the tests to classes, such as FILTER='*Parity*'. The CUDA driver, NVRTC and cuBLAS must be installed there.
set -uo pipefail
cd "$(dirname "$0")/.."
archive=artifacts/gpu/programs.tar.gz

fail() {
    echo "gpu.sh: $1" >&2
    exit 1
}

publish() {
    local stage=artifacts/gpu/stage
    local projects=(tests/AutoTower.{Kernels,Autograd,Search,Cli}.Tests src/AutoTower.Cli bench/AutoTower.Device.Bench)
    rm -rf "$stage" "$archive"
    mkdir -p "$stage"
    # One folder: every program finds the same runtime beside it.
    for project in "${projects[@]}"; do
        dotnet publish "$project" -c Release -r linux-x64 --self-contained -o "$stage" -v quiet --nologo \
            -p:SatelliteResourceLanguages=en -p:GenerateDocumentationFile=false || fail "$project can't be published."
    done
    # Nor do tests on a GPU export ONNX, read others' Parquet files or draw.
    rm -rf "$stage"/*onnxruntime* "$stage"/libSkiaSharp* "$stage"/ParquetSharpNative*
    rm -rf "$stage"/*.{xml,pdb,dbg} "$stage"/createdump "$stage"/libmscordbi.so "$stage"/libmscordaccore.so "$stage"/BuildHost-*
    git describe --always --dirty --abbrev=12 > "$stage/commit"
    tar -C "$stage" -czf "$archive" .
    rm -rf "$stage"
    echo "gpu.sh: $archive, $(du -h "$archive" | cut -f1), commit $(tar -xzOf "$archive" ./commit)"
}

# Adds the folders of NVRTC and cuBLAS to the loader's path where it does not know them.
find_libraries() {
    local library folder
    for library in libnvrtc libcublas libcublasLt; do
        ldconfig -p 2>/dev/null | grep -qE "$library\.so\.1[23] " && continue
        folder=$(find /usr/local /opt /usr/lib -name "$library.so.1[23]" -not -path '*/stubs/*' 2>/dev/null | head -n 1)
        [ -n "$folder" ] && LD_LIBRARY_PATH="${folder%/*}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    done
    export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}
}

number() { grep -E "^ *$2: [0-9]+" "$1" | tail -n 1 | grep -oE '[0-9]+' || echo 0; }

# Runs a program; its log goes to OUT, one line of JSON to the results, one line to the terminal.
record() { # step, log name, command...
    local step=$1 log=$out/$2.log start status seconds
    shift 2
    start=$(date +%s)
    "$@" > "$log" 2>&1
    status=$?
    seconds=$(($(date +%s) - start))
    [ "$status" -eq 0 ] || failures=$((failures + 1))
    results+=("{\"step\":\"$step\",\"command\":\"${*//\"/\\\"}\",\"exit\":$status,\"seconds\":$seconds,\"passed\":$(number "$log" succeeded),\"failed\":$(number "$log" failed),\"skipped\":$(number "$log" skipped)}")
    echo "$step: ${log##*/}: exit $status, $(number "$log" succeeded) passed, $(number "$log" failed) failed, $(number "$log" skipped) skipped, $seconds s"
    grep -E '^failed ' "$log" | head -n 20
}

# The benchmarks of bench/results/gpu-*.json.
bench() {
    local options commit
    commit=$(cat "$programs/commit")
    for options in "" "--precision tf32" "--deterministic"; do
        # shellcheck disable=SC2086
        record bench "bench-training${options// /}" "$programs/autotower" bench "${data[@]}" --device cuda --what supernet candidates fixed $options \
            --json-file "$out/gpu-macro${options// /}.json"
    done
    record bench bench-topk "$programs/AutoTower.Device.Bench" topk --commit "$commit" --json "$out/gpu-topk.json"
    python3 -c 'import torch' 2>/dev/null || return 0
    record bench bench-topk-pytorch python3 bench/peers/topk.py --json "$out/gpu-topk-pytorch.json"
    [ -z "${DATA:-}" ] || record bench bench-training-pytorch python3 bench/peers/training.py --data-dir "$DATA" --json "$out/gpu-training-pytorch.json"
}

growth() {
    # shellcheck disable=SC2086
    record growth growth "$programs/autotower" bench growth --device cuda --json-file "$out/gpu-growth.json" ${GROWTH:-}
}

search() {
    record search search "$programs/autotower" bench --what search --users 165036 --items 159551 --interactions 5073469 --history 50 --preset paper \
        --device cuda --json-file "$out/gpu-search.json"
}

roofline() {
    local what
    for what in supernet fixed; do
        record roofline "roofline-$what" scripts/roofline.sh "$programs/autotower" "$out" "$what" "${data[@]}"
    done
}

run() {
    out=${1:-artifacts/gpu/results}
    shift || true
    local steps=("${@:-tests}") tests=() step program
    [ -f "$archive" ] || fail "$archive is missing; make it with 'scripts/gpu.sh publish'."
    command -v nvidia-smi > /dev/null || fail "nvidia-smi was not found; this part runs on a machine with an NVIDIA GPU."
    mkdir -p "$out"
    programs=$(mktemp -d)
    trap 'rm -rf "$programs"' EXIT
    tar -C "$programs" -xzf "$archive" || fail "$archive can't be unpacked."
    find_libraries
    export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 # Such machines often have no ICU.
    for program in "$programs"/AutoTower.*.Tests; do
        [ -x "$program" ] && tests+=("$program")
    done
    failures=0
    results=()
    data=(--data synthetic)
    [ -n "${DATA:-}" ] && data=(--data ml-1m --data-dir "$DATA")
    for step in "${steps[@]}"; do
        case $step in
        tests | memcheck | racecheck | initcheck)
            for program in "${tests[@]}"; do
                local command=("$program" --filter-trait category=gpu --ignore-exit-code 8 ${FILTER:+--filter-class "$FILTER"})
                if [ "$step" != tests ]; then
                    command=(compute-sanitizer --tool "$step" --error-exitcode 99 --target-processes all "${command[@]}")
                fi
                record "$step" "$step-$(basename "$program")" "${command[@]}"
            done
            ;;
        bench | growth | search | roofline) "$step" ;;
        *) fail "there is no step '$step'; there are tests, memcheck, racecheck, initcheck, bench, growth, search and roofline." ;;
        esac
    done
    local gpu driver
    IFS=, read -r gpu driver < <(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader | head -n 1)
    printf '{"gpu":"%s","driver":"%s","commit":"%s","date":"%s","command":"scripts/gpu.sh run %s","results":[%s]}\n' \
        "$gpu" "${driver# }" "$(cat "$programs/commit")" "$(date -u +%FT%TZ)" "$out ${steps[*]}" "$(IFS=,; echo "${results[*]}")" > "$out/summary.json"
    echo "gpu.sh: $gpu, driver ${driver# }, commit $(cat "$programs/commit"): ${#results[@]} runs, $failures failed; logs and summary.json in $out"
    [ "$failures" -eq 0 ]
}

case ${1:-} in
publish) publish ;;
run)
    shift
    run "$@"
    ;;
*) fail "usage: scripts/gpu.sh publish | run [OUT] [tests] [memcheck] [racecheck] [initcheck] [bench] [growth] [search] [roofline]" ;;
esac
