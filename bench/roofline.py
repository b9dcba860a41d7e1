#!/usr/bin/env python3
"""How far each kernel of a training step is from what the GPU allows, from Nsight Compute's counters. Standard library only.

Usage: python3 bench/roofline.py --metrics                       the counters that are wanted, with commas, for `ncu --metrics`
       python3 bench/roofline.py RAW.csv [--bench FILE] [...]    a Markdown table, and with --json a file

RAW.csv is `ncu --csv --page raw` of `autotower bench --what supernet` (or fixed); scripts/roofline.sh makes it. A step is what lies between two
launches of --step-kernel, which runs once a step; launches before the first and after the last are left out.

The floor of a launch is the longest of: DRAM bytes / --bandwidth, L2 bytes / --l2-bandwidth (where given), FP32 instructions / (--fp32 / 2), since an
addition occupies a lane as long as a multiply-add that counts two operations, and tensor-core operations / the rate of their type. --bandwidth and
--half are what was measured on an H200 (docs/performance.md: a copy, and bfloat16 products); --tf32 is half of the latter, as the type's rate is,
and --fp32 the data sheet's. Give what was measured on the machine at hand where it is another.
"""
import argparse
import csv
import json
import sys

TIME = "gpu__time_duration.sum"
READ, WRITTEN, L2 = "dram__bytes_read.sum", "dram__bytes_write.sum", "lts__t_bytes.sum"
ADD, MULTIPLY, MULTIPLY_ADD = (f"smsp__sass_thread_inst_executed_op_{name}_pred_on.sum" for name in ("fadd", "fmul", "ffma"))
# Operations, two a multiply-add, of mma.sync and wgmma alike (sm_90 has counters of both, and these sums of them).
TF32 = "sm__ops_path_tensor_src_tf32_dst_fp32.sum"
HALVES = ["sm__ops_path_tensor_src_bf16_dst_fp32.sum", "sm__ops_path_tensor_src_fp16_dst_fp32.sum"]
ISSUE = "smsp__issue_active.avg.pct_of_peak_sustained_active"
REGISTERS = "launch__registers_per_thread"
REQUIRED = [TIME, READ, WRITTEN]
METRICS = [*REQUIRED, L2, ADD, MULTIPLY, MULTIPLY_ADD, TF32, *HALVES, ISSUE, REGISTERS]
UNITS = {"T": 1e12, "G": 1e9, "M": 1e6, "K": 1e3, "m": 1e-3, "u": 1e-6, "n": 1e-9, "": 1.0}


def scale(unit):
    """The factor that brings a value to seconds, bytes, or plain numbers."""
    for base in ("byte", "second", "s", "inst", ""):
        if unit.endswith(base) and unit[: len(unit) - len(base)] in UNITS:
            return UNITS[unit[: len(unit) - len(base)]]
    return 1.0


def number(text):
    try:
        return float((text or "").replace(",", ""))
    except ValueError:
        return 0.0  # n/a: a counter that the launch does not have


def short(name):
    """A kernel's name without arguments and template."""
    return name.replace("(anonymous namespace)::", "").split("(")[0].split("<")[0].split("::")[-1].replace("void ", "").strip()


def read(path):
    """The launches in order: a dictionary each, in seconds, bytes and plain numbers; and the counters that are missing."""
    with open(path, newline="") as file:
        lines = [line for line in file if line.startswith('"')]  # What programs and ncu say around it is no CSV.
    rows = list(csv.DictReader(lines))
    if not rows or "Kernel Name" not in rows[0] or len(rows) < 2:
        sys.exit(f"roofline.py: {path} holds no profile; it should be what 'ncu --csv --page raw' prints. Its last lines may say why there is none.")
    units, rows = rows[0], rows[1:]
    missing = [metric for metric in METRICS if metric not in units]
    lacking = [metric for metric in REQUIRED if metric in missing]
    if lacking:
        sys.exit(f"roofline.py: {path} lacks {', '.join(lacking)}; profile with the counters that --metrics prints.")
    launches = [{metric: number(row[metric]) * scale(units[metric] or "") for metric in METRICS if metric not in missing} | {"kernel": short(row["Kernel Name"])} for row in rows]
    return launches, missing


def whole_steps(launches, step_kernel):
    """The launches of whole steps, and how many steps they are."""
    starts = [i for i, launch in enumerate(launches) if launch["kernel"] == step_kernel]
    if len(starts) < 2:
        sys.exit(f"roofline.py: {step_kernel} was profiled {len(starts)} times, at least 2 are needed to tell where a step ends; profile more launches.")
    return launches[starts[0] : starts[-1]], len(starts) - 1


def floors(launch, rates):
    """Least seconds by what limits them."""
    get = lambda metric: launch.get(metric, 0.0)
    result = {
        "DRAM": (get(READ) + get(WRITTEN)) / rates.bandwidth,
        "FP32": (get(ADD) + get(MULTIPLY) + get(MULTIPLY_ADD)) / (rates.fp32 / 2),
        "TF32": get(TF32) / rates.tf32,
        "FP16": sum(get(metric) for metric in HALVES) / rates.half,
    }
    if rates.l2_bandwidth:
        result["L2"] = get(L2) / rates.l2_bandwidth
    return result


