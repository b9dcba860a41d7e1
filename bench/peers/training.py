"""PyTorch's side of `autotower bench --data ml-1m`: steps of the supernet and of one architecture, and a candidate's forward pass.

Usage: python3 bench/peers/training.py --data-dir FOLDER [--json FILE] [--steps N] [--repeats N] [--what supernet,fixed,compile,graph,candidates]

The same work as AutoTower's (SPEC.md): ML-1M with its fields, histories of 20, batches of 1,024 shuffled records of the training set, corrected
batch softmax with streaming frequencies, regulariser, clipping, Adam with weight decay, of which only the path's parameters have gradients.
All data lives on the GPU; what is done a step on the host is what an eager program does. `compile` is torch.compile, `graph` a CUDA graph of the
whole step; both of the fixed architecture. (Products are multiplied one by one, since the backward pass of prod waits for the GPU.) A part that
fails is in the results with its reason ("failure"), the others still run, and the script ends with 1. Multiply-accumulates of an example are
printed to compare with `autotower cost`, and the fixed architecture's loss, mean of the last 100 of 1,000 steps, to compare with AutoTower's.
"""
import argparse
import functools
import json
import math
import random
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

E, D, L, HEAD, BATCH, TEMPERATURE, RATE, REGULARISER = 16, 64, 20, 8, 1024, 0.05, 0.01, 1e-5
MLP, EW, SA = [16, 32, 64, 128, 256, 512, 1024], ["sum", "avg", "ip", "max", "min"], [1, 2, 3, 4]
POOLINGS = ["sum", "average", "self-attentive", "self-attention"]
BLOCKS = [("mlp", h) for h in MLP] + [("ew", k) for k in EW] + [("sa", h) for h in SA]
FIXED = ("self-attention", [("sa", 3), ("ew", "ip"), ("mlp", 128)], [("mlp", 512), ("mlp", 64), ("sa", 2)])


def look_up(table, ids):
    """Rows of an embedding table; index_select, whose backward pass a CUDA graph can hold."""
    return table.weight.index_select(0, ids.reshape(-1)).view(*ids.shape, E)


