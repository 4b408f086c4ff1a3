"""Mouth motion authored from phones: a dominance-function model of coarticulation.

After M. M. Cohen and D. W. Massaro, Modeling coarticulation in synthetic visual speech (1993): every phone s has a
target T_s and a dominance over each articulator, `D_s(t) = a_s exp(-|tau| / r)`, where tau is the time to the phone's
middle part; the face at time t is `sum D_s T_s / sum D_s`. The targets are ours: they are authored, not measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import FPS, INDEX, N_MOTION
from visavis_models.train.voice import Phone

FloatArray = NDArray[np.float32]

# articulator: seconds in which its dominance falls to 1/e before and after a phone (rounding runs ahead)
REACH_S = {
    "jaw": (0.045, 0.045),
    "round": (0.12, 0.07),
    "lips": (0.05, 0.05),
    "seal": (0.03, 0.03),
    "tongue": (0.05, 0.05),
}
CHANNELS = {
    "jaw": ("jawOpen",),
    "round": ("mouthPucker", "mouthFunnel"),
    "lips": (
        "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "mouthStretchLeft",
        "mouthStretchRight",
    ),
    "seal": ("mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper"),
    "tongue": ("tongueUp", "tongueOut"),
}  # fmt: skip
# class: dominance of (jaw, round, lips, seal, tongue)
DOMINANCE = {
    "silence": (1.6, 0.7, 1.5, 1.5, 0.6),
    "bilabial": (1.4, 0.1, 2.0, 6.0, 0.1),
    "labiodental": (1.8, 0.3, 3.0, 5.0, 0.1),
    "dental": (1.2, 0.1, 0.8, 1.0, 3.0),
    "alveolar": (0.8, 0.1, 0.5, 1.0, 3.0),
    "sibilant": (1.4, 0.15, 1.2, 1.0, 1.5),
    "palatal": (1.5, 1.2, 1.0, 1.0, 1.5),
    "velar": (0.9, 0.1, 0.3, 1.0, 0.8),
    "breath": (0.1, 0.05, 0.1, 1.0, 0.1),
    "liquid": (0.7, 0.5, 0.5, 1.0, 3.0),
    "glide": (1.3, 2.0, 0.8, 1.0, 0.6),
    "vowel": (1.4, 1.0, 0.9, 1.0, 0.6),
}
_ZERO = ("silence", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
# phone: class, jaw, pucker, funnel, lower lip down, upper lip up, stretch, tongue up, tongue out
SHAPES: dict[str, tuple[str, float, float, float, float, float, float, float, float]] = {
    "_": _ZERO,
    **dict.fromkeys("pbm", ("bilabial", 0.01, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    **dict.fromkeys("fv", ("labiodental", 0.07, 0.0, 0.05, 0.0, 0.16, 0.05, 0.0, 0.0)),
    **dict.fromkeys("θð", ("dental", 0.14, 0.0, 0.0, 0.14, 0.08, 0.05, 0.55, 0.25)),
    **dict.fromkeys("tdnTɾ", ("alveolar", 0.11, 0.0, 0.0, 0.13, 0.06, 0.05, 0.75, 0.0)),
    **dict.fromkeys("szʦʣ", ("sibilant", 0.06, 0.0, 0.0, 0.22, 0.12, 0.2, 0.4, 0.0)),
    **dict.fromkeys("ʃʒʧʤ", ("palatal", 0.09, 0.25, 0.45, 0.22, 0.16, 0.0, 0.45, 0.0)),
    **dict.fromkeys("kɡŋ", ("velar", 0.18, 0.0, 0.0, 0.12, 0.06, 0.04, 0.15, 0.0)),
    "h": ("breath", 0.22, 0.0, 0.0, 0.10, 0.05, 0.0, 0.0, 0.0),
    "ʔ": ("breath", 0.15, 0.0, 0.0, 0.05, 0.0, 0.0, 0.0, 0.0),
    "l": ("liquid", 0.18, 0.0, 0.0, 0.16, 0.08, 0.05, 0.85, 0.0),
    "ɹ": ("liquid", 0.15, 0.30, 0.25, 0.12, 0.06, 0.0, 0.40, 0.0),
    "w": ("glide", 0.09, 0.75, 0.20, 0.0, 0.0, 0.0, 0.0, 0.0),
    "j": ("glide", 0.13, 0.0, 0.0, 0.16, 0.10, 0.15, 0.40, 0.0),
    "i": ("vowel", 0.15, 0.0, 0.0, 0.20, 0.15, 0.25, 0.25, 0.0),
    "ɪ": ("vowel", 0.20, 0.0, 0.0, 0.18, 0.11, 0.14, 0.15, 0.0),
    "ᵻ": ("vowel", 0.17, 0.0, 0.0, 0.15, 0.08, 0.10, 0.15, 0.0),
    "ɛ": ("vowel", 0.34, 0.0, 0.0, 0.19, 0.12, 0.12, 0.05, 0.0),
    "æ": ("vowel", 0.46, 0.0, 0.0, 0.22, 0.15, 0.16, 0.0, 0.0),
    "a": ("vowel", 0.48, 0.0, 0.0, 0.18, 0.12, 0.08, 0.0, 0.0),
    "ɑ": ("vowel", 0.52, 0.0, 0.05, 0.15, 0.10, 0.0, 0.0, 0.0),
    "ɒ": ("vowel", 0.46, 0.10, 0.25, 0.10, 0.08, 0.0, 0.0, 0.0),
    "ɔ": ("vowel", 0.42, 0.20, 0.40, 0.08, 0.08, 0.0, 0.0, 0.0),
    "ʌ": ("vowel", 0.38, 0.0, 0.0, 0.16, 0.10, 0.05, 0.0, 0.0),
    "ə": ("vowel", 0.22, 0.0, 0.0, 0.12, 0.07, 0.04, 0.0, 0.0),
    "ᵊ": ("vowel", 0.15, 0.0, 0.0, 0.10, 0.05, 0.0, 0.10, 0.0),
    "ɐ": ("vowel", 0.28, 0.0, 0.0, 0.14, 0.08, 0.04, 0.0, 0.0),
    "ɜ": ("vowel", 0.26, 0.25, 0.20, 0.12, 0.08, 0.0, 0.20, 0.0),
    "ɚ": ("vowel", 0.20, 0.22, 0.18, 0.10, 0.06, 0.0, 0.30, 0.0),
    "ʊ": ("vowel", 0.20, 0.42, 0.22, 0.04, 0.04, 0.0, 0.0, 0.0),
    "u": ("vowel", 0.13, 0.70, 0.22, 0.0, 0.02, 0.0, 0.0, 0.0),
    "o": ("vowel", 0.32, 0.40, 0.38, 0.04, 0.05, 0.0, 0.0, 0.0),
    "y": ("vowel", 0.12, 0.66, 0.18, 0.02, 0.03, 0.0, 0.20, 0.0),
    "ø": ("vowel", 0.24, 0.50, 0.24, 0.05, 0.05, 0.0, 0.10, 0.0),
    "e": ("vowel", 0.30, 0.0, 0.0, 0.19, 0.12, 0.16, 0.10, 0.0),
}
DIPHTHONGS = {"A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "əʊ", "W": "aʊ", "Y": "ɔɪ"}
SEAL = {"bilabial": (0.30, 0.18, 0.18), "labiodental": (0.0, 0.45, 0.0)}  # press, lower roll, upper roll
BITE_JAW = 0.06  # at most this far open
BITE = {"mouthRollLower": 0.5, "mouthUpperUpLeft": 0.18, "mouthUpperUpRight": 0.18}
CLOSING_S, RELEASE_S = 0.04, 0.025  # lips meet more slowly than they spring apart
CLOSURE_MIN_S = 0.07
NEAR_S = 0.02
ROUND_PUCKER = 0.33  # from which on a mouth is round: u, ʊ and w, and what lies between o and them


def split_diphthongs(phones: Sequence[Phone]) -> list[Phone]:
    """A diphthong is two targets, the first over three fifths of its time."""
    out: list[Phone] = []
    for phone in phones:
        pair = DIPHTHONGS.get(phone.symbol)
        if pair is None:
            out.append(phone)
            continue
        middle = phone.begin + 0.6 * (phone.end - phone.begin)
        out.append(Phone(pair[0], phone.begin, middle, phone.stress))
        out.append(Phone(pair[1], middle, phone.end, phone.stress))
    return out


def author_mouth(phones: Sequence[Phone], frames: int, *, amplitude: float = 1.0, rounding: float = 1.0) -> FloatArray:
    """Mouth channels for `frames` frames of speech, each at its middle.

    Args:
        phones: they may leave gaps (silence).
        frames: T.
        amplitude: factor on opening, spreading and tongue; closures stay closed.
        rounding: factor on pucker and funnel.

    Returns:
        float32 [T, 60], the other channels zero.
    """
    phones = split_diphthongs([p for p in phones if p.symbol in SHAPES or p.symbol in DIPHTHONGS])
    motion = np.zeros((frames, N_MOTION), np.float32)
    if not phones:
        return motion
    t = (np.arange(frames) + 0.5)[:, None] / FPS
    targets = np.stack([_target(p, amplitude, rounding) for p in phones])
    strengths = np.array([DOMINANCE[SHAPES[p.symbol][0]] for p in phones])
    for column, (name, (ahead, behind)) in enumerate(REACH_S.items()):
        dominance = strengths[:, column] * _fall(phones, t, ahead, behind)
        rest = 0.02  # far from any phone the face is neutral
        picked = [INDEX[channel] for channel in CHANNELS[name]]
        motion[:, picked] = (dominance @ targets[:, picked]) / (dominance.sum(axis=1, keepdims=True) + rest)
    return _closed(_bitten(motion, bite(phones, frames)), closure(phones, frames))


def closure(phones: Sequence[Phone], frames: int) -> FloatArray:
    """How far p, b and m hold the lips together at each frame's middle: [T], 1 throughout the closure, soft edges."""
    return _held("pbm", phones, frames)


