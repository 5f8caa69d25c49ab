"""python -m unittest, in this folder: about ten seconds on one core, with pictures made here."""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import numpy
import torch
from PIL import Image

from degradations import KINDS, MAKE, TOLD_DEVIATION, degraded, degraded_patch, smoothed, white_equivalent
from evaluate import denoise
from export import blend
from fit_estimator import READINGS, SCALES, Readings, fit, told, write
from network import SIZES, NetworkConfig, UNet, config_of, cost_per_pixel, grow_from, initialise
from optimizers import Optimizer, matrix_kernels
from pack import pack
from patches import CLIPPED_SHARE, HIGHEST_NOISE_FACTOR, Pictures, add_noise, random_crops
from run import Run
from search import VARIANTS, Gated, Simple, Variant, multiply_adds
from sensor import BILINEAR, MALVAR, Camera, demosaic, developed, draw_camera, mosaic, seen_light, sensor_noise
from train import Schedule, parse_arguments, train
from validation import validate
from weights import load, load_exported, tensors, write_exported

HERE = Path(__file__).parent
TINY = NetworkConfig(4, (1, 1, 1, 1, 1))


def tiny_network(config: NetworkConfig = TINY) -> UNet:
    network = UNet(config)
    initialise(network, seed=1)
    return network


def ask(network: UNet) -> torch.Tensor:
    noisy = torch.rand((2, 3, 16, 24), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        return network(noisy, torch.full((2, 1, 1, 1), 0.1))


class NetworkTest(unittest.TestCase):
    def test_the_sizes_cost_what_they_promise(self):
        for size, limit in {"slim": 60e3, "small": 60e3, "medium": 130e3, "large": 320e3}.items():
            self.assertLessEqual(cost_per_pixel(SIZES[size]), limit)

    def test_a_size_is_a_name_or_width_and_blocks(self):
        self.assertEqual(config_of("large"), SIZES["large"])
        self.assertEqual(config_of("40:2,1,0,1,2"), NetworkConfig(40, (2, 1, 0, 1, 2)))
        for wrong in ("huge", "40", "40:1,1,1", "0:1,1,1,1,1", "40:1,1,-1,1,1"):
            with self.assertRaises(ValueError, msg=wrong):
                config_of(wrong)

    def test_the_cost_is_that_of_the_layers(self):
        pixels = {
            "stem": 1 / 4,
            "enc0": 1 / 4,
            "dec0": 1 / 4,
            "correction": 1 / 4,
            "up0": 1 / 16,
        }  # where the kernel is applied
        pixels |= {
            "down0": 1 / 16,
            "enc1": 1 / 16,
            "dec1": 1 / 16,
            "down1": 1 / 64,
            "middle": 1 / 64,
            "up1": 1 / 64,
        }
        for config in SIZES.values():
            layers = UNet(config).layers.items()
            counted = sum(layer.weight.numel() * pixels[name.split("_")[0]] for name, layer in layers)
            self.assertEqual(counted, cost_per_pixel(config))

    def test_layers_have_the_names_and_order_of_the_product(self):
        names = [name for name, _ in tensors(tiny_network(NetworkConfig(4, (1, 2, 1, 1, 1))))]
        self.assertEqual(names[:4], ["stem/kernel", "stem/bias", "enc0_res0_a/kernel", "enc0_res0_a/bias"])
        self.assertIn("enc1_res1_b/kernel", names)
        self.assertEqual(names[-2:], ["correction/kernel", "correction/bias"])

    def test_a_grown_network_starts_with_the_function_of_the_smaller(self):
        small = tiny_network()
        deep = tiny_network(NetworkConfig(4, (2, 2, 3, 2, 2)))
        self.assertFalse(torch.equal(ask(small), ask(deep)))
        grow_from(deep, small)
        self.assertTrue(torch.equal(ask(small), ask(deep)))

    def test_a_network_does_not_grow_from_another_width_or_a_deeper_one(self):
        with self.assertRaises(ValueError):
            grow_from(tiny_network(), tiny_network(NetworkConfig(8, TINY.blocks)))
        with self.assertRaises(ValueError):
            grow_from(tiny_network(), tiny_network(NetworkConfig(4, (2, 1, 1, 1, 1))))

    def test_pictures_of_any_size_are_denoised(self):
        self.assertEqual(denoise(tiny_network(), torch.rand(1, 3, 17, 30), 0.1).shape, (1, 3, 17, 30))


class SearchTest(unittest.TestCase):
    def test_its_networks_cost_about_the_same_except_those_of_simple_blocks(self):
        costs = {name: multiply_adds(make()) for name, make in VARIANTS.items()}
        self.assertEqual(costs["unet-small"], cost_per_pixel(SIZES["small"]))
        self.assertLess(costs.pop("NAFNet blocks"), 30e3)
        self.assertTrue(all(52e3 < cost < 62e3 for cost in costs.values()), costs)

    def test_the_network_that_is_not_told_the_noise_does_not_see_it(self):
        noisy = torch.rand(1, 3, 16, 16)
        with torch.no_grad():
            for told in (True, False):
                network = Variant("4:1,1,1,1,1", told=told)
                weak, strong = (network(noisy, torch.full((1, 1, 1, 1), factor)) for factor in (0.1, 0.2))
                self.assertEqual(torch.equal(weak, strong), not told)

    def test_kernels_of_all_blocks_are_matrices_for_the_optimizer(self):
        for make in (Gated, Simple):
            network = make("4:1,1,1,1,1")
            kernels = [layer.weight for layer in network.layers.values()]
            self.assertEqual(len(matrix_kernels(network)), len(kernels) - 2)


class WeightsTest(unittest.TestCase):
    def test_exported_weights_read_back_as_the_same_network(self):
        with tempfile.TemporaryDirectory() as folder:
            network = tiny_network()
            write_exported(Path(folder), network, {"steps": 5})
            again, trained = load_exported(Path(folder))
            self.assertEqual((again.config, trained), (TINY, {"steps": 5}))
            self.assertTrue(torch.equal(ask(network), ask(again)))

    def test_a_blend_lies_between_two_networks_of_the_same_shape(self):
        first, second = tiny_network(), tiny_network()
        for parameter in second.parameters():
            parameter.data += 1
        before = [parameter.clone() for parameter in first.parameters()]
        blend(first, second, 0.75)
        for parameter, old in zip(first.parameters(), before):
            self.assertTrue(torch.allclose(parameter, old + 0.25, atol=1e-6))
        with self.assertRaises(ValueError):
            blend(first, UNet(NetworkConfig(8, TINY.blocks)), 0.5)

    def test_kernels_are_exported_in_the_order_of_tensorflow(self):
        named = dict(tensors(tiny_network()))
        self.assertEqual(named["stem/kernel"].shape, (4, 4, 3 + 1, 4))  # height, width, in, out
        self.assertEqual(named["down0/kernel"].shape, (2, 2, 4, 8))
        self.assertEqual(named["up0/kernel"].shape, (2, 2, 4, 8))  # height, width, out, in
        self.assertEqual(named["correction/kernel"].shape, (4, 4, 3, 4))


class OptimizerTest(unittest.TestCase):
    def gradients(self, network: UNet) -> None:
        generator = torch.Generator().manual_seed(3)
        noisy = torch.rand((2, 3, 16, 24), generator=generator)
        network(noisy, torch.full((2, 1, 1, 1), 0.1)).square().mean().backward()

    def change_of(self, network: UNet, name: str, rate: float) -> dict[str, torch.Tensor]:
        before = {layer: value.weight.detach().clone() for layer, value in network.layers.items()}
        self.gradients(network)
        Optimizer(network, name).step(rate)
        return {layer: value.weight.detach() - before[layer] for layer, value in network.layers.items()}

    def test_muon_moves_the_kernels_themselves_and_in_all_directions_alike(self):
        network = tiny_network(NetworkConfig(8, (1, 1, 1, 1, 1))).to(memory_format=torch.channels_last)
        changes = self.change_of(network, "muon", 1e-2)
        for layer in ("down0", "enc1_res0_a", "up0"):
            matrix = changes[layer].flatten(1)
            strengths = torch.linalg.svdvals(matrix) / (0.2 * max(matrix.shape) ** 0.5 * 2e-2)
            # The iteration that makes a step orthogonal leaves it at 0.7 to 1.2 by design.
            self.assertGreater(strengths.min().item(), 0.5, layer)
            self.assertLess(strengths.max().item(), 1.4, layer)

    def test_the_ends_are_left_to_adamw(self):
        config = NetworkConfig(8, (1, 1, 1, 1, 1))
        networks = [tiny_network(config).to(memory_format=torch.channels_last) for _ in range(2)]
        muon, adamw = (self.change_of(network, name, 1e-2) for network, name in zip(networks, ("muon", "adamw")))
        for layer in ("stem", "correction"):
            self.assertTrue(torch.equal(muon[layer], adamw[layer]))
        self.assertFalse(torch.equal(muon["down0"], adamw["down0"]))

    def test_kernels_that_would_be_copied_are_refused(self):
        with self.assertRaises(ValueError):
            Optimizer(tiny_network(NetworkConfig(8, (1, 1, 1, 1, 1))), "muon")

    def test_the_state_of_another_optimizer_is_refused(self):
        network = tiny_network().to(memory_format=torch.channels_last)
        with self.assertRaises(ValueError):
            Optimizer(network, "muon").restore(Optimizer(network, "adamw").state())


class SensorTest(unittest.TestCase):
    def test_without_noise_the_way_to_the_sensor_and_back_changes_nothing(self):
        random = numpy.random.default_rng(4)
        clean = random.integers(0, 256, (16, 20, 3), dtype=numpy.uint8)
        for _ in range(5):
            drawn = draw_camera(random)
            silent = Camera(drawn.to_camera, drawn.gains, drawn.contrast, 0, 0, drawn.demosaicing)
            light = seen_light(clean, silent)
            again = developed(light + sensor_noise(light, silent, random), silent)
            self.assertLess(numpy.abs(again - clean / 255).max(), 1e-3)

    def test_demosaicing_gives_a_plane_back(self):
        rows, columns = numpy.indices((12, 14))
        for plane in (numpy.ones((12, 14)), 2 * rows + 3 * columns):
            grey = numpy.repeat(plane[..., None], 3, 2).astype(numpy.float32)
            for kernels in (BILINEAR, MALVAR):
                inside = numpy.abs(demosaic(mosaic(grey), kernels) - grey)[2:-2, 2:-2]
                self.assertLess(inside.max(), 1e-4)

    def test_noise_of_a_sensor_is_smeared_and_stronger_in_the_shadows(self):
        random = numpy.random.default_rng(5)
        camera = Camera(numpy.eye(3), numpy.array([2.0, 1.0, 1.7]), False, 0.002, 0.0001, MALVAR)
        deviations = []
        for level in (60, 200):
            clean = numpy.full((64, 64, 3), level, numpy.uint8)
            light = seen_light(clean, camera)
            noise = developed(light + sensor_noise(light, camera, random), camera) - clean / 255
            halved = noise.reshape(32, 2, 32, 2, 3).mean((1, 3))
            self.assertGreater(2 * halved.std(), 1.2 * noise.std())
            deviations.append(noise.std())
        self.assertGreater(deviations[0], 1.5 * deviations[1])


class SmoothingTest(unittest.TestCase):
    def test_smoothing_keeps_the_mean_and_takes_the_noise(self):
        noise = numpy.random.default_rng(6).standard_normal((32, 32, 3)).astype(numpy.float32)
        self.assertLess(smoothed(noise, 1).std(), 0.4)
        self.assertLess(numpy.abs(smoothed(numpy.ones((9, 9, 3), numpy.float32), 1) - 1).max(), 1e-6)


class TrainingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.root = Path(cls.temporary.name)
        random = numpy.random.default_rng(3)
        for number in range(6):
            colours = random.integers(0, 256, (9, 12, 3), dtype=numpy.uint8)
            side = 500 if number == 0 else 200
            (cls.root / "data/made").mkdir(parents=True, exist_ok=True)
            Image.fromarray(colours).resize((side + 4, side), Image.Resampling.BICUBIC).save(
                cls.root / f"data/made/{number}.png"
            )
        pack(cls.root / "data", ["made"], cls.root / "packed", validation=0.2, seed=1)
        cls.pictures = Pictures(cls.root / "packed", "training")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_a_picture_and_its_half_are_on_the_same_side_of_the_split(self):
        entries = self.pictures.index["pictures"]
        self.assertEqual([e["scale"] for e in entries if e["file"] == "made/0.png"], [1, 0.5])
        for file in {e["file"] for e in entries}:
            self.assertEqual(len({e["split"] for e in entries if e["file"] == file}), 1)
        self.assertEqual({e["split"] for e in entries}, {"training", "validation"})

    def test_test_pictures_are_refused(self):
        (self.root / "bad/test").mkdir(parents=True)
        Image.new("RGB", (200, 200)).save(self.root / "bad/test/0.png")
        with self.assertRaises(SystemExit):
            pack(self.root / "bad", ["test"], self.root / "refused", validation=0.2, seed=1)

    def test_pictures_made_smaller_are_drawn_as_much_more_often_as_asked(self):
        def odds(pictures: Pictures) -> float:
            shares = numpy.diff(pictures.shares, prepend=0)
            smaller = numpy.array([entry["scale"] < 1 for entry in pictures.entries])
            return shares[smaller].sum() / shares[~smaller].sum()

        often = Pictures(self.root / "packed", "training", reduced=3)
        self.assertGreater(odds(self.pictures), 0)
        self.assertAlmostEqual(odds(often), 3 * odds(self.pictures))

    def test_packed_pixels_are_those_of_the_file(self):
        with Image.open(self.root / "data" / self.pictures.entries[-1]["file"]) as image:
            last = len(self.pictures.entries) - 1
            self.assertTrue(numpy.array_equal(self.pictures.pixels(last), numpy.asarray(image)))

    def test_the_same_seed_and_step_give_the_same_patches(self):
        crops = [random_crops(self.pictures, 4, 32, seed=1, step=step) for step in (7, 7, 8)]
        self.assertTrue(numpy.array_equal(crops[0], crops[1]))
        self.assertFalse(numpy.array_equal(crops[0], crops[2]))

    def test_noise_has_the_factor_told_and_some_of_the_patches_are_clipped(self):
        crops = numpy.full((400, 16, 16, 3), (128, 110, 140), numpy.uint8)
        batch = add_noise(crops, seed=1, step=0, device=torch.device("cpu"))
        self.assertLessEqual(batch.told.max().item(), HIGHEST_NOISE_FACTOR * 1.15)
        measured = (batch.noisy - batch.clean).std(dim=(1, 2, 3))
        told = batch.told.flatten()
        ratio = (measured / told)[told > 0.02]
        self.assertAlmostEqual(ratio.median().item(), 1, delta=0.02)
        whole_levels = (batch.noisy * 255 - (batch.noisy * 255).round()).abs().amax((1, 2, 3)) < 1e-3
        self.assertAlmostEqual(whole_levels.float().mean().item(), CLIPPED_SHARE, delta=0.1)

    def test_all_patches_are_grey_if_so_asked(self):
        crops = random_crops(self.pictures, 16, 32, seed=1, step=3)
        for share, expected in ((0, 0), (1, 16)):
            batch = add_noise(crops, 1, 3, torch.device("cpu"), share)
            grey = (batch.noisy == batch.noisy[:, :1]).flatten(1).all(1).sum().item()
            self.assertEqual(grey, expected)

    def test_all_patches_are_clipped_if_so_asked(self):
        crops = numpy.full((16, 32, 32, 3), 250, numpy.uint8)
        for share in (0, 1):
            batch = add_noise(crops, 1, 3, torch.device("cpu"), clipped_share=share)
            self.assertEqual(bool((batch.noisy > 1).any()), share == 0)

    def test_degraded_patches_follow_from_seed_and_step(self):
        first, again, other = (degraded(self.pictures, 4, 32, seed=1, step=step) for step in (7, 7, 8))
        self.assertTrue(torch.equal(first.noisy, again.noisy) and torch.equal(first.told, again.told))
        self.assertFalse(torch.equal(first.noisy, other.noisy))
        self.assertEqual(first.noisy.shape, (4, 3, 32, 32))
        self.assertEqual(first.told.shape, (4, 1, 1, 1))

    def test_each_kind_of_noise_is_there_and_centred(self):
        self.assertAlmostEqual(sum(KINDS.values()), 1)
        random = numpy.random.default_rng(7)
        for kind in KINDS:
            with unittest.mock.patch.dict(KINDS, {other: float(other == kind) for other in KINDS}):
                pairs = [degraded_patch(self.pictures, 48, random) for _ in range(12)]
            differences = numpy.stack([noisy - clean for clean, noisy in pairs])
            self.assertLess(abs(differences.mean()), 0.02, kind)
            silent = sum((clean == noisy).all() for clean, noisy in pairs)
            self.assertTrue(silent > 2 if kind == "clean" else silent <= 1, f"{kind}: {silent} without noise")

    def test_the_clean_answer_is_the_average_of_many_shots_but_for_white_noise(self):
        black = numpy.full((96, 96, 3), 2, numpy.uint8)
        for kind in ("poisson", "sensor", "grain"):
            for seed in range(4):
                noisy, average = MAKE[kind](black, numpy.random.default_rng(seed))
                self.assertGreater(average.mean(), 2 / 255, kind)
                self.assertAlmostEqual(average.mean(), noisy.clip(0, 1).mean(), delta=0.002, msg=kind)
        noisy, unchanged = MAKE["white"](black, numpy.random.default_rng(0))
        self.assertTrue((unchanged == black / numpy.float32(255)).all())

    def test_the_factor_told_is_that_of_the_noise_give_or_take(self):
        batches = [degraded(self.pictures, 8, 32, seed=2, step=step) for step in range(25)]
        truth = torch.cat([white_equivalent(b.noisy - b.clean).flatten() for b in batches])
        told = torch.cat([b.told.flatten() for b in batches])
        wrong = torch.log(told[truth > 0] / truth[truth > 0])
        self.assertAlmostEqual(wrong.mean().item(), 0, delta=0.1)
        self.assertAlmostEqual(wrong.std().item(), TOLD_DEVIATION, delta=0.08)
        self.assertLess(told[truth == 0].max().item(), 15 / 255)

    def test_smeared_noise_equals_white_noise_that_is_stronger_than_its_deviation(self):
        random = numpy.random.default_rng(8)
        noise = 0.1 * random.standard_normal((128, 128, 3)).astype(numpy.float32)

        def equivalent(image: numpy.ndarray) -> float:
            return white_equivalent(torch.from_numpy(image).permute(2, 0, 1)[None]).item()

        self.assertAlmostEqual(equivalent(noise), 0.1, delta=0.005)
        # Smearing takes less of the mean of 4 x 4 pixels than of the pixels.
        smeared = smoothed(noise, 1)
        self.assertLess(smeared.std(), 0.04)
        self.assertGreater(equivalent(smeared), 0.07)

    def arguments(self, out: str, *more: str) -> list[str]:
        return [
            str(self.root / "packed"),
            str(self.root / out),
            "--device",
            "cpu",
            "--batch",
            "2",
            "--patch",
            "32",
            *more,
        ]

    def train_for(self, run: Run, steps: int, args: argparse.Namespace) -> None:
        reports = train(run, self.pictures, Schedule(args), args)
        while run.step < steps:
            next(reports)
        reports.close()

    def test_a_run_put_aside_ends_as_one_that_was_not(self):
        more = ["--steps", "12", "--warm-up", "5", "--last-patch", "64", "--report-minutes", "0"]
        args = parse_arguments(self.arguments("whole", *more))
        (self.root / "whole").mkdir()
        whole = Run.prepare(args, ["made"])
        before = ask(whole.network)
        self.train_for(whole, 12, args)

        first = Run.prepare(args, ["made"])
        self.train_for(first, 7, args)
        first.save(self.root / "whole/checkpoint.pt")
        second = Run.restore(self.root / "whole/checkpoint.pt", first.settings, "cpu")
        self.train_for(second, 12, args)
        self.assertFalse(torch.equal(before, ask(whole.network)))
        for kind in ("network", "averaged"):
            self.assertTrue(torch.equal(ask(getattr(whole, kind)), ask(getattr(second, kind))))

    def test_a_run_on_photographs_put_aside_ends_as_one_that_was_not(self):
        args = parse_arguments(self.arguments("photo", "--noise", "photo", "--steps", "4", "--warm-up", "2"))
        whole, first = Run.prepare(args, ["made"]), Run.prepare(args, ["made"])
        self.train_for(whole, 4, args)
        self.train_for(first, 2, args)
        (self.root / "photo").mkdir()
        first.save(self.root / "photo/checkpoint.pt")
        second = Run.restore(self.root / "photo/checkpoint.pt", first.settings, "cpu")
        self.train_for(second, 4, args)
        self.assertTrue(torch.equal(ask(whole.averaged), ask(second.averaged)))
        scores = validate(second.averaged, self.pictures, second.device, "photo")
        self.assertTrue(all(math.isfinite(score) for score in scores.values()), scores)
        self.assertIn("psnr_photo_half", scores)

    def test_the_command_trains_and_goes_on_with_its_settings(self):
        def command(*more: str) -> None:
            call = [
                sys.executable,
                str(HERE / "train.py"),
                str(self.root / "packed"),
                str(self.root / "run"),
                *more,
            ]
            subprocess.run(call, check=True, capture_output=True)

        command("--steps", "3", "--batch", "2", "--patch", "32", "--device", "cpu", "--seed", "9")
        command("--resume", "--steps", "5", "--device", "cpu")
        log = [json.loads(line) for line in (self.root / "run/log.jsonl").read_text().splitlines()]
        self.assertEqual([line["step"] for line in log], [0, 0, 3, 3, 3, 5])
        settings = [line["settings"] for line in log if line["event"] == "start"]
        self.assertEqual(settings[1], {**settings[0], "steps": 5})
        self.assertTrue(all(math.isfinite(line["psnr_25"]) for line in log if line["event"] == "validation"))
        network, trained = load(self.root / "run/checkpoint.pt")
        self.assertEqual((network.config, trained["steps"], trained["seed"]), (SIZES["small"], 5, 9))


class EstimatorTest(unittest.TestCase):
    def test_what_is_written_tells_the_noise_of_the_blocks_it_was_fitted_to(self):
        random = numpy.random.default_rng(1)
        levels = numpy.exp(random.uniform(0, 3.5, 300))
        texture = numpy.maximum(0, random.normal(0, 2, (300, SCALES, 30, 1)))  # in half of the blocks
        blocks = numpy.log(levels)[:, None, None, None] + texture + 0.1 * random.standard_normal((300, SCALES, 30, READINGS))
        there = numpy.arange(30) < random.integers(20, 31, (300, SCALES, 1))
        kinds = numpy.full(300, "sensor")
        readings = Readings(torch.tensor(blocks).float(), torch.tensor(there), levels, kinds)
        with unittest.mock.patch("fit_estimator.STEPS", 600):
            network = fit(readings, seed=0)
        with tempfile.TemporaryDirectory() as folder:
            write(network, Path(folder) / "weights.ts")
            written = (Path(folder) / "weights.ts").read_text()
        asked = [self.as_the_product_does(written, *pair) for pair in zip(blocks, there, strict=True)]
        self.assertTrue(numpy.allclose(asked, told(network, readings), rtol=0.02, atol=0.02))
        self.assertLess(numpy.abs(numpy.log(numpy.array(asked) / levels)).mean(), 0.2)

    def as_the_product_does(self, written: str, blocks: numpy.ndarray, there: numpy.ndarray) -> float:
        """model/noise/estimate-hidden.ts, in levels, with the weights that were written."""

        def weights(name: str) -> list:
            text = re.search(rf"export const {name}[^=]*= (.*?);\n", written, re.DOTALL)[1]
            return json.loads(re.sub(r"(\w+): ", r'"\1": ', text))

        def layer(rows: list, values: numpy.ndarray) -> numpy.ndarray:
            return values @ numpy.array(rows)[:, :-1].T + numpy.array(rows)[:, -1]

        averages = []
        for scale, values, seen in zip(weights("scales"), blocks, there, strict=True):
            units = numpy.maximum(0, layer(scale["first"], values[seen]))
            kept, logits = numpy.maximum(0, layer(scale["values"], units)), layer([scale["weight"]], units)
            shares = numpy.exp(logits - logits.max())
            averages += [kept.mean(0), (kept * shares / shares.sum()).sum(0)]
        last = numpy.maximum(0, layer(weights("hidden"), numpy.concatenate(averages)))
        return numpy.sqrt(max(0, numpy.exp(2 * layer([weights("output")], last)[0]) - weights("least") ** 2))


if __name__ == "__main__":
    unittest.main()