def load(folder, device):
    """Fields as row numbers (0 is nothing), training records and their histories: of every user's first 75 % in time order, shuffled, two thirds."""
    read = lambda name: [line.split("::") for line in Path(folder, name).read_text(encoding="latin-1").splitlines() if line]
    users, movies, ratings = read("users.dat"), read("movies.dat"), read("ratings.dat")
    rated = sorted({int(r[1]) for r in ratings})
    item_of = {movie: i + 1 for i, movie in enumerate(rated)}
    user_of = {int(u[0]): i + 1 for i, u in enumerate(users)}
    number = lambda values: {v: i + 1 for i, v in enumerate(sorted(set(values)))}
    ages, genders, jobs = (number(u[c] for u in users) for c in (2, 1, 3))
    user_fields = np.zeros((len(users) + 1, 4), np.int64)
    for u in users:
        user_fields[user_of[int(u[0])]] = user_of[int(u[0])], ages[u[2]], genders[u[1]], jobs[u[3]]
    genres = number(g for m in movies for g in m[2].split("|"))
    item_fields, item_genres = np.zeros((len(rated) + 1, 2), np.int64), np.zeros((len(rated) + 1, 6), np.int64)
    for m in movies:
        if int(m[0]) in item_of:
            row, year, own = item_of[int(m[0])], int(m[1][-5:-1]), [genres[g] for g in m[2].split("|")]
            item_fields[row] = row, (year - 1900) // 10
            item_genres[row, : len(own)] = own
    by_user = {}
    for u, i, _, t in ratings:
        by_user.setdefault(user_of[int(u)], []).append((int(t), item_of[int(i)]))
    pool = []
    for user, own in by_user.items():
        items = [i for _, i in sorted(own, key=lambda pair: pair[0])]
        for at in range(int(0.75 * len(items))):
            past = items[max(0, at - L) : at]
            pool.append((user, items[at], [0] * (L - len(past)) + past))
    random.Random(1).shuffle(pool)
    pool = pool[: len(pool) * 2 // 3]
    records, histories = [(user, item) for user, item, _ in pool], [history for _, _, history in pool]
    tensor = lambda array: torch.tensor(np.asarray(array), device=device)
    sizes = [len(users), len(ages), len(genders), len(jobs)], [len(rated), 10, len(genres)]
    return tensor(user_fields), tensor(item_fields), tensor(item_genres), tensor(records), tensor(histories), sizes


class Block(nn.Module):
    def __init__(self, kind, inputs, last):
        super().__init__()
        self.kind, self.size = kind
        self.n = inputs
        width = {"mlp": self.size, "ew": D, "sa": inputs * HEAD * self.size if self.kind == "sa" else 0}[self.kind]
        if self.kind == "mlp":
            self.first = nn.Linear(inputs * D, self.size)
        if self.kind == "sa":
            self.first = nn.Linear(D, 4 * self.size * HEAD)
        self.last = nn.Linear(width, D)
        self.norm = nn.Identity() if last else nn.BatchNorm1d(D)

    def macs(self):
        own = self.last.weight.numel() + (0 if isinstance(self.norm, nn.Identity) else D)
        if self.kind == "mlp":
            return own + self.first.weight.numel()
        if self.kind == "sa":
            return own + self.n * self.first.weight.numel() + 2 * self.n**2 * self.size * HEAD
        return own + (D if self.size == "avg" else self.n * D if self.size == "ip" else 0)

    def forward(self, x):
        if self.kind == "mlp":
            x = self.first(x)
        else:
            x = x.view(-1, self.n, D)
            if self.kind == "ew":
                x = {"sum": lambda: x.sum(1), "avg": lambda: x.mean(1), "ip": lambda: functools.reduce(torch.mul, x.unbind(1)), "max": lambda: x.amax(1), "min": lambda: x.amin(1)}[self.size]()
            else:
                heads = lambda part: part.view(-1, self.n, self.size, HEAD).transpose(1, 2)
                q, k, v, rest = self.first(x).chunk(4, -1)
                weights = (heads(q) @ heads(k).transpose(-1, -2) * HEAD**-0.5).softmax(-1)
                x = ((weights @ heads(v)).transpose(1, 2).reshape(rest.shape) + rest).flatten(1)
        return F.relu(self.norm(self.last(x)))


class Tower(nn.Module):
    def __init__(self, width, choices):
        super().__init__()
        self.align = nn.Linear(width, D)
        self.blocks = nn.ModuleList(
            nn.ModuleDict({f"{k}-{s}": Block((k, s), position + 1, position == len(choices) - 1) for k, s in kinds}) for position, kinds in enumerate(choices))

    def forward(self, x, path):
        states = [self.align(x)]
        for position, (kind, size) in enumerate(path):
            states.append(self.blocks[position][f"{kind}-{size}"](torch.cat(states, 1) if position else states[0]))
        return F.normalize(states[-1])

    def path(self, path):
        return [self.align] + [self.blocks[position][f"{kind}-{size}"] for position, (kind, size) in enumerate(path)]


class Pooling(nn.Module):
    def __init__(self, kind, width):
        super().__init__()
        self.kind, self.width = kind, width
        if kind.startswith("self"):
            self.position = nn.Parameter(torch.randn(L, width))
        if kind == "self-attentive":
            self.hidden, self.score = nn.Linear(width, width, bias=False), nn.Linear(width, 1, bias=False)
        if kind == "self-attention":
            self.query_key, self.value, self.output = nn.Linear(width, 2 * width), nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, rows, valid):
        counts = valid.sum(1, keepdim=True)
        if self.kind in ("sum", "average"):
            return rows.sum(1) / (counts.clamp(1) if self.kind == "average" else 1)
        if self.kind == "self-attentive":
            scores = self.score(torch.tanh(self.hidden(rows + self.position))).squeeze(-1).masked_fill(valid == 0, -1e9)
            return (scores.softmax(-1).unsqueeze(1) @ rows).squeeze(1)
        x = rows + self.position
        q, k = self.query_key(x).chunk(2, -1)
        scores = (q @ k.transpose(1, 2) * self.width**-0.5).masked_fill((valid == 0).unsqueeze(1), -1e9)
        attention = F.dropout(scores.softmax(-1), 0.2)
        weights = (valid / counts.clamp(1)).unsqueeze(1) @ attention * valid.unsqueeze(1)
        pooled, mass = (weights @ x).squeeze(1), weights.sum(2)
        values = pooled @ self.value.weight.t() + mass * self.value.bias
        return values @ self.output.weight.t() + counts.clamp(0, 1) * self.output.bias


