"""Fits the product's noise estimator for photographs: from what the blocks of a picture hold to the noise factor.

    python degrade.py packed/ calibration/ --count 3200 --side 320 --seed 6
    python degrade.py packed/ held-out/ --count 240 --side 384 --seed 5 --split validation
    node ../../bench/run.mjs bench/noise-readings.ts calibration/ calibration      (in the root of the repository)
    node ../../bench/run.mjs bench/noise-readings.ts held-out/ held-out
    python fit_estimator.py calibration held-out ../../model/noise/block-weights.ts

writes the weights and prints how well the held-out pictures are told. The network (model/noise/estimate-hidden.ts) looks at
every block by itself and at the averages over all of them: noise and texture differ in how brightness, colour and the
scales go together in one place, which no reading of the whole picture tells. It is fitted to the logarithm of the noise. Too
little costs more than too much (half of the true factor costs `photo-small` 0.7 dB, twice of it 0.25), so falling short counts
double; but so does noise that is not there. Test pictures take no part.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional

READINGS, SCALES = 19, 3
"""READINGS of model/noise/estimate-bands.ts, and how many scales are read."""
LEAST = 0.6
"""Levels of 8 bit that are added (as variances) before the logarithm: below, noise is as good as none."""
CLEAN = 2.5
"""What JPEG does to a clean picture counts as noise from here on, in levels."""
UNITS = 24
STEPS, BATCH, RATE, DECAY, WARM_UP = 2500, 64, 3e-3, 0.1, 0.05
MOST_BLOCKS, BLOCKS_A_STEP = 300, 150
"""Of each picture and scale."""
JITTER = 0.1
"""Standard deviation of what is added to the readings of a picture, themselves of standard deviation 1, while fitting."""
SHORT = 2.0
"""Weight of telling too little where there is noise; where there is none, of telling any."""
HEAD = """/** Written by tools/pretrain/fit_estimator.py, which says how; estimate-hidden.ts says what for. */
export interface ScaleWeights {
  /** From the readings of a block to the units of the first layer: of each unit, its bias last. */
  readonly first: readonly (readonly number[])[];
  /** From these to the values that are averaged. */
  readonly values: readonly (readonly number[])[];
  /** From these to the weight of the block, a logarithm. */
  readonly weight: readonly number[];
}

