"""The readers' last layers once they were refined: captured voices read as before, rounding, contacts, in closed form.

What readers hear has moved, so what they read of captured voices has moved with it. With `X` what all of them hear of
a frame, `D` the change of their last layers and `lack` what they lack of what they read before, each channel is solved
for as `sum over captures of share * mean |X D - lack|^2 + share * mean |X D|^2 of what is authored + ridge |D|^2`;
pucker and funnel take what is authored for a lack of their own, in which a round mouth counts many times. What tells
of contacts is a logistic regression by Newton's method, pulled to the layers that there are: phones where they are
known, and of captured lips those that are as good as closed where a contact is overheard, and those that are apart.
What tells of rounding is solved for like that, too (`tell_rounding`): descent alone took many sounds of GRID's talker
for round ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from visavis_models.serve.layout import SPEECH
from visavis_models.spec import INDEX
from visavis_models.train.closed_form import least_squares, logistic, with_ones
from visavis_models.train.model import TOUCHING, LipReader, LipReaders
from visavis_models.train.mouth import near
from visavis_models.train.reading import measures
from visavis_models.train.readout import read_scene
from visavis_models.train.scenes import Scene

Array = NDArray[np.float64]
FloatArray = NDArray[np.float32]

HOLD = {"facegood": 2.0, "grid": 1.5, "": 0.3}  # shares of captures, and of what is authored and stays
RIDGE = 0.003
ROUNDED = [SPEECH.index(INDEX[name]) for name in ("mouthPucker", "mouthFunnel")]
ROUND, ROUND_WEIGHT = 0.25, 11.0  # pucker and funnel from which on a mouth is round, and how often it counts
CONTACT_SHARE = {"": 1.0, "grid": 0.7, "facegood": 0.15}
CONTACT_RIDGE = 0.01
# of what is authored, where a round mouth counts twice, and of captures: sums of pucker and funnel over which lips are
# round, and under which they are not. Captured voices must not be taken for round ones, nor natural ones for captured
ROUND_SHARE, ROUND_COUNTS = {"": 1.0, "grid": 0.3, "facegood": 0.4}, 2.0
CAPTURED_ROUND = {"grid": (0.5, 0.4), "facegood": (0.62, 0.5)}
ALVEOLAR, ALVEOLAR_WEIGHT, BITE_WEIGHT, KOKORO_WEIGHT = "ntdɾ", 4.0, 3.0, 1.5
APART_CM, HELD_CM, AT_TEETH_CM = 0.2, 0.14, 0.3  # gaps over which lips are apart, under which they may touch
NONE, HELD, AT_TEETH = 0.15, 0.4, 0.5  # of what is overheard


@dataclass(frozen=True)
class Heard:
    """Of one scene: what all readers hear [T, D + 1], what they lack of the channels [T, K], what counts of it [T]."""

    scene: Scene
    X: Array
    lack: Array
    seen: NDArray[np.bool_]

    @property
    def source(self) -> str:
        return self.scene.source if self.scene.measured else ""


def settle(
    lips: LipReaders, before: LipReaders, units: FloatArray, scenes: Sequence[Scene], heard: Mapping[str, FloatArray]
) -> None:
    """Change the readers' last layers in place.

    Args:
        before: the readers whose reading of captures is kept.
        units: of the readers' motion, [60].
        scenes: captures, and some that are authored.
        heard: how far lips are held, and the lower lip is at the teeth, by name of a capture: [T, 2].
    """
    rows = [_hear(lips, before, units, scene) for scene in scenes]
    mouth, contact = _mouth(rows), _contact(lips, rows, heard)
    K = len(SPEECH)
    for member, part in _parts(lips):
        with torch.no_grad():
            for layer, change in ((slice(0, K), mouth), (slice(K, K + TOUCHING), contact)):
                member.out.weight[layer] += torch.from_numpy((change[part].T * len(lips.members)).astype(np.float32))
                member.out.bias[layer] += torch.from_numpy(change[-1].astype(np.float32))


def tell_rounding(lips: LipReaders, scenes: Sequence[Scene]) -> None:
    """Solve what tells that lips are round, in place: phones where they are known, else what is captured."""
    X, y, w = [], [], []
    for scene in scenes:
        X.append(with_ones(_read(lips, scene)[0]).astype(np.float32))
        told, weight = known_rounding(scene)
        y.append(told)
        w.append(weight)
    sources = [scene.source if scene.measured else "" for scene in scenes]
    for source, share in ROUND_SHARE.items():
        own = [k for k, name in enumerate(sources) if name == source]
        total = sum(float(w[k].sum()) for k in own)
        for k in own:
            w[k] *= share / total
    begin = _layers(lips, slice(-1, None))[:, 0]
    solved = logistic(np.concatenate(X), np.concatenate(y), np.concatenate(w), begin, CONTACT_RIDGE)
    with torch.no_grad():
        for member, part in _parts(lips):
            member.out.weight[-1] = torch.from_numpy((solved[part] * len(lips.members)).astype(np.float32))
            member.out.bias[-1] = float(solved[-1])


def _parts(lips: LipReaders) -> Iterator[tuple[LipReader, slice]]:
    """Each reader, and which of what all of them hear is its own."""
    begin = 0
    for member in lips.members:
        yield member, slice(begin, begin + member.out.in_features)
        begin += member.out.in_features


def known_rounding(scene: Scene) -> tuple[Array, Array]:
    """Whether lips are round, by phones or by what is captured [T], and how much that counts [T], 0 where unsure."""
    if not scene.measured:
        told = np.asarray(scene.contact[:, TOUCHING], np.float64)
        return told, 1.0 + (ROUND_COUNTS - 1.0) * told
    above, below = CAPTURED_ROUND[scene.source]
    amount = _rounding(scene)
    known = ((amount > above) | (amount < below)) & (np.asarray(scene.seen) > 0)
    return (amount > above).astype(np.float64), known.astype(np.float64)


def _hear(lips: LipReaders, before: LipReaders, units: FloatArray, scene: Scene) -> Heard:
    features, read, gain = _read(lips, scene)
    picked = list(SPEECH)
    wanted = (
        _read(before, scene)[1] if scene.measured else np.asarray(scene.motion, np.float64)[:, picked] / units[picked]
    )
    X = with_ones(features)
    return Heard(scene, X, (wanted - read) / gain, np.asarray(scene.seen) > 0)


def _read(lips: LipReaders, scene: Scene) -> tuple[Array, Array, Array]:
    """What all readers hear, side by side, and means of what they read and of their gains."""
    features, read, gain = zip(*(read_scene(member, scene, marked=False) for member in lips.members), strict=True)
    return np.concatenate(features, axis=1), np.mean(read, axis=0), np.mean(gain, axis=0)


def _mouth(rows: Sequence[Heard]) -> Array:
    """Change of the layers of the mouth, [D + 1, K]."""
    ones = [np.where(row.seen, 1.0, 0.0) for row in rows]
    gram, power = _sums(rows, ones)
    kept = [name for name in gram if name]
    out = least_squares(
        np.asarray(sum(HOLD[name] * matrix for name, matrix in gram.items())),
        np.asarray(sum(HOLD[name] * power[name] for name in kept)),
        RIDGE,
    )
    authored = [row for row in rows if not row.source]
    heavy = [1.0 + (ROUND_WEIGHT - 1.0) * (_rounding(row.scene) > ROUND) for row in authored]
    round_gram, round_power = _sums(authored, heavy)
    gram, power = gram | round_gram, power | round_power
    solved = least_squares(np.asarray(sum(gram.values())), np.asarray(sum(power.values())), RIDGE)
    out[:, ROUNDED] = solved[:, ROUNDED]
    return out


def _sums(rows: Sequence[Heard], weights: Sequence[Array]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Means by source of the outer product of what is heard, and of it with what lacks."""
    gram: dict[str, Array] = {}
    power: dict[str, Array] = {}
    for source in dict.fromkeys(row.source for row in rows):
        own = [(row, weight) for row, weight in zip(rows, weights, strict=True) if row.source == source]
        total = sum(float(weight.sum()) for _, weight in own)
        gram[source] = np.asarray(sum((row.X * weight[:, None]).T @ row.X for row, weight in own)) / total
        power[source] = np.asarray(sum((row.X * weight[:, None]).T @ row.lack for row, weight in own)) / total
    return gram, power


