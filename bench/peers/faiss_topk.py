"""Faiss IndexFlatIP on the shapes of AutoTower.Device.Bench topk --device cpu, with the same table and JSON rows: wall-clock time, and processor time of
all threads, which means something on a machine that others use too.

Usage: /usr/bin/python3 bench/peers/faiss_topk.py [--json FILE] [--repeats N] [--only name,...]      (Debian: python3-faiss)
"""
import argparse
import json
import time

import faiss
import numpy as np

SHAPES = {  # name: users, items, width, k
    "ml-1m": (6040, 3706, 64, 50),
    "books-1k": (1024, 159551, 64, 50),
    "one-1m": (1, 1_000_000, 64, 100),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--only", default=",".join(SHAPES))
    arguments = parser.parse_args()
    random = np.random.default_rng(1)
    print(f"Faiss {faiss.__version__}, {faiss.omp_get_max_threads()} threads")
    print(f"{'shape':14}{'users':>8}{'items':>11}{'width':>6}{'k':>6}{'median ms':>12}{'p20':>10}{'p80':>10}")
    rows = []
    for name in arguments.only.split(","):
        users, items, width, k = SHAPES[name]
        x = random.standard_normal((users, width), dtype=np.float32)
        index = faiss.IndexFlatIP(width)
        index.add(random.standard_normal((items, width), dtype=np.float32))
        index.search(x, k)
        times, processor_times = [], []
        for _ in range(arguments.repeats):
            start, processor = time.perf_counter(), time.process_time()
            index.search(x, k)
            times.append((time.perf_counter() - start) * 1e3)
            processor_times.append((time.process_time() - processor) * 1e3)
        times.sort()
        processor_median = sorted(processor_times)[len(times) // 2]
        median, p20, p80 = (times[int(share * (len(times) - 1))] for share in (0.5, 0.2, 0.8))
        print(f"{name:14}{users:8}{items:11}{width:6}{k:6}{median:12.4f}{p20:10.4f}{p80:10.4f}  processor {processor_median:.2f} ms", flush=True)
        rows.append({"shape": name, "users": users, "items": items, "width": width, "k": k, "repeats": len(times),
                     "median_ms": round(median, 5), "p20_ms": round(p20, 5), "p80_ms": round(p80, 5),
                     "median_processor_ms": round(processor_median, 5)})
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"benchmark": "topk", "peer": f"Faiss {faiss.__version__} IndexFlatIP", "threads": faiss.omp_get_max_threads(),
                       "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "rows": rows}, file, indent=2)


if __name__ == "__main__":
    main()