"""


@dataclass
class Readings:
    blocks: torch.Tensor  # [N, SCALES, MOST_BLOCKS, READINGS]
    there: torch.Tensor  # [N, SCALES, MOST_BLOCKS], whether a picture has so many
    levels: numpy.ndarray  # [N], true noise in 8-bit levels
    kinds: numpy.ndarray  # [N]

    def clean(self) -> numpy.ndarray:
        return (self.kinds == "clean") & (self.levels < CLEAN)

    def target(self) -> torch.Tensor:
        noise = numpy.where(self.clean(), 0, self.levels)
        return torch.from_numpy(numpy.log(numpy.hypot(noise, LEAST))).float()


def read(name: Path) -> Readings:
    """name.json and name.bin of bench/noise-readings.ts."""
    rows = [row for row in json.loads(name.with_name(name.name + ".json").read_text()) if row["blocks"]]
    values = numpy.fromfile(name.with_name(name.name + ".bin"), "<f4").reshape(-1, READINGS)
    counts = numpy.array([row["blocks"] for row in rows])
    blocks = numpy.zeros((len(rows), SCALES, MOST_BLOCKS, READINGS), numpy.float32)
    starts = numpy.concatenate([[0], counts.flatten().cumsum()])
    for number, count in enumerate(counts.flatten()):
        chosen = numpy.linspace(0, count - 1, min(count, MOST_BLOCKS)).astype(int)
        blocks[number // SCALES, number % SCALES, : len(chosen)] = values[starts[number] + chosen]
    there = numpy.arange(MOST_BLOCKS) < counts[..., None]
    levels = numpy.array([255 * row["noiseFactor"] for row in rows])
    kinds = numpy.array([row["kind"] for row in rows])
    return Readings(torch.from_numpy(blocks), torch.from_numpy(there), levels, kinds)


class Estimator(nn.Module):
    """blocks [N, SCALES, B, READINGS], there [N, SCALES, B] -> logarithm of the noise in levels [N]."""

    def __init__(self, mean: torch.Tensor, deviation: torch.Tensor):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.first = nn.ModuleList(nn.Linear(READINGS, UNITS) for _ in range(SCALES))
        self.second = nn.ModuleList(nn.Linear(UNITS, UNITS + 1) for _ in range(SCALES))
        self.hidden = nn.Linear(2 * SCALES * UNITS, UNITS)
        self.output = nn.Linear(UNITS, 1)

    def forward(self, blocks: torch.Tensor, there: torch.Tensor, jitter: float = 0) -> torch.Tensor:
        blocks = (blocks - self.mean) / self.deviation
        if jitter:
            blocks = blocks + jitter * torch.randn(len(blocks), SCALES, 1, READINGS)
        summaries = [
            self.summary(first, second, blocks[:, scale], there[:, scale, :, None])
            for scale, (first, second) in enumerate(zip(self.first, self.second))
        ]
        return self.output(torch.relu(self.hidden(torch.cat(summaries, 1))))[:, 0]

    def summary(self, first: nn.Linear, second: nn.Linear, blocks: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        values, logits = second(torch.relu(first(blocks))).split([UNITS, 1], 2)
        values = torch.relu(values)
        shares = torch.softmax(logits.masked_fill(~there, -torch.inf), 1)
        mean = (values * there).sum(1) / there.sum(1)
        return torch.cat([mean, (values * shares).sum(1)], 1)


def fit(readings: Readings, seed: int) -> Estimator:
    torch.manual_seed(seed)
    all_blocks = readings.blocks[readings.there]
    network = Estimator(all_blocks.mean(0), all_blocks.std(0) + 1e-3)
    target, noisy = readings.target(), torch.from_numpy(~readings.clean())
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS, pct_start=WARM_UP)
    for _ in range(STEPS):
        chosen = torch.randint(len(target), (BATCH,))
        # Those that are there come first: a block number is cut to the number of blocks.
        some = torch.randint(MOST_BLOCKS, (BATCH, SCALES, BLOCKS_A_STEP)) % readings.there[chosen].sum(2, keepdim=True)
        blocks = readings.blocks[chosen].gather(2, some[..., None].expand(-1, -1, -1, READINGS))
        error = network(blocks, torch.ones_like(some, dtype=torch.bool), JITTER) - target[chosen]
        cost = functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=0.3)
        loss = (torch.where((error < 0) == noisy[chosen], SHORT, 1) * cost).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1)
        optimiser.step()
        schedule.step()
    return network


@torch.no_grad()
def told(network: Estimator, readings: Readings) -> numpy.ndarray:
    """Noise in 8-bit levels."""
    parts = zip(readings.blocks.split(BATCH), readings.there.split(BATCH), strict=True)
    logarithm = torch.cat([network(blocks, there) for blocks, there in parts]).numpy()
    return numpy.sqrt(numpy.maximum(0, numpy.exp(2 * logarithm) - LEAST**2))


def report(network: Estimator, readings: Readings) -> None:
    levels, clean = told(network, readings), readings.clean()
    for kind in sorted(set(readings.kinds)):
        ratio = (levels + 0.3) / (readings.levels + 0.3)
        of_kind = ratio[(readings.kinds == kind) & ~clean]
        shares = f"under half {(of_kind < 0.5).mean():.2f}, over twice {(of_kind > 2).mean():.2f}"
        print(f"{kind:8} {len(of_kind):3}: median of told / true {numpy.median(of_kind):.2f}, {shares}")
    print(f"no noise {clean.sum():3}: median {numpy.median(levels[clean]):.2f} levels, {(levels[clean] < 1.5).mean():.2f} below 1.5")


@torch.no_grad()
def write(network: Estimator, file: Path) -> None:
    def row(weights: torch.Tensor, bias: torch.Tensor) -> str:
        return "[" + ", ".join(f"{value:.4g}" for value in [*weights.tolist(), bias.item()]) + "]"

    def rows(weights: torch.Tensor, bias: torch.Tensor) -> str:
        return "[" + ",\n".join(row(*unit) for unit in zip(weights, bias, strict=True)) + "]"

    scales = []
    for first, second in zip(network.first, network.second):
        weights = first.weight / network.deviation  # the readings are taken as they are
        bias = first.bias - weights @ network.mean
        of_values = rows(second.weight[:-1], second.bias[:-1])
        of_block = row(second.weight[-1], second.bias[-1])
        scales.append(f"{{ first: {rows(weights, bias)}, values: {of_values}, weight: {of_block} }}")
    lines = [
        f"export const least = {LEAST};",
        f"export const scales: readonly ScaleWeights[] = [{','.join(scales)}];",
        "/** From the averages to the units of the last layer but one. */",
        f"export const hidden: readonly (readonly number[])[] = {rows(network.hidden.weight, network.hidden.bias)};",
        f"export const output: readonly number[] = {row(network.output.weight[0], network.output.bias[0])};",
    ]
    file.write_text(HEAD + "\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("calibration", type=Path, help="readings to fit to, without .json and .bin")
    parser.add_argument("held_out", type=Path, help="readings to report on")
    parser.add_argument("out", type=Path, help="TypeScript file to write")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    network = fit(read(args.calibration), args.seed)
    report(network, read(args.held_out))
    write(network, args.out)


if __name__ == "__main__":
    main()