def _rounding(scene: Scene) -> Array:
    return np.asarray(scene.motion, np.float64)[:, [SPEECH[k] for k in ROUNDED]].sum(axis=1)


def _contact(lips: LipReaders, rows: Sequence[Heard], heard: Mapping[str, FloatArray]) -> Array:
    """Change of the layers of contact, [D + 1, 2]."""
    told, weights = zip(*(_contacts(row, heard) for row in rows), strict=True)
    for source, share in CONTACT_SHARE.items():
        own = [k for k, row in enumerate(rows) if row.source == source]
        total = sum(float(weights[k][:, 0].sum()) for k in own)
        for k in own:
            weights[k][:] *= share / total
    X = np.concatenate([row.X for row in rows]).astype(np.float32)
    y, w = np.concatenate(told), np.concatenate(weights)
    begin = _layers(lips, slice(len(SPEECH), len(SPEECH) + TOUCHING))
    solved = [logistic(X, y[:, c], w[:, c], begin[:, c], CONTACT_RIDGE) for c in range(TOUCHING)]
    return np.stack(solved, axis=1) - begin


def _layers(lips: LipReaders, rows: slice) -> Array:
    """Rows of the readers' last layers as one layer on what all of them hear: [D + 1, rows]."""
    layers = [(member.out.weight[rows], member.out.bias[rows]) for member in lips.members]
    weights = [weight.detach().double().numpy().T for weight, _ in layers]
    bias = sum(bias.detach().double().numpy() for _, bias in layers)
    return np.concatenate([*weights, bias[None]]) / len(layers)


def _contacts(row: Heard, heard: Mapping[str, FloatArray]) -> tuple[Array, Array]:
    """Whether lips are held and bitten [T, 2], and how much either answer weighs, 0 where nobody knows."""
    scene, T = row.scene, len(row.X)
    if not scene.measured:
        told = np.clip(np.asarray(scene.contact[:, :TOUCHING], np.float64), 0, 1)
        alveolar = near(scene.phones, ALVEOLAR, T) & (told[:, 0] < 0.05)
        weight = np.stack([1.0 + (ALVEOLAR_WEIGHT - 1.0) * alveolar, 1.0 + (BITE_WEIGHT - 1.0) * (told[:, 1] > 0.5)], 1)
        return told, weight * (KOKORO_WEIGHT if scene.source == "kokoro" else 1.0)
    gap = np.asarray(scene.motion, np.float32) @ measures()[:, 0].numpy()
    said = heard.get(scene.name, np.full((T, 2), 0.5 * (NONE + HELD), np.float32))
    told = np.stack([(said[:, 0] > HELD) & (gap < HELD_CM), (said[:, 1] > AT_TEETH) & (gap < AT_TEETH_CM)], 1)
    none = np.stack([0.7 * ((gap > APART_CM) | (said[:, 0] < NONE)), 0.5 * (said[:, 1] < NONE)], 1)
    return told.astype(np.float64), np.where(told, 1.0, none) * row.seen[:, None]
