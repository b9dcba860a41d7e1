"""PyTorch's matmul + topk on the shapes of AutoTower.Device.Bench topk, with the same table and JSON rows.

Usage: python3 bench/peers/topk.py [--json FILE] [--repeats N] [--only name,...]
Scores are formed in float32 (no TF32), in chunks of users where the score matrix would pass 8 GiB. Device time by events, L2 flushed.
"""
import argparse
import json
import time

import torch

SHAPES = {  # name: users, items, width, k, dtype
    "ml-1m": (6040, 3706, 64, 50, torch.float32),
    "books": (16384, 159551, 64, 50, torch.float32),
    "books-k1": (16384, 159551, 64, 1, torch.float32),
    "books-k1000": (2048, 159551, 64, 1000, torch.float32),
    "books-128": (16384, 159551, 128, 50, torch.float32),
    "one-10m": (1, 10_000_000, 64, 100, torch.float32),
    "one-10m-bf16": (1, 10_000_000, 64, 100, torch.bfloat16),
    "eight-10m": (8, 10_000_000, 64, 100, torch.float32),
    "many-10m": (1024, 10_000_000, 64, 100, torch.float32),
}
SCORE_BYTES = 8 << 30


def search(users, items, k):
    chunk = max(1, SCORE_BYTES // (items.shape[0] * 4))
    results = [torch.topk(part @ items.T, k, dim=1) for part in users.split(chunk)]
    return [torch.cat([result[i] for result in results]) for i in range(2)]


def timed(work, repeats, flush):
    times = []
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    for i in range(-3, repeats):
        flush.zero_()
        start.record()
        work()
        end.record()
        end.synchronize()
        if i >= 0:
            times.append(start.elapsed_time(end))
    return sorted(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--only", default=",".join(SHAPES))
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.manual_seed(1)
    flush = torch.empty(512 << 20, dtype=torch.uint8, device="cuda")
    properties = torch.cuda.get_device_properties(0)
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    rate = 2 * 8192**3 / timed(lambda: a @ b, 10, flush)[5] / 1e9
    source = torch.empty(1 << 31, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    bandwidth = 2 * source.numel() / timed(lambda: target.copy_(source), 10, flush)[5] / 1e9
    del source, target, a, b
    print(f"{properties.name}, PyTorch {torch.__version__}, bfloat16 product {rate:.0f} TFLOP/s, copy {bandwidth:.2f} TB/s (read + written)")
    print(f"{'shape':14}{'users':>8}{'items':>11}{'width':>6}{'k':>6}{'median ms':>12}{'p20':>10}{'p80':>10}")
    rows = []
    for name in arguments.only.split(","):
        users, items, width, k, dtype = SHAPES[name]
        x = torch.randn(users, width, device="cuda").to(dtype)
        y = torch.randn(items, width, device="cuda").to(dtype)
        repeats = arguments.repeats if users * items < 2e9 else max(5, arguments.repeats // 4)
        times = timed(lambda: search(x, y, k), repeats, flush)
        median, p20, p80 = (times[int(share * (len(times) - 1))] for share in (0.5, 0.2, 0.8))
        print(f"{name:14}{users:8}{items:11}{width:6}{k:6}{median:12.4f}{p20:10.4f}{p80:10.4f}", flush=True)
        rows.append({"shape": name, "users": users, "items": items, "width": width, "k": k, "dtype": str(dtype), "repeats": repeats,
                     "median_ms": round(median, 5), "p20_ms": round(p20, 5), "p80_ms": round(p80, 5)})
        del x, y
        torch.cuda.empty_cache()
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"benchmark": "topk", "peer": f"PyTorch {torch.__version__} matmul + topk", "device": properties.name,
                       "cuda": torch.version.cuda, "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "bfloat16_tflops": round(rate, 1),
                       "copy_tb_per_second": round(bandwidth, 3), "rows": rows}, file, indent=2)


if __name__ == "__main__":
    main()