class Model(nn.Module):
    def __init__(self, data, poolings, user_choices, item_choices):
        super().__init__()
        self.user_fields, self.item_fields, self.item_genres, self.records, self.histories, (user_sizes, item_sizes) = data
        tables = lambda sizes: nn.ModuleList(nn.Embedding(size + 1, E) for size in sizes)
        self.users, self.items = tables(user_sizes), tables(item_sizes)
        for table in [*self.users, *self.items]:
            nn.init.xavier_uniform_(table.weight)
        self.poolings = nn.ModuleDict({kind: Pooling(kind, 3 * E) for kind in poolings})
        self.user_tower, self.item_tower = Tower(4 * E + 3 * E, user_choices), Tower(3 * E, item_choices)

    def embed_items(self, ids):
        genres = self.item_genres[ids]
        known = (genres > 0).float()
        mean = (look_up(self.items[2], genres) * (known / known.sum(1, keepdim=True).clamp(1)).unsqueeze(-1)).sum(1)
        return torch.cat([look_up(self.items[0], ids), look_up(self.items[1], self.item_fields[ids, 1]), mean], 1)

    def forward(self, users, items, histories, pooling, user_path, item_path):
        fields = self.user_fields[users]
        of_user = torch.cat([look_up(table, fields[:, f]) for f, table in enumerate(self.users)], 1)
        of_item = self.embed_items(items)
        valid = (histories > 0).float()
        rows = torch.cat([look_up(self.items[0], histories), look_up(self.items[1], self.item_fields[histories, 1]), look_up(self.items[2], self.item_genres[histories, 0])], 2)
        pooled = self.poolings[pooling](rows * valid.unsqueeze(-1), valid)
        return self.user_tower(torch.cat([of_user, pooled], 1), user_path), self.item_tower(of_item, item_path), of_user, of_item

    def path_parameters(self, pooling, user_path, item_path):
        layers = [self.users, self.items, self.poolings[pooling], *self.user_tower.path(user_path), *self.item_tower.path(item_path)]
        return [p for layer in layers for p in layer.parameters()]