def summarise(name, launches, steps, rates):
    """One kernel, per step."""
    total = lambda metric: sum(launch.get(metric, 0.0) for launch in launches)
    seconds = total(TIME)
    by_limit = {}
    for launch in launches:
        limits = floors(launch, rates)
        limit = max(limits, key=limits.get)
        by_limit[limit] = by_limit.get(limit, 0.0) + limits[limit]
    floor = sum(by_limit.values())
    return {
        "kernel": name,
        "launches": len(launches) / steps,
        "microseconds": 1e6 * seconds / steps,
        "floor_microseconds": 1e6 * floor / steps,
        "time_over_floor": seconds / floor if floor else None,
        "limit": max(by_limit, key=by_limit.get),
        "dram_bytes": (total(READ) + total(WRITTEN)) / steps,
        "l2_bytes": total(L2) / steps,
        "fp32_operations": (total(ADD) + total(MULTIPLY) + 2 * total(MULTIPLY_ADD)) / steps,
        "tf32_operations": total(TF32) / steps,
        "half_operations": sum(total(metric) for metric in HALVES) / steps,
        "issue_slots_percent": sum(launch.get(ISSUE, 0.0) * launch[TIME] for launch in launches) / seconds if seconds else 0.0,
        "registers": int(max(launch.get(REGISTERS, 0.0) for launch in launches)),
    }


def report(launches, missing, options):
    launches, steps = whole_steps(launches, options.step_kernel)
    by_kernel = {}
    for launch in launches:
        by_kernel.setdefault(launch["kernel"], []).append(launch)
    kernels = sorted((summarise(name, own, steps, options) for name, own in by_kernel.items()), key=lambda kernel: -kernel["microseconds"])
    total = lambda key: sum(kernel[key] for kernel in kernels)
    result = {
        "steps": steps,
        "launches": total("launches"),
        "kernel_microseconds": total("microseconds"),
        "floor_microseconds": total("floor_microseconds"),
        "rates": {name: getattr(options, name) for name in ("bandwidth", "l2_bandwidth", "fp32", "tf32", "half")},
        "missing_counters": missing,
        "kernels": kernels,
    }
    if options.bench:
        with open(options.bench) as file:
            bench = json.load(file)
        timing = next((each for each in bench["results"] if each["unit"] == "step"), None)
        if timing is None:
            sys.exit(f"roofline.py: {options.bench} measured no steps; it should be what 'autotower bench --what supernet --json-file' writes.")
        result |= {"device": bench["device"], "commit": bench["commit"], "work": timing["name"], "step_microseconds": 1000 * timing["ms_a_unit_p50"]}
    return result


def markdown(result):
    ratio = lambda value: "-" if value is None else f"{value:.1f}"
    lines = [
        "| kernel | launches a step | us a step | floor, us | time / floor | limit | DRAM, MB | L2, MB | FP32, M ops | TF32, M ops | FP16, M ops | issue slots | registers |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for k in result["kernels"]:
        lines.append(
            f"| {k['kernel']} | {k['launches']:.2f} | {k['microseconds']:.2f} | {k['floor_microseconds']:.2f} | {ratio(k['time_over_floor'])} | {k['limit']} "
            f"| {k['dram_bytes'] / 1e6:.3f} | {k['l2_bytes'] / 1e6:.3f} | {k['fp32_operations'] / 1e6:.2f} | {k['tf32_operations'] / 1e6:.2f} "
            f"| {k['half_operations'] / 1e6:.2f} | {k['issue_slots_percent']:.0f} % | {k['registers']} |")
    times, floor = result["kernel_microseconds"], result["floor_microseconds"]
    lines += ["", f"{result['steps']} steps, {result['launches']:.1f} launches a step. Kernels {times:.1f} us a step, floors {floor:.1f} us: kernels take {ratio(times / floor if floor else None)} times their floors."]
    if "step_microseconds" in result:
        step = result["step_microseconds"]
        lines.append(f"The measured {result['work']} takes {step:.1f} us on {result['device']}: {ratio(step / floor if floor else None)} times the floors, {step / times:.2f} times the kernels.")
    if result["missing_counters"]:
        lines.append(f"Counters that this GPU or profile does not have, taken as 0: {', '.join(result['missing_counters'])}.")
    return "\n".join(lines)


def positive(text):
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"should be above 0, not {text}")
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profile", nargs="?", metavar="RAW.csv")
    parser.add_argument("--metrics", action="store_true", help="print the counters that are wanted")
    parser.add_argument("--bench", help="JSON of the same benchmark without the profiler, for the measured step")
    parser.add_argument("--json", help="file for the numbers")
    parser.add_argument("--step-kernel", default="batch_advance", help="kernel that runs once, at the beginning of a step (batch_advance)")
    parser.add_argument("--bandwidth", type=positive, default=4.24e12, help="bytes a second of a copy, read and written (4.24e12)")
    parser.add_argument("--l2-bandwidth", type=positive, help="bytes a second of L2; left out of the floor where not given")
    parser.add_argument("--fp32", type=positive, default=67e12, help="FP32 operations a second (67e12)")
    parser.add_argument("--tf32", type=positive, default=395e12, help="tensor-core operations a second in TF32 (395e12)")
    parser.add_argument("--half", type=positive, default=790e12, help="tensor-core operations a second in FP16 and bfloat16 (790e12)")
    options = parser.parse_args()
    if options.metrics:
        print(",".join(METRICS))
        return
    if options.profile is None:
        parser.error("give RAW.csv, or --metrics")
    launches, missing = read(options.profile)
    result = report(launches, missing, options)
    print(markdown(result))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
