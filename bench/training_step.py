"""Steps per second of the app's network in PyTorch on the CPU: the other half of bench/training-step.ts, which runs it.

    python3 bench/training_step.py --threads 2 --batch 16 --patch 64 --width 48 --blocks 1,1,1,1,1 --seconds 10

The same work as one step of the app's trainer: forward, mean absolute error, backward, clipping of the gradients'
common norm, Adam, averaged weights. float32, channels last, which is the faster layout here. Prints one line of JSON.
"""

import argparse
import copy
import json
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools" / "pretrain"))
from network import NetworkConfig, UNet  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--patch", type=int, required=True)
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--blocks", type=lambda text: tuple(int(count) for count in text.split(",")), required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = UNet(NetworkConfig(options.width, options.blocks)).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4, eps=1e-7)
    shape = (options.batch, 3, options.patch, options.patch)
    clean = torch.rand(shape).to(memory_format=torch.channels_last)
    noisy = (clean + 0.1 * torch.randn(shape)).to(memory_format=torch.channels_last)
    told = torch.full((options.batch, 1, 1, 1), 0.1)

    def step():
        loss = (network(noisy, told) - clean).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.5)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), 1e-3)
        return loss.item()

    for _ in range(3):
        step()
    times = []
    started = time.perf_counter()
    while time.perf_counter() - started < options.seconds or len(times) < 5:
        before = time.perf_counter()
        step()
        times.append(time.perf_counter() - before)
    times.sort()
    # The median: what others do on the machine meanwhile lengthens single steps.
    print(json.dumps({"milliseconds": 1000 * times[len(times) // 2], "steps": len(times), "version": torch.__version__}))


main()