def bite(phones: Sequence[Phone], frames: int) -> FloatArray:
    """How far f and v hold the lower lip to the upper teeth at each frame's middle: [T], soft edges."""
    return _held("fv", phones, frames)


def rounding(phones: Sequence[Phone], frames: int) -> FloatArray:
    """1 at the frames where the usual mouth is pushed forward as for u and w, else 0: [T]."""
    return (author_mouth(phones, frames)[:, INDEX["mouthPucker"]] > ROUND_PUCKER).astype(np.float32)


def near(phones: Sequence[Phone], symbols: str, frames: int) -> NDArray[np.bool_]:
    """In which frames one of these sounds is heard, or one begins or ends within `NEAR_S`: [T]."""
    t = (np.arange(frames) + 0.5) / FPS
    out = np.zeros(frames, bool)
    for phone in phones:
        if phone.symbol in symbols:
            out |= (t >= phone.begin - NEAR_S) & (t < phone.end + NEAR_S)
    return out


def _held(symbols: str, phones: Sequence[Phone], frames: int) -> FloatArray:
    t = (np.arange(frames) + 0.5) / FPS
    held = np.zeros(frames, np.float32)
    for phone in phones:
        if phone.symbol not in symbols:
            continue
        spare = max(0.0, CLOSURE_MIN_S - (phone.end - phone.begin)) / 2
        outside = np.maximum((phone.begin - spare - t) / CLOSING_S, (t - phone.end - spare) / RELEASE_S)
        held = np.maximum(held, 0.5 + 0.5 * np.cos(np.pi * np.clip(outside, 0, 1)))
    return held.astype(np.float32)


