"""Trains the `unet` network on packed pictures, with Gaussian noise or with that of photographs.

    python train.py packed/ run/ --size small --minutes 60
    python train.py packed/ photo/ --noise photo --start run/checkpoint.pt --loss psnr --end-loss psnr --minutes 60
    python train.py packed/ run/ --resume

writes run/checkpoint.pt every few minutes (whole or not at all) and one JSON line a report to run/log.jsonl. It
runs on a GPU or a processor. The learning rate falls to zero over the given minutes or steps. With --steps the
same seed gives the same run; with --minutes the speed of the machine decides where the schedule stands.
"""

import argparse
import json
import math
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import torch

from degradations import degraded
from network import SIZES, config_of, cost_per_pixel
from optimizers import OPTIMIZERS
from patches import CLIPPED_SHARE, GREY_SHARE, Batch, Pictures, add_noise, made_ahead, random_crops
from run import Run
from validation import validate

GRADIENT_NORM = 0.5
FINAL_RATE = 1e-6
LOSSES = ("absolute", "squared", "psnr")
"""Absolute is calm at the start; squared is what PSNR measures; psnr is the logarithm of each patch's squared error, so that
weak noise counts as much as strong, as in a mean of PSNRs (Chen et al. 2022, NAFNet)."""
END_LOSS_SHARE = 0.1
"""The last part of the run may minimise another loss than the rest."""
SQUARED_ERROR_SCALE = 25
"""1 / (2 x a typical error of 0.02): gradients as large as those of the absolute error, which Adam is used to."""
PSNR_SCALE, PSNR_FLOOR = 0.02, 1e-5
"""The logarithm's gradients made as large again; a patch with less error than 50 dB counts no more than that."""
NOISES = ("gaussian", "photo")
"""Gaussian: white, of every factor from 0 to 0.22 (patches.py). Photo: that of cameras and files (degradations.py)."""
LARGE_PATCH_SHARE = 0.2
"""The last part of the run has larger and fewer patches: in whole pictures borders are rarer."""


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packed", type=Path, help="folder written by pack.py")
    parser.add_argument("out", type=Path, help="folder for the checkpoint and the log")
    parser.add_argument(
        "--size", type=size_named, default="small", help=f"{', '.join(SIZES)}, or as in 40:2,1,1,1,2"
    )
    parser.add_argument(
        "--grey",
        type=float,
        metavar="SHARE",
        default=GREY_SHARE,
        help="of grey patches in Gaussian training (default: %(default)s)",
    )
    parser.add_argument(
        "--clipped",
        type=float,
        metavar="SHARE",
        default=CLIPPED_SHARE,
        help="of patches cut off and rounded as in a file of 8 bit, in Gaussian training (default: %(default)s)",
    )
    parser.add_argument(
        "--reduced",
        type=float,
        metavar="TIMES",
        default=1,
        help="as often as by their size are pictures drawn that were made smaller, which are sharper (default: %(default)s)",
    )
    parser.add_argument("--noise", choices=NOISES, default="gaussian", help="default: %(default)s")
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--minutes", type=float, help="length of the whole run, earlier parts of a resumed one included"
    )
    length.add_argument("--steps", type=int, help="the same in steps")
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--start", type=Path, help="checkpoint, exported folder, model folder or .npz of the same or a shallower network"
    )
    start.add_argument(
        "--resume",
        action="store_true",
        help="go on from the checkpoint in the output folder, with its settings",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--optimizer", choices=OPTIMIZERS, default="muon", help="see optimizers.py (default: %(default)s)"
    )
    parser.add_argument(
        "--rate", type=float, default=1.5e-3, help="highest learning rate (default: %(default)s)"
    )
    parser.add_argument("--warm-up", type=int, default=200, metavar="STEPS", help="default: %(default)s")
    parser.add_argument("--batch", type=int, default=16, help="patches a step (default: %(default)s)")
    parser.add_argument("--patch", type=int, default=64, help="side of a patch (default: %(default)s)")
    parser.add_argument(
        "--last-patch", type=int, help="side in the last fifth of the run, with as many fewer patches a step"
    )
    parser.add_argument(
        "--average", type=float, default=0.999, help="decay of the averaged weights (default: %(default)s)"
    )
    parser.add_argument("--loss", choices=LOSSES, default="absolute", help="default: %(default)s")
    parser.add_argument("--end-loss", choices=LOSSES, default="squared", help="loss of the last tenth")
    parser.add_argument(
        "--precision", choices=["bfloat16", "float32"], default="float32", help="of the convolutions"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, help="processor threads for the arithmetic")
    parser.add_argument(
        "--loaders", type=int, default=1, help="threads that cut patches (default: %(default)s)"
    )
    parser.add_argument(
        "--report-minutes",
        type=float,
        default=3,
        help="between reports and checkpoints (default: %(default)s)",
    )
    args = parser.parse_args(words)
    if args.resume:
        # The settings of the run so far, except those given again.
        parser.set_defaults(
            **torch.load(args.out / "checkpoint.pt", map_location="cpu", weights_only=True)["settings"]
        )
        given_length = {"minutes": args.minutes, "steps": args.steps}
        args = parser.parse_args(words)
        if any(given_length.values()):
            vars(args).update(given_length)
    if not (args.minutes or args.steps):
        parser.error("one of --minutes and --steps is needed")
    return args


