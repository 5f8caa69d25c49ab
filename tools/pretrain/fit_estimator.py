"""Fits the product's noise estimator for photographs: from what the bands of frequency hold to the noise factor.

    python degrade.py packed/ calibration/ --count 3200 --side 320 --seed 6
    python degrade.py packed/ held-out/ --count 240 --side 384 --seed 5 --split validation
    node ../../bench/run.mjs bench/noise-readings.ts calibration/ calibration.json      (in the root of the repository)
    node ../../bench/run.mjs bench/noise-readings.ts held-out/ held-out.json
    python fit_estimator.py calibration.json held-out.json ../../model/noise/band-weights.ts

writes the weights and prints how well the held-out pictures are told. A network of one layer of 16 units is fitted to
the logarithm of the noise: noise and texture differ in how brightness, colour and the scales go together, which no
sum of readings tells. Too little costs more than too much (half of the true factor costs `photo-small` 0.7 dB, twice of
it 0.25), so falling short counts double; but so does noise that is not there. Test pictures take no part.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch

LEAST = 0.6
"""Levels of 8 bit that are added (as variances) before the logarithm: below, noise is as good as none."""
CLEAN = 2.5
"""What JPEG does to a clean picture counts as noise from here on, in levels."""
HIDDEN = 16
STEPS, BATCH, RATE, DECAY = 4000, 256, 3e-3, 0.1
JITTER = 0.1
"""Standard deviation of what is added to the readings, themselves of standard deviation 1, while fitting."""
SHORT = 2.0
"""Weight of telling too little where there is noise; where there is none, of telling any."""
HEAD = """/**
 * Written by tools/pretrain/fit_estimator.py, which says how. Inputs of the network: BandReading of the scales 1, 2 and 4,
 * brightness before colour, band by band, share by share.
 */
"""


@dataclass
class Readings:
    inputs: torch.Tensor  # [N, 120]
    levels: numpy.ndarray  # [N], true noise in 8-bit levels
    kinds: numpy.ndarray  # [N]

    def target(self) -> torch.Tensor:
        none = (self.kinds == "clean") & (self.levels < CLEAN)
        noise = numpy.where(none, 0, self.levels)
        return torch.from_numpy(numpy.log(numpy.hypot(noise, LEAST))).float()


def read(file: Path) -> Readings:
    rows = [row for row in json.loads(file.read_text()) if all(row["bands"])]
    inputs = [
        [value for bands in row["bands"] for part in ("brightness", "colour") for band in bands[part] for value in band]
        for row in rows
    ]
    levels = numpy.array([255 * row["noiseFactor"] for row in rows])
    return Readings(torch.tensor(inputs), levels, numpy.array([row["kind"] for row in rows]))


def fit(readings: Readings, seed: int) -> torch.nn.Sequential:
    """The inputs are standardised while fitting; that is folded into the first layer in the end."""
    torch.manual_seed(seed)
    mean, deviation = readings.inputs.mean(0), readings.inputs.std(0) + 1e-3
    inputs, target = (readings.inputs - mean) / deviation, readings.target()
    noisy = target > numpy.log(LEAST) + 1e-3
    network = torch.nn.Sequential(
        torch.nn.Linear(inputs.shape[1], HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1)
    )
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        chosen = torch.randint(len(inputs), (BATCH,))
        jittered = inputs[chosen] + JITTER * torch.randn(BATCH, inputs.shape[1])
        error = network(jittered)[:, 0] - target[chosen]
        cost = torch.nn.functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=0.3)
        loss = (torch.where((error < 0) == noisy[chosen], SHORT, 1) * cost).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        first = network[0]
        first.weight /= deviation
        first.bias -= first.weight @ mean
    return network


@torch.no_grad()
def told(network: torch.nn.Sequential, readings: Readings) -> numpy.ndarray:
    """Noise in 8-bit levels."""
    logarithm = network(readings.inputs)[:, 0].numpy()
    return numpy.sqrt(numpy.maximum(0, numpy.exp(2 * logarithm) - LEAST**2))


def report(network: torch.nn.Sequential, readings: Readings) -> None:
    levels = told(network, readings)
    clean = (readings.kinds == "clean") & (readings.levels < CLEAN)
    for kind in sorted(set(readings.kinds)):
        ratio = (levels + 0.3) / (readings.levels + 0.3)
        of_kind = ratio[(readings.kinds == kind) & ~clean]
        shares = f"under half {(of_kind < 0.5).mean():.2f}, over twice {(of_kind > 2).mean():.2f}"
        print(f"{kind:8} {len(of_kind):3}: median of told / true {numpy.median(of_kind):.2f}, {shares}")
    print(f"no noise {clean.sum():3}: median {numpy.median(levels[clean]):.2f} levels, {(levels[clean] < 1.5).mean():.2f} below 1.5")


def write(network: torch.nn.Sequential, file: Path) -> None:
    def array(tensor: torch.Tensor) -> str:
        return "[" + ", ".join(f"{value:.4g}" for value in tensor.flatten().tolist()) + "]"

    first, last = network[0], network[2]
    lines = [
        f"export const least = {LEAST};",
        "/** Of each hidden unit, its bias last. */",
        "export const hidden: readonly (readonly number[])[] = [",
        *(f"  {array(torch.cat([weights, bias[None]]))}," for weights, bias in zip(first.weight, first.bias)),
        "];",
        "/** Of the hidden units, the bias last. */",
        f"export const output: readonly number[] = {array(torch.cat([last.weight[0], last.bias]))};",
    ]
    file.write_text(HEAD + "\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("calibration", type=Path, help="readings to fit to")
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
