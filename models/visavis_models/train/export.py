"""Export a trained motion model for serving: two ONNX graphs, weights as safetensors, and a card.

    python -m visavis_models.train.export RUN [--out models/visavis_models/assets] [--teacher]

Weights are rounded to half precision first, so that the safetensors file and the graphs hold the very same numbers. The
graphs keep them as halves and widen them when they are loaded: half the size, the same numbers, the same speed.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from torch import Tensor, nn

from visavis_models.errors import InputError
from visavis_models.serve.chance import N_IMPULSES
from visavis_models.serve.cues import N_PHRASE, N_TONE
from visavis_models.serve.emotion import EMOTIONS
from visavis_models.serve.layout import ANCHORS, SPAN, SPAN_MELS, SPEECH, WINDOW
from visavis_models.serve.mel import BANDS, MELS_PER_FRAME
from visavis_models.serve.motion import ASSETS, AUDIO_GRAPH, CARD, DENOISE_GRAPH
from visavis_models.spec import MOTION_NAMES, N_MOTION
from visavis_models.train.exported import WEIGHTS
from visavis_models.train.model import CONTACTS, N_TOLD, MotionNet
from visavis_models.train.run import CHECKPOINT, TEACHER, load_trained
from visavis_models.train.scenes import N_STYLES, STYLES

OPSET = 17
HALVED_SIZE = 256  # numbers; smaller weights stay as they are


def example_inputs(net: MotionNet) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Inputs of the audio graph and of the denoising graph, by name, with their shapes for one stream."""
    who = {
        "emotion": torch.zeros(1, len(EMOTIONS)),
        "style": torch.zeros(1, N_STYLES),
        "told": torch.ones(1, N_TOLD),
    }
    audio = {"mel": torch.randn(1, SPAN_MELS, BANDS), "known": torch.ones(1, SPAN), **who}
    denoise = {
        "anchors": torch.randn(1, ANCHORS, N_MOTION),
        "anchor_known": torch.ones(1, ANCHORS),
        "noisy": torch.randn(1, WINDOW, N_MOTION),
        "features": torch.randn(1, SPAN, net.config["dim"] + len(SPEECH) + CONTACTS),
        "user_mel": torch.randn(1, ANCHORS, BANDS * MELS_PER_FRAME),
        "user_motion": torch.randn(1, ANCHORS, N_MOTION),
        "user_known": torch.ones(1, ANCHORS, 2),
        "phrase": torch.rand(1, WINDOW, N_PHRASE),
        "tone": torch.randn(1, WINDOW, N_TONE),
        "impulses": torch.rand(1, WINDOW, N_IMPULSES),
        **who,
        "level": torch.full((1,), 0.5),
    }
    return audio, denoise


def export(
    net: MotionNet, scale: Tensor, about: dict[str, Any], out: Path, gain: Mapping[str, float] | None = None
) -> None:
    """Write graphs, weights and card into `out`; `gain`: factors on what is shown, by channel."""
    out.mkdir(parents=True, exist_ok=True)
    net = net.half().float().eval()
    audio, denoise = example_inputs(net)
    _write_graph(net.hearing, audio, "features", out / AUDIO_GRAPH)
    _write_graph(net, denoise, "clean", out / DENOISE_GRAPH)
    save_file({name: value.half().contiguous() for name, value in net.state_dict().items()}, out / WEIGHTS)
    (out / WEIGHTS).chmod(0o644)
    card = {
        "format": 3,
        "config": net.config,
        "names": list(MOTION_NAMES),
        "emotions": list(EMOTIONS),
        "styles": list(STYLES),
        "scale": [round(value, 6) for value in scale.tolist()],
        "training": about,
    }
    if gain:
        card["gain"] = dict(gain)
    (out / CARD).write_text(json.dumps(card, indent=1) + "\n")


def _write_graph(module: nn.Module, inputs: dict[str, Tensor], output: str, path: Path) -> None:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter that needs no further package says that a newer one exists
        torch.onnx.export(
            module, tuple(inputs.values()), str(path), input_names=list(inputs), output_names=[output],
            opset_version=OPSET, dynamo=False,
        )  # fmt: skip
    _halve(path)


def _halve(path: Path) -> None:
    """Keep a graph's larger weights as halves, each behind a cast that ONNX Runtime folds away when it loads it."""
    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        wide = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or wide.size < HALVED_SIZE or (wide != wide.astype(np.float16)).any():
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(wide.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a training run")
    parser.add_argument("--out", type=Path, default=ASSETS)
    parser.add_argument("--teacher", action="store_true", help="the weights before distillation")
    options = parser.parse_args()
    net, scale, about = load_trained(options.run / (TEACHER if options.teacher else CHECKPOINT))
    export(net, scale, about, options.out)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"visavis: {error}")