def size_named(text: str) -> str:
    try:
        config_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


class Schedule:
    """What each part of a run, from 0 at its start to 1 at its end, is like."""

    def __init__(self, args: argparse.Namespace):
        self.args = args

    def progress(self, step: int, seconds: float) -> float:
        return step / self.args.steps if self.args.steps else seconds / (60 * self.args.minutes)

    def rate(self, step: int, progress: float) -> float:
        cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1)))
        return min(1, (step + 1) / self.args.warm_up) * (FINAL_RATE + (self.args.rate - FINAL_RATE) * cosine)

    def patches(self, progress: float) -> tuple[int, int]:
        """How many, and the length of their sides."""
        batch, side, last_side = self.args.batch, self.args.patch, self.args.last_patch
        if last_side and progress >= 1 - LARGE_PATCH_SHARE:
            return max(1, batch * side**2 // last_side**2), last_side
        return batch, side

    def loss(self, progress: float) -> str:
        return self.args.end_loss if progress >= 1 - END_LOSS_SHARE else self.args.loss


def loss_of(error: torch.Tensor, name: str) -> torch.Tensor:
    """Of a batch of errors [N, C, H, W], by a name of LOSSES."""
    if name == "absolute":
        return error.abs().mean()
    if name == "squared":
        return SQUARED_ERROR_SCALE * error.square().mean()
    return PSNR_SCALE * torch.log(error.square().mean((1, 2, 3)) + PSNR_FLOOR).mean()


def train_step(run: Run, batch: Batch, rate: float, loss_name: str, args: argparse.Namespace) -> torch.Tensor:
    with torch.autocast(run.device.type, torch.bfloat16, enabled=args.precision == "bfloat16"):
        denoised = run.network(batch.noisy, batch.told)
    loss = loss_of(denoised.float() - batch.clean, loss_name)
    run.network.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), GRADIENT_NORM)
    run.optimizer.step(rate)
    run.average(args.average)
    return loss.detach()


def batches(
    noise: str, run: Run, pictures: Pictures, loaders: int, shape_at: Callable[[int], tuple[int, int]]
) -> Iterator[Batch]:
    """The batches from the run's step on; shape_at tells how many patches a step has, and their side."""
    if noise == "photo":

        def degrade(count: int, side: int, step: int) -> Batch:
            return degraded(pictures, count, side, run.seed, step)

        yield from (batch.to(run.device) for batch in made_ahead(degrade, run.step, loaders, shape_at))

    def cut(count: int, side: int, step: int) -> numpy.ndarray:
        return random_crops(pictures, count, side, run.seed, step)

    for step, crops in enumerate(made_ahead(cut, run.step, loaders, shape_at), run.step):
        yield add_noise(crops, run.seed, step, run.device, run.settings["grey"], run.settings["clipped"])


def train(run: Run, pictures: Pictures, schedule: Schedule, args: argparse.Namespace) -> Iterator[dict]:
    """Trains to the end of the schedule; every few minutes, and at the end, yields how it went."""

    def progress(step: int) -> float:
        return schedule.progress(step, run.seconds)

    made = batches(args.noise, run, pictures, args.loaders, lambda step: schedule.patches(progress(step)))
    losses: list[torch.Tensor] = []
    before = reported = time.monotonic()
    while (now_at := progress(run.step)) < 1:
        rate = schedule.rate(run.step, now_at)
        losses.append(train_step(run, next(made), rate, schedule.loss(now_at), args))
        run.step += 1
        now = time.monotonic()
        run.seconds, before = run.seconds + now - before, now
        if now - reported >= 60 * args.report_minutes or progress(run.step) >= 1:
            loss = torch.stack(losses).mean().item()
            yield {
                "loss": round(loss, 6),
                "rate": rate,
                "steps_per_second": round(len(losses) / (now - reported), 2),
            }
            losses, reported = [], time.monotonic()


def main() -> None:
    args = parse_arguments()
    if args.threads:
        torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    training = Pictures(args.packed, "training", args.reduced)
    held_out = Pictures(args.packed, "validation")
    run = Run.prepare(args, training.index["sets"])
    checkpoint = args.out / "checkpoint.pt"
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def scores() -> dict[str, float]:
        return validate(run.averaged, held_out, run.device, args.noise)

    with (args.out / "log.jsonl").open("a", buffering=1) as log:

        def report(event: str, **values) -> None:
            line = json.dumps(
                {"event": event, "step": run.step, "minutes": round(run.seconds / 60, 2), **values}
            )
            log.write(line + "\n")
            print(line, flush=True)

        report("start", network=run.config.to_json(), cost=cost_per_pixel(run.config), settings=run.settings)
        report("validation", **scores())
        try:
            for values in train(run, training, Schedule(args), args):
                if not math.isfinite(values["loss"]):
                    raise SystemExit(
                        f"the loss is {values['loss']} at step {run.step}; the last checkpoint is kept"
                    )
                run.save(checkpoint)
                report("validation", **values, **scores())
        except KeyboardInterrupt:
            run.save(checkpoint)
            report("stopped")


if __name__ == "__main__":
    main()
