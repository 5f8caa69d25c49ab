"""A training run that can be put aside and taken up again."""

import argparse
import copy
import os
from pathlib import Path

import torch

from network import NetworkConfig, UNet, config_of, grow_from, initialise
from optimizers import Optimizer
from weights import load

CHECKPOINT_VERSION = 2
NOT_KEPT = {"packed", "out", "start", "resume", "device", "threads", "loaders"}
"""Arguments that belong to one call and one machine, not to the run."""


class Run:
    """What a checkpoint holds: weights, their average, the optimizer's state, how far the run has come."""

    def __init__(self, network: UNet, settings: dict, sources: list[str], device: str):
        self.network, self.settings, self.sources = network, settings, sources
        self.seed: int = settings["seed"]
        self.device = torch.device(device)
        self.step, self.seconds = 0, 0.0
        self.started_from: str | None = None
        initialise(network, self.seed)
        self.averaged = copy.deepcopy(network)

    @property
    def config(self) -> NetworkConfig:
        return self.network.config

    @staticmethod
    def prepare(args: argparse.Namespace, sources: list[str]) -> "Run":
        """A new run, from the weights of another if so asked, or the one kept in the output folder."""
        checkpoint = args.out / "checkpoint.pt"
        settings = {key: value for key, value in vars(args).items() if key not in NOT_KEPT}
        if args.resume:
            return Run.restore(checkpoint, settings, args.device)
        if checkpoint.exists():
            raise SystemExit(
                f"{checkpoint} exists: --resume goes on from it; for a new run choose another folder"
            )
        run = Run(UNet(config_of(args.size)), settings, sources, args.device)
        if args.start:
            grow_from(run.network, load(args.start)[0])
            run.averaged.load_state_dict(run.network.state_dict())
            run.started_from = args.start.name
        run.move_to_device()
        return run

    @staticmethod
    def restore(checkpoint: Path, settings: dict, device: str) -> "Run":
        saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
        if saved["version"] != CHECKPOINT_VERSION:
            raise SystemExit(
                f"{checkpoint}: its version is {saved['version']}, expected {CHECKPOINT_VERSION}"
            )
        # The draws of a step follow from the seed: it stays that of the run.
        run = Run(
            UNet(NetworkConfig.from_json(saved["network"])),
            {**settings, "seed": saved["seed"]},
            saved["sources"],
            device,
        )
        run.network.load_state_dict(saved["weights"])
        run.averaged.load_state_dict(saved["averaged"])
        run.step, run.seconds, run.started_from = saved["step"], saved["seconds"], saved["started_from"]
        run.move_to_device()
        run.optimizer.restore(saved["optimizer"])
        return run

    def move_to_device(self) -> None:
        # Channels last is the order that the fast convolutions of both processors and GPUs want.
        self.network.to(self.device, memory_format=torch.channels_last)
        self.averaged.to(self.device, memory_format=torch.channels_last).requires_grad_(False)
        self.optimizer = Optimizer(self.network, self.settings["optimizer"])

    def average(self, decay: float) -> None:
        """Moves the averaged weights towards the present ones; quickly at first, or they would keep the start."""
        decay = min(decay, (self.step + 1) / (self.step + 10))
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.network.parameters()), 1 - decay)

    def save(self, path: Path) -> None:
        """Atomically: a run killed at any moment leaves a whole checkpoint."""
        partial = path.with_name(path.name + ".part")
        with partial.open("wb") as stream:
            torch.save(
                {
                    "version": CHECKPOINT_VERSION,
                    "network": self.config.to_json(),
                    "weights": self.network.state_dict(),
                    "averaged": self.averaged.state_dict(),
                    "optimizer": self.optimizer.state(),
                    "step": self.step,
                    "seconds": self.seconds,
                    "seed": self.seed,
                    "sources": self.sources,
                    "started_from": self.started_from,
                    "settings": self.settings,
                },
                stream,
            )
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
