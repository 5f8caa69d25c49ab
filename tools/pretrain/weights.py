"""Trained networks on disk: checkpoints, the exported form the product reads, the first experiment's file."""

import json
from pathlib import Path

import numpy
import torch

from network import NetworkConfig, UNet


def load(path: Path) -> tuple[UNet, dict]:
    """The network and how it was trained. Of a checkpoint, the averaged weights."""
    if path.is_dir():
        return load_model(path) if (path / "model.json").exists() else load_exported(path)
    if path.suffix == ".npz":
        return load_trial(path), {"startedFrom": path.name}
    saved = torch.load(path, map_location="cpu", weights_only=True)
    network = UNet(NetworkConfig.from_json(saved["network"]))
    network.load_state_dict(saved["averaged"])
    trained = {
        "steps": saved["step"],
        "minutes": round(saved["seconds"] / 60, 1),
        "seed": saved["seed"],
        "sources": saved["sources"],
        "startedFrom": saved["started_from"],
        **{name: saved["settings"].get(name) for name in ("noise", "clipped", "batch", "patch", "rate")},
    }
    return network, trained


def tensors(network: UNet) -> list[tuple[str, numpy.ndarray]]:
    """Names and values as TensorFlow keeps them, in the order in which the network is built.

    Conv2D [kh, kw, in, out] from PyTorch's [out, in, kh, kw], Conv2DTranspose [kh, kw, out, in] from
    [in, out, kh, kw]: the same exchange of axes for both.
    """
    named = []
    for name, layer in network.layers.items():
        named.append((f"{name}/kernel", layer.weight.detach().cpu().numpy().transpose(2, 3, 1, 0)))
        named.append((f"{name}/bias", layer.bias.detach().cpu().numpy()))
    return named


def write_exported(folder: Path, network: UNet, trained: dict) -> None:
    """weights.bin (little-endian float32, tensor after tensor) and weights.json, which describes them."""
    folder.mkdir(parents=True, exist_ok=True)
    named = tensors(network)
    write_floats(folder / "weights.bin", [values for _, values in named])
    rows = [json.dumps({"name": name, "shape": list(values.shape)}) for name, values in named]
    description = [
        f'  "network": {json.dumps(network.config.to_json())},',
        f'  "trained": {json.dumps(trained)},',
        '  "tensors": [\n    ' + ",\n    ".join(rows) + "\n  ]",
    ]
    (folder / "weights.json").write_text("\n".join(["{", *description, "}"]) + "\n")


def write_floats(path: Path, arrays: list[numpy.ndarray]) -> None:
    path.write_bytes(b"".join(numpy.ascontiguousarray(values, "<f4").tobytes() for values in arrays))


def load_exported(folder: Path) -> tuple[UNet, dict]:
    description = json.loads((folder / "weights.json").read_text())
    network = UNet(NetworkConfig.from_json(description["network"]))
    fill(network, description["tensors"], numpy.fromfile(folder / "weights.bin", "<f4"))
    return network, description["trained"]


def load_model(folder: Path) -> tuple[UNet, dict]:
    """A model of the product: what ships, or what the app has trained."""
    card = json.loads((folder / "card.json").read_text())
    manifest = json.loads((folder / "model.json").read_text())["weightsManifest"]
    network = UNet(NetworkConfig.from_json(card["network"]))
    tensors = manifest[0]["weights"]
    half = any("quantization" in tensor for tensor in tensors)
    values = numpy.fromfile(folder / "weights.bin", "<f2" if half else "<f4").astype("<f4")
    fill(network, tensors, values)
    return network, {"startedFrom": card["id"]}


def fill(network: UNet, tensors: list[dict], values: numpy.ndarray) -> None:
    """Gives a network the values that lie tensor after tensor, in TensorFlow's order of axes."""
    state, offset = {}, 0
    for tensor in tensors:
        layer, kind = tensor["name"].split("/")
        count = int(numpy.prod(tensor["shape"]))
        array = values[offset : offset + count].reshape(tensor["shape"])
        offset += count
        if kind == "kernel":
            state[f"layers.{layer}.weight"] = torch.from_numpy(array.transpose(3, 2, 0, 1).copy())
        else:
            state[f"layers.{layer}.bias"] = torch.from_numpy(array.copy())
    network.load_state_dict(state)


def load_trial(path: Path) -> UNet:
    """The first experiment: short names, and a last layer that predicts the noise, not the correction."""
    levels = {"e1": "enc0", "e2": "enc1", "m": "middle", "f2": "dec1", "f1": "dec0"}
    single = {"i": "stem", "d1": "down0", "d2": "down1", "u2": "up1", "u1": "up0", "o": "correction"}
    state: dict[str, torch.Tensor] = {}
    with numpy.load(path) as arrays:
        for old_name, array in arrays.items():
            layer, *block, kind = old_name.split(".")
            name = f"{levels[layer]}_res{block[0]}_{block[1]}" if block else single[layer]
            sign = -1 if name == "correction" else 1
            state[f"layers.{name}.{kind}"] = torch.from_numpy(sign * array)
    counts = tuple(
        sum(f".{level}_res" in key and key.endswith("_a.weight") for key in state)
        for level in levels.values()
    )
    width, inputs = state["layers.stem.weight"].shape[:2]
    network = UNet(NetworkConfig(width, counts, inputs - 1))
    network.load_state_dict(state)
    return network