def _target(phone: Phone, amplitude: float, rounding: float) -> FloatArray:
    """A phone's target in the face space, [60]."""
    kind, jaw, pucker, funnel, down, up, stretch, tongue, out = SHAPES[phone.symbol]
    gain = amplitude * ((1.05 + 0.35 * phone.stress) if kind == "vowel" else 1.0)
    press, lower, upper = SEAL.get(kind, (0.0, 0.0, 0.0))
    target = np.zeros(N_MOTION, np.float32)
    values = {
        "jawOpen": gain * jaw, "mouthPucker": rounding * pucker, "mouthFunnel": rounding * funnel,
        "mouthLowerDownLeft": gain * down, "mouthLowerDownRight": gain * down, "mouthUpperUpLeft": gain * up,
        "mouthUpperUpRight": gain * up, "mouthStretchLeft": gain * stretch, "mouthStretchRight": gain * stretch,
        "mouthPressLeft": press, "mouthPressRight": press, "mouthRollLower": lower, "mouthRollUpper": upper,
        "tongueUp": tongue, "tongueOut": out,
    }  # fmt: skip
    for name, value in values.items():
        target[INDEX[name]] = min(value, 1.0)
    return target


def _fall(phones: Sequence[Phone], t: NDArray[np.float64], ahead: float, behind: float) -> NDArray[np.float64]:
    """`exp(-|tau| / r)` of the time to each phone's middle half, r different before and after it: [T, P]."""
    begin, end = (np.array([getattr(p, side) for p in phones]) for side in ("begin", "end"))
    quarter = (end - begin) / 4
    early, late = np.maximum(begin + quarter - t, 0), np.maximum(t - end + quarter, 0)
    return np.exp(-early / ahead - late / behind)


def _bitten(motion: FloatArray, held: FloatArray) -> FloatArray:
    """The lower lip rolls in and rises to the teeth while f and v hold it; the upper lip makes room."""
    motion[:, [INDEX["mouthLowerDownLeft"], INDEX["mouthLowerDownRight"]]] *= 1.0 - 0.95 * held[:, None]
    motion[:, INDEX["jawOpen"]] *= 1.0 - held * (1.0 - np.minimum(1.0, BITE_JAW / (motion[:, INDEX["jawOpen"]] + 1e-6)))
    for name, value in BITE.items():
        column = INDEX[name]
        motion[:, column] = np.maximum(motion[:, column], value * held)
    return motion


def _closed(motion: FloatArray, held: FloatArray) -> FloatArray:
    """Lips meet fully while p, b or m hold them: what parts them fades by as much as they are held."""
    parting = [INDEX[c] for name in ("jaw", "lips") for c in CHANNELS[name] if "Stretch" not in c]
    motion[:, parting] *= 1.0 - 0.95 * held[:, None]
    motion[:, INDEX["mouthFunnel"]] *= 1.0 - 0.6 * held
    return motion