class Trainer:
    def __init__(self, model, capturable=False):
        self.model, device = model, model.records.device
        items = len(model.item_fields)
        self.interval = torch.full((items,), float((items - 2) // BATCH), device=device)
        self.last = torch.zeros(items, device=device)
        self.step_number = torch.zeros((), device=device)
        self.targets = torch.arange(BATCH, device=device)
        self.optimiser = torch.optim.Adam(model.parameters(), lr=0.001, weight_decay=1e-6, capturable=capturable)
        self.order, self.at = None, 0

    def next_batch(self):
        if self.order is None or self.at + BATCH > len(self.order):
            self.order, self.at = torch.randperm(len(self.model.records), device=self.targets.device), 0
        chosen = self.order[self.at : self.at + BATCH]
        self.at += BATCH
        records = self.model.records[chosen]
        return records[:, 0], records[:, 1], self.model.histories[chosen]

    def loss(self, batch, path):
        users, items, histories = batch
        u, v, of_user, of_item = self.model(users, items, histories, *path)
        with torch.no_grad():
            self.step_number += 1
            # The k-th occurrence of an item in the batch sees k updates.
            ordered, order = items.sort(stable=True)
            rank = torch.empty_like(items)
            rank[order] = self.targets - torch.searchsorted(ordered, ordered)
            interval = ((1 - RATE) * self.interval[items] + RATE * (self.step_number - self.last[items])) * torch.exp(rank * math.log(1 - RATE))
            self.interval.scatter_reduce_(0, items, interval, "amin", include_self=False)
            self.last[items] = self.step_number.expand(BATCH)
        scores = u @ v.t() / TEMPERATURE + torch.log(interval)
        return F.cross_entropy(scores, self.targets) + REGULARISER * (of_user.norm() + of_item.norm())

    def step(self, batch, path, loss=None):
        value = (loss or self.loss)(batch, path)
        value.backward()
        nn.utils.clip_grad_norm_(self.model.path_parameters(*path), 5, error_if_nonfinite=False, foreach=True)  # asking would wait
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return value


def measured(name, work, units, repeats, warm_up=10):
    work(warm_up)
    times = []
    for _ in range(repeats):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work(units)
        torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - start) / units)
    times.sort()
    print(f"{name:28} {times[len(times) // 2]:9.3f} ms", flush=True)
    return {"name": name, "repetitions": repeats, "units_a_repetition": units, "ms_a_unit_p50": times[len(times) // 2], "ms_a_unit": times}


def any_path(sample):
    return sample.choice(POOLINGS), [sample.choice(BLOCKS) for _ in range(5)], [sample.choice(BLOCKS) for _ in range(5)]


def supernet_trainer(data):
    return Trainer(Model(data, POOLINGS, [BLOCKS] * 5, [BLOCKS] * 5).to("cuda"))


def fixed_model(data):
    only = lambda path: [[block] for block in path]
    return Model(data, [FIXED[0]], only(FIXED[1]), only(FIXED[2])).to("cuda")


def supernet(data, options):
    trainer, sample = supernet_trainer(data), random.Random(1)

    def steps(count):
        for _ in range(count):
            trainer.step(trainer.next_batch(), any_path(sample))

    return [measured("supernet step, eager", steps, options.steps, options.repeats)]


def candidates(data, options):
    trainer, sample = supernet_trainer(data), random.Random(1)

    def judge(count):
        with torch.no_grad():
            for _ in range(count):
                path = any_path(sample)
                for _ in range(240):  # statistics of 200 batches, loss of 40
                    trainer.loss(trainer.next_batch(), path)

    return [measured("candidate, eager", judge, 1, 3, warm_up=1)]


def eager(data, options):
    model = fixed_model(data)
    macs = sum(b.macs() for tower, path in ((model.user_tower, FIXED[1]), (model.item_tower, FIXED[2])) for b in tower.path(path)[1:])
    macs += model.user_tower.align.weight.numel() + model.item_tower.align.weight.numel()
    print(f"fixed architecture: {macs:,} multiply-accumulates in the towers (autotower cost --convention actual)")
    trainer, losses = Trainer(model), []

    def steps(count):
        for _ in range(count):
            losses.append(trainer.step(trainer.next_batch(), FIXED).detach())

    result = measured("fixed step, eager", steps, options.steps, options.repeats)
    steps(1000 - len(losses))
    mean = torch.stack(losses[900:1000]).mean().item()
    print(f"loss of the fixed architecture, steps 901 to 1000: {mean:.3f}")
    return [result, {"name": "loss of the fixed architecture, steps 901 to 1000", "value": mean}]


def compiled(data, options):
    from torch._dynamo.utils import counters

    trainer, losses = Trainer(fixed_model(data)), []
    loss = torch.compile(trainer.loss)

    def steps(count):
        for _ in range(count):
            losses.append(trainer.step(trainer.next_batch(), FIXED, loss).detach())

    result = measured("fixed step, torch.compile", steps, options.steps, options.repeats)
    return [result | {"graph_breaks": dict(counters["graph_break"]), "first_loss": losses[0].item(), "last_loss": losses[-1].item()}]


def captured(data, options):
    trainer = Trainer(fixed_model(data), capturable=True)
    batch = [part.clone() for part in trainer.next_batch()]
    # Warm-up beside the current stream, as capture wants it: it makes the optimiser's state and cuBLAS's handles.
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            loss = trainer.step(batch, FIXED).detach()
    torch.cuda.current_stream().wait_stream(side)
    first = loss.item()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = trainer.step(batch, FIXED).detach()

    def steps(count):
        for _ in range(count):
            for part, new in zip(batch, trainer.next_batch()):
                part.copy_(new)
            graph.replay()

    result = measured("fixed step, CUDA graph", steps, options.steps, options.repeats)
    return [result | {"first_loss": first, "last_loss": loss.item()}]


def attempt(name, part, data, options):
    """A part's results; where it fails, the reason instead, so that the other parts still run."""
    try:
        return part(data, options)
    except Exception as failure:
        traceback.print_exc()
        # A failed capture also fails at its end: the first error is the reason.
        while failure.__context__ is not None:
            failure = failure.__context__
        return [{"name": name, "failure": f"{type(failure).__name__}: {failure}"[:2000]}]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--json")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--what", default="supernet,fixed,compile,graph,candidates")
    options = parser.parse_args()
    parts = {"supernet": supernet, "candidates": candidates, "fixed": eager, "compile": compiled, "graph": captured}
    what = options.what.split(",")
    if unknown := [name for name in what if name not in parts]:
        parser.error(f"--what takes {', '.join(parts)}, not '{unknown[0]}'")
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    data, results = load(options.data_dir, torch.device("cuda")), []
    for name, part in parts.items():
        if name in what:
            results += attempt(name, part, data, options)
    if options.json:
        Path(options.json).write_text(json.dumps({
            "device": torch.cuda.get_device_name(), "torch": torch.__version__,
            "command": f"python3 bench/peers/training.py --what {options.what} --steps {options.steps} --repeats {options.repeats}", "results": results}, indent=2) + "\n")
    sys.exit(1 if any("failure" in result for result in results) else 0)


if __name__ == "__main__":
    main()
