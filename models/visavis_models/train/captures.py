"""Real captures of speech: FACEGOOD's rig weights mapped into the face space.

The rig's 116 weights come without geometry, so they are mapped by meaning. The scales bring each channel's range in
speech to the range that the channel has in the authored speech, so that one mouth can learn from both.
"""

from __future__ import annotations

import warnings
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, MODEL_RATE, N_MOTION

FloatArray = NDArray[np.float32]

CAPTURE_FPS = 30
CLIPS = ("1114_2_01", "1114_2_03", "1114_2_04", "1114_3_15")
HELD_OUT_CLIP = "1114_2_04"
# channel: the rig weights that make it up, each with its share; * stands for both sides
LEGEND: dict[str, dict[str, float]] = {
    "jawOpen": {"mouth_stretch_c": 0.9},
    "mouthPucker": {"mouth_pucker_l": 0.5, "mouth_pucker_r": 0.5, "mouth_oo_c": 0.7, "mouth_oh_c": 0.2},
    "mouthFunnel": {
        "mouth_funnel_dl": 0.2, "mouth_funnel_dr": 0.2, "mouth_funnel_ul": 0.2, "mouth_funnel_ur": 0.2,
        "mouth_oh_c": 0.45, "mouth_oo_c": 0.15,
    },
    "mouthLowerDown*": {"mouth_lowerLipDepress_*": 0.9},
    "mouthUpperUp*": {"mouth_upperLipRaise_*": 0.9},
    "mouthPress*": {"mouth_press_*": 1.0},
    "mouthRollLower": {"mouth_suck_dl": 0.5, "mouth_suck_dr": 0.5},
    "mouthRollUpper": {"mouth_suck_ul": 0.5, "mouth_suck_ur": 0.5},
    "mouthSmile*": {"mouth_lipCornerPull_*": 0.8},
    "mouthStretch*": {"mouth_lipStretch_*": 0.8},
}  # fmt: skip


@dataclass(frozen=True)
class Capture:
    """One captured clip: audio [640 T] at 16 kHz, motion [T, 60] at 25 fps, and which channels are known [60]."""

    name: str
    audio: FloatArray
    motion: FloatArray
    known: NDArray[np.bool_]


def load_capture(folder: Path, clip: str) -> Capture:
    """Read one clip of FACEGOOD.

    Raises:
        InputError: the folder does not hold it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the names were pickled by Python 2
            names = np.load(folder / "blendshape_names.npy", allow_pickle=True, encoding="latin1").tolist()
            weights = np.load(folder / f"{clip}.npy").astype(np.float32)
        with wave.open(str(folder / f"{clip}.wav")) as file:
            assert file.getframerate() == MODEL_RATE and file.getnchannels() == 1
            audio = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768.0
    except OSError as error:
        raise InputError(
            f"{folder}: no capture {clip} there ({error}); name the folder that holds facegood/"
        ) from error
    T = min(len(weights) * FPS // CAPTURE_FPS, len(audio) // MODEL_FRAME)
    rows = _at_25_fps(weights, T)
    motion, known = np.zeros((T, N_MOTION), np.float32), np.zeros(N_MOTION, bool)
    for channel, rig in _sides():
        motion[:, INDEX[channel]] = np.clip(
            sum(share * rows[:, names.index(name)] for name, share in rig.items()), 0, 1
        )
        known[INDEX[channel]] = True
    return Capture(clip, audio[: T * MODEL_FRAME], motion, known)


def _sides() -> list[tuple[str, dict[str, float]]]:
    """The legend with each two-sided entry written out."""
    out = []
    for channel, rig in LEGEND.items():
        for side, letter in (("Left", "l"), ("Right", "r")) if "*" in channel else (("", ""),):
            out.append((channel.replace("*", side), {name.replace("*", letter): share for name, share in rig.items()}))
    return out


def _at_25_fps(weights: FloatArray, frames: int) -> FloatArray:
    """Linear between the middles of the capture's frames, at the middles of ours."""
    places = (np.arange(frames) + 0.5) / FPS * CAPTURE_FPS - 0.5
    places = np.clip(places, 0, len(weights) - 1)
    left = np.minimum(places.astype(int), len(weights) - 2)
    part = (places - left)[:, None].astype(np.float32)
    return weights[left] * (1 - part) + weights[left + 1] * part
