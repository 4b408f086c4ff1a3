"""A real English speaker (GRID corpus, talker s1): sentences of 3 s with tracked landmarks, as scenes and as a judge.

The mouth's motion is fitted to the landmarks (`lips`); eyes, brows, cheeks and the nearly still head are not known.
Every twelfth sentence is held out, always the same ones. Speech: Cooke, Barker, Cunningham and Shao, An audio-visual
corpus for speech perception and automatic speech recognition (2006).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.train.lips import LipFit, fit_lips, landmark_measures
from visavis_models.train.scenes import N_STYLES, STYLES, Scene, new_scene

FloatArray = NDArray[np.float32]

CLIP_SAMPLES, CLIP_FRAMES = 48_000, 75  # 3 s at 16 kHz and at 25 fps
HOLD_OUT_EVERY, HOLD_OUT_AT = 12, 5  # of the sentences in the corpus' order
LOST_CM = 0.12  # a frame that the fit leaves this far off was not tracked well
SMOOTH = np.array([0.2, 0.6, 0.2], np.float32)  # over three frames: landmarks jitter


@dataclass(frozen=True)
class Clip:
    """One sentence: its code, audio [48000] at 16 kHz, landmarks [75, K, 3] in pixels with their numbers [K]."""

    sentence: str
    audio: FloatArray
    points: FloatArray
    index: NDArray[np.int64]
    held_out: bool

    @property
    def gap(self) -> FloatArray:
        """The gap between the inner lips in eye distances, [75]."""
        return landmark_measures(self.points, self.index).inner


def load_clips(folder: Path, *, parts: int | None = None) -> list[Clip]:
    """All clips in the corpus' order, or those of the first few parts.

    Raises:
        InputError: the folder does not hold the corpus.
    """
    clips: list[Clip] = []
    paths = sorted(folder.glob("motion_*.npz"))[:parts]
    if not paths:
        raise InputError(f"{folder}: no clips of GRID there (motion_00.npz ...); name the folder that holds them")
    for path in paths:
        with np.load(path) as data:
            index, names = data["landmark"].astype(np.int64), data["sentence"].tolist()
            points = (np.cumsum(data["position_delta"], axis=1, dtype=np.int32) / 32.0).astype(np.float32)
        audio = _decoded(path.with_name(path.name.replace("motion", "speech")).with_suffix(".flac"))
        for k, name in enumerate(names):
            voice = audio[k * CLIP_SAMPLES : (k + 1) * CLIP_SAMPLES]
            clips.append(Clip(name, voice, points[k], index, len(clips) % HOLD_OUT_EVERY == HOLD_OUT_AT))
    return clips


def load_sentences(folder: Path) -> list[Clip]:
    """The held-out clips."""
    return [clip for clip in load_clips(folder) if clip.held_out]


def fit_clips(clips: list[Clip]) -> LipFit:
    """Mouth motion of all clips of the talker, end to end: [75 N, 60], each clip smoothed over three frames."""
    fit = fit_lips(np.concatenate([clip.points for clip in clips]), clips[0].index)
    rows = fit.motion.reshape(len(clips), CLIP_FRAMES, -1)
    padded = np.pad(rows, ((0, 0), (1, 1), (0, 0)), mode="edge")
    smooth = sum(share * padded[:, k : k + CLIP_FRAMES] for k, share in enumerate(SMOOTH))
    return LipFit(smooth.reshape(fit.motion.shape).astype(np.float32), fit.known, fit.rest_cm)


def grid_scenes(folder: Path, *, parts: int | None = None) -> list[Scene]:
    """One scene for each clip."""
    clips = load_clips(folder, parts=parts)
    fit = fit_clips(clips)
    style = np.zeros(N_STYLES, np.float32)
    style[[STYLES.index("captured"), STYLES.index("grid")]] = 1.0
    scenes = []
    for k, clip in enumerate(clips):
        rows = slice(k * CLIP_FRAMES, (k + 1) * CLIP_FRAMES)
        scenes.append(
            new_scene(
                name=f"grid/{clip.sentence}",
                source="grid",
                speaker="grid-s1",
                split="heldout" if clip.held_out else "train",
                voice=clip.audio,
                motion=fit.motion[rows],
                seen=(fit.rest_cm[rows] < LOST_CM).astype(np.float32),
                known=fit.known,
                style=style,
            )
        )
    return scenes


def _decoded(path: Path) -> FloatArray:
    """A mono file as float32 at its own rate."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    samples = np.concatenate(frames)
    return samples.astype(np.float32) / (np.iinfo(samples.dtype).max if samples.dtype.kind == "i" else 1.0)
