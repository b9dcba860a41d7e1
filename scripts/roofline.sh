#!/usr/bin/env bash
# How far the kernels of a training step are from what the GPU allows: measures a step, profiles some, and writes a table (bench/roofline.py).
#   scripts/roofline.sh AUTOTOWER OUT WHAT [BENCH OPTION...]
# AUTOTOWER is the program, WHAT is supernet or fixed, the options are those of 'autotower bench'. Writes OUT/roofline-WHAT.{md,json,csv} and
# OUT/roofline-WHAT-bench.json. LAUNCHES (1500) are profiled after SKIP (3000); RATES are options of bench/roofline.py, such as
# RATES='--bandwidth 4.24e12'. Needs ncu (Nsight Compute) with permission to read the GPU's counters, and python3.
# Counters that are needed: gpu__time_duration.sum, dram__bytes_read.sum, dram__bytes_write.sum. Others that the GPU does not have are left out.
set -uo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "roofline.sh: $1" >&2
    exit 1
}

[ $# -ge 3 ] || fail "usage: scripts/roofline.sh AUTOTOWER OUT supernet|fixed [BENCH OPTION...]"
program=$1 out=$2 what=$3
shift 3
case $what in supernet | fixed) ;; *) fail "WHAT is supernet or fixed, not '$what'." ;; esac
[ -x "$program" ] || fail "$program is no program."
command -v python3 > /dev/null || fail "python3 was not found."
command -v ncu > /dev/null || fail "ncu was not found; it comes with Nsight Compute and the CUDA toolkit."
mkdir -p "$out"
name=$out/roofline-$what
bench=("$program" bench --device cuda --what "$what" "$@")

# The counters that this GPU has; those of the launch are not in the list that ncu prints.
wanted=$(python3 bench/roofline.py --metrics)
known=$(ncu --query-metrics 2> /dev/null | awk '{print $1}')
metrics=
for metric in ${wanted//,/ }; do
    if [ -z "$known" ] || [[ $metric == launch__* ]] || grep -qx "${metric%%.*}" <<< "$known"; then
        metrics+=${metrics:+,}$metric
    else
        echo "roofline.sh: this GPU has no $metric; it is left out."
    fi
done

"${bench[@]}" --json-file "$name-bench.json" || fail "the benchmark failed."
LC_ALL=C ncu --csv --page raw --print-units base --clock-control none --cache-control none --target-processes all --metrics "$metrics" \
    --launch-skip "${SKIP:-3000}" --launch-count "${LAUNCHES:-1500}" "${bench[@]}" > "$name.csv" 2> "$name-ncu.log" \
    || { tail -n 5 "$name.csv" "$name-ncu.log" >&2; fail "ncu failed; ERR_NVGPUCTRPERM above would mean that counters are for administrators only."; }
# shellcheck disable=SC2086
python3 bench/roofline.py "$name.csv" --bench "$name-bench.json" --json "$name.json" ${RATES:-} > "$name.md" || fail "the profile can't be read."
cat "$name.md"
