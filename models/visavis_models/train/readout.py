"""The lip readers' last layers in closed form: what tells of held lips, and one talker's mouth.

    python -m visavis_models.train.readout DATA MODEL OUT [--talker grid]

What the reader has learned to hear holds more than its last layer, one for all talkers, gets out of it by descent: on a
talker with much capture a least-squares layer over the same features reads as well as a regression of his own. So the
layer is solved for once training is over, `sum over sources of share * mean |X D - lack|^2 + ridge |D|^2`, with `X` the
features, `D` the layer's change and `lack` what the reader lacks on that talker, and nothing on everybody else.

What tells that p, b, m hold the lips is a logistic regression on the same features: phones where they are known, and
captured lips that are apart, where nothing holds them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis_models.errors import InputError
from visavis_models.serve.layout import SPEECH
from visavis_models.train.captures import held_out
from visavis_models.train.closed_form import cross_entropy, least_squares, logistic, with_ones
from visavis_models.train.export import export
from visavis_models.train.exported import Exported
from visavis_models.train.model import CONTACTS, LipReader
from visavis_models.train.reading import APART_CM, measures
from visavis_models.train.regression import led
from visavis_models.train.scenes import AXES, MEASURED, N_STYLES, Scene, load_scenes

HOLD, SHARE = 0.3, 0.4  # of each of the others' sources, and of the talker
RIDGE = 0.01  # of the mean power of a feature
CONTACT_SHARE = {"": 1.0, "grid": 0.5, "facegood": 0.2}  # of what is authored and of captured lips apart
Array = NDArray[np.float64]


def refit(lips: LipReader, scale: Tensor, scenes: Sequence[Scene], talker: str) -> tuple[float, float]:
    """Change the last layer of a reader in place, for the channels that the talker's captures know.

    Args:
        scenes: to learn from; what is authored counts as one source.
        talker: a `source` among them.

    Returns:
        The talker's mean square error over these channels before and after, in units of `scale`.
    """
    picked, K = list(SPEECH), len(SPEECH)
    units = scale.numpy()[picked]
    known = next(scene.known for scene in scenes if scene.source == talker)[picked] > 0
    gram: dict[str, Array] = {}
    power, square, frames = np.zeros((1, 1)), 0.0, dict.fromkeys((*MEASURED, ""), 0)
    for scene in scenes:
        source = scene.source if scene.measured else ""
        for marked in (False, True) if scene.measured else (True,):
            features, read, gain = read_scene(lips, scene, marked)
            seen = np.asarray(scene.seen) > 0
            X = with_ones(features)[seen]
            gram[source] = gram.get(source, 0.0) + X.T @ X
            frames[source] += len(X)
            if source == talker:
                lack = (np.asarray(scene.motion, np.float64)[:, picked] / units - read)[seen]
                power = power + X.T @ (lack / gain)
                square += float((lack[:, known] ** 2).sum())
    total = sum((SHARE if name == talker else HOLD) / frames[name] * matrix for name, matrix in gram.items())
    change = least_squares(np.asarray(total), SHARE / frames[talker] * power, RIDGE) * known
    count = frames[talker] * known.sum()
    # |X D - lack|^2 from the sums, with the gains of the usual style near enough to 1
    after = square - 2 * float((change * power).sum()) + float(np.einsum("ic,ij,jc", change, gram[talker], change))
    with torch.no_grad():
        lips.out.weight[:K] += torch.from_numpy(change[:-1].T.astype(np.float32))
        lips.out.bias[:K] += torch.from_numpy(change[-1].astype(np.float32))
    return square / count, after / count


def refit_contact(lips: LipReader, scenes: Sequence[Scene]) -> tuple[float, float]:
    """Solve what tells of held lips, in place; returns its mean cross-entropy before and after."""
    gap = measures()[:, 0].numpy()
    heard: list[Array] = []
    told: list[Array] = []
    shares: list[Array] = []
    counts = dict.fromkeys(CONTACT_SHARE, 0)
    sources: list[str] = []
    for scene in scenes:
        features, _, _ = read_scene(lips, scene, marked=not scene.measured)
        kept = np.asarray(scene.motion, np.float32) @ gap > APART_CM if scene.measured else np.full(len(scene), True)
        if not (scene.measured or scene.phones) or not kept.any():
            continue
        wanted = np.zeros(len(scene)) if scene.measured else np.clip(np.asarray(scene.closure, np.float64), 0, 1)
        heard.append(with_ones(features)[kept])
        told.append(wanted[kept])
        sources.append(scene.source if scene.measured else "")
        counts[sources[-1]] += int(kept.sum())
    for source, rows in zip(sources, told, strict=True):
        shares.append(np.full(len(rows), CONTACT_SHARE[source] / counts[source]))
    X, y, w = np.concatenate(heard), np.concatenate(told), np.concatenate(shares)
    layer = lips.out
    begin = np.append(layer.weight[-CONTACTS].detach().numpy(), layer.bias[-CONTACTS].item()).astype(np.float64)
    at = logistic(X, y, w, begin, RIDGE)
    with torch.no_grad():
        layer.weight[-CONTACTS] = torch.from_numpy(at[:-1].astype(np.float32))
        layer.bias[-CONTACTS] = float(at[-1])
    return cross_entropy(X @ begin, y, w) / w.sum(), cross_entropy(X @ at, y, w) / w.sum()


@torch.no_grad()
def read_scene(lips: LipReader, scene: Scene, marked: bool) -> tuple[Array, Array, Array]:
    """What the last layer hears [T, D], what is read [T, K], and the channels' gains [K], with or without marks."""
    style = scene.style * ((np.arange(N_STYLES) < len(AXES)) | marked)
    who = torch.from_numpy(np.concatenate([style, scene.emotion, [1, 1]]).astype(np.float32))[None]
    mel = torch.from_numpy(led(np.asarray(scene.mel, np.float32)))[None]
    heard: list[Tensor] = []
    hook = lips.out.register_forward_hook(lambda _module, given, _out: heard.append(given[0]))
    mouth, _ = lips(mel, torch.ones(1, len(scene)), who)
    hook.remove()
    gain, _ = lips.manner(who)[0].chunk(2)
    return heard[0][0].double().numpy(), mouth[0].double().numpy(), 1.0 + gain.double().numpy()


def arguments(description: str | None) -> argparse.ArgumentParser:
    """What a command is told that solves for layers of an exported model on scenes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder made by visavis_models.train.studio")
    parser.add_argument("model", type=Path, help="folder of an exported model")
    parser.add_argument("out", type=Path, help="folder for the new one; may be the same")
    return parser


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--talker", choices=MEASURED, help="solve for this talker's mouth, too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    scenes = load_scenes(options.data, lambda scene: scene.split == "train" and not held_out(scene.name))
    if options.talker and not any(scene.source == options.talker for scene in scenes):
        raise InputError(f"{options.data}: no scenes of {options.talker} there; make them with --captures")
    model = Exported.load(options.model)
    for lips in model.net.hearing.lips.members:
        if options.talker:
            before, after = refit(lips, model.scale, scenes, options.talker)
            print(f"{options.talker}: mean square error {before:.3f} -> {after:.3f} over what it learned from")
        before, after = refit_contact(lips, scenes)
        print(f"held lips: mean cross-entropy {before:.3f} -> {after:.3f}")
    training = model.training | {"readout": options.talker or "held lips"}
    export(model.net, model.scale, training, options.out, model.gain)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"visavis: {error}")
