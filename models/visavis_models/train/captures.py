"""Real captures of speech: FACEGOOD's rig weights mapped into the face space.

The rig's 116 weights come without geometry, so they are mapped by meaning. Scales are measured: they bring the 99th
percentile of each channel over the four clips to that of GRID's talker, whose motion is fitted to landmarks and so has
a geometry (`grid`): jaw 0.52 to 0.46, lower lip 0.25 to 0.22. Rounding keeps the authored range (0.95 to 0.80;
GRID's few rounded words reach 0.57).

The solver rounded the lips now with one of four shapes, now with another, so only their sum is heard in the voice: the
sum goes to pucker and funnel together, and the jaw decides how it is shared (open lips funnel, nearly closed ones
pucker, as "oh" and "oo" do). The lower teeth's own shift (`tooth_d_d`, in 200 of 11 500 frames, always under a
jaw that is open anyway) parts no lips and has no channel; eyes, brows, cheeks and the head did not move: not known.
"""

from __future__ import annotations

import warnings
import wave
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from visavis_models.errors import InputError
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, MODEL_RATE, N_MOTION
from visavis_models.train.scenes import N_STYLES, STYLES, Scene, new_scene

FloatArray = NDArray[np.float32]

CAPTURE_FPS = 30
CLIPS = ("1114_2_01", "1114_2_03", "1114_2_04", "1114_3_15")
HELD_OUT_CLIP = "1114_2_04"
# each clip is there also so many hundredths as fast, pitch and formants moved with it: other throats, more minutes
PACES_PERCENT = (100, 82, 88, 94, 107, 114, 122)
# channel: the rig weights that make it up, each with its share; * stands for both sides
LEGEND: dict[str, dict[str, float]] = {
    "jawOpen": {"mouth_stretch_c": 0.9},
    "mouthLowerDown*": {"mouth_lowerLipDepress_*": 0.9},
    "mouthUpperUp*": {"mouth_upperLipRaise_*": 1.3},
    "mouthPress*": {"mouth_press_*": 1.0},
    "mouthRollLower": {"mouth_suck_dl": 0.5, "mouth_suck_dr": 0.5},
    "mouthRollUpper": {"mouth_suck_ul": 0.5, "mouth_suck_ur": 0.5},
    "mouthSmile*": {"mouth_lipCornerPull_*": 0.8},
    "mouthStretch*": {"mouth_lipStretch_*": 0.8},
}  # fmt: skip
ROUNDING = {
    "mouth_pucker_l": 0.5, "mouth_pucker_r": 0.5, "mouth_oo_c": 1.0, "mouth_oh_c": 1.0, "mouth_funnel_dl": 0.25,
    "mouth_funnel_dr": 0.25, "mouth_funnel_ul": 0.25, "mouth_funnel_ur": 0.25,
}  # fmt: skip
ROUNDING_SCALE = 0.85  # pucker + funnel for a sum of 1
PUCKER_SHARE, FUNNEL_JAW = (0.75, 0.3), 0.45  # pucker's share at a closed jaw and at a jaw this far open


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
    _round(motion, sum(share * rows[:, names.index(name)] for name, share in ROUNDING.items()))
    known[[INDEX["mouthPucker"], INDEX["mouthFunnel"]]] = True
    return Capture(clip, audio[: T * MODEL_FRAME], motion, known)


def held_out(name: str) -> bool:
    """Whether the scene of this name is of the clip that no model learns from, at whatever pace."""
    return name.split("@")[0] == f"facegood/{HELD_OUT_CLIP}"


def facegood_scene(folder: Path, clip: str, percent: int = 100) -> Scene:
    """A clip as a scene, so many hundredths as fast; its eyes, brows and head are unknown."""
    capture = _paced(load_capture(folder, clip), percent)
    style = np.zeros(N_STYLES, np.float32)
    style[STYLES.index("captured")] = 1.0
    return new_scene(
        name=f"facegood/{clip}" + ("" if percent == 100 else f"@{percent}"),
        source="facegood",
        speaker="facegood",
        voice=capture.audio,
        motion=capture.motion,
        known=capture.known.astype(np.float32),
        style=style,
    )


def _paced(capture: Capture, percent: int) -> Capture:
    """Played so many hundredths as fast, as a tape would be."""
    if percent == 100:
        return capture
    audio = resample_poly(capture.audio, 100, percent).astype(np.float32)
    T = len(audio) // MODEL_FRAME
    places = np.clip((np.arange(T) + 0.5) * percent / 100 - 0.5, 0, len(capture.motion) - 1)
    frames = np.arange(len(capture.motion))
    motion = np.stack([np.interp(places, frames, column) for column in capture.motion.T], axis=1).astype(np.float32)
    return replace(capture, audio=audio[: T * MODEL_FRAME], motion=motion)


def _round(motion: FloatArray, rounding: FloatArray) -> None:
    """Share the rounding [T] between pucker and funnel by how far the jaw is open; their sum is in proportion to it."""
    closed, opened = PUCKER_SHARE
    pucker = closed + (opened - closed) * np.clip(motion[:, INDEX["jawOpen"]] / FUNNEL_JAW, 0, 1)
    total = np.minimum(ROUNDING_SCALE * rounding, 1.0 / pucker)
    motion[:, INDEX["mouthPucker"]] = total * pucker
    motion[:, INDEX["mouthFunnel"]] = np.minimum(total * (1 - pucker), 1.0)


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
