"""What chance decides in a face: counter-based draws that depend on the seed and the absolute frame number alone.

A sampler of two steps cannot make rare events such as blinks out of white noise, so chance enters twice: as the
sampler's noise, and as a track of impulses (when a blink falls due, where the eyes rest, how the head wanders, the
breath) that the motion model turns into motion together with the voice. Both can be drawn again for any frame in any
order: planning a frame a second time meets the same chance.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import FPS, N_MOTION

FloatArray = NDArray[np.float32]

IMPULSE_NAMES = (
    "blink", "gazeRight", "gazeUp", "pitch", "yaw", "roll", "x", "y", "z", "breath",
)  # fmt: skip
N_IMPULSES = len(IMPULSE_NAMES)
BLINK, GAZE, WANDER, BREATH = 0, slice(1, 3), slice(3, 9), 9

NOISE_CELL = 32  # frames drawn at once
BLINK_CELL = 80  # frames, 3.2 s: at most one blink begins in a cell, about 17 a minute in all
BLINK_CHANCE = 0.9
BLINK_PEAK = 0.35  # lids close in a third of a blink and open in the rest of it
GAZE_CELL = 45  # frames, 1.8 s: the eyes rest at one place and leap once in a cell
WANDER_CELLS = (70, 29)  # frames, 2.8 s and 1.2 s: a slow sway with a faster, smaller one on it
WANDER_SHARES = (0.9, 0.35)
BREATH_PERIOD = 4.0 * FPS  # frames, 15 breaths a minute
_NOISE, _BLINK, _GAZE, _WANDER = range(4)  # streams of one seed


def _draw(seed: int, stream: int, counter: int) -> np.random.Generator:
    """A generator for one cell of one stream (Philox: Salmon et al., Parallel random numbers, 2011)."""
    counts = np.array([0, 0, stream, counter], np.uint64)
    return np.random.Generator(np.random.Philox(key=np.uint64(seed), counter=counts))


def noise(seed: int, start: int, frames: int) -> FloatArray:
    """Standard normal noise for the frames `start`..`start + frames - 1`: float32 [frames, 60]."""
    first, last = start // NOISE_CELL, (start + frames - 1) // NOISE_CELL
    drawn = np.concatenate([_noise_cell(seed, cell) for cell in range(first, last + 1)])
    return drawn[start - first * NOISE_CELL :][:frames]


@lru_cache(maxsize=64)
def _noise_cell(seed: int, cell: int) -> FloatArray:
    return _draw(seed, _NOISE, cell).standard_normal((NOISE_CELL, N_MOTION), np.float32)


def impulses(seed: int, start: int, frames: int, *, blink_chance: float = BLINK_CHANCE) -> FloatArray:
    """The impulse track of the frames `start`..`start + frames - 1`.

    Args:
        seed, start, frames: whose chance, from which frame on, how far.
        blink_chance: 0..1 of a blink in a cell of 3.2 s.

    Returns:
        float32 [frames, 10] in the order of `IMPULSE_NAMES`: blink rises to 1 and falls back through a blink,
        gaze is -1..1 (1 is about 30 degrees), the head's wander is about unit variance, breath is 0..1.
    """
    assert start >= 0, f"frames are counted from 0, not {start}"
    k = np.arange(start, start + frames)
    track = np.empty((frames, N_IMPULSES), np.float32)
    track[:, BLINK] = _blinks(seed, k, blink_chance)
    track[:, GAZE] = _gaze(seed, k)
    track[:, WANDER] = sum(
        share * _sway(seed, octave, k / cell)
        for octave, (cell, share) in enumerate(zip(WANDER_CELLS, WANDER_SHARES, strict=True))
    )
    track[:, BREATH] = 0.5 - 0.5 * np.cos(2.0 * np.pi * k / BREATH_PERIOD + 0.6 * track[:, WANDER.start])
    return track


def _blinks(seed: int, k: NDArray[np.int64], chance: float) -> FloatArray:
    """A point process with one jittered point in a cell; blinks take 160-280 ms and keep clear of the cell's end."""
    urge = np.zeros(len(k), np.float32)
    for cell in range(int(k[0]) // BLINK_CELL, int(k[-1]) // BLINK_CELL + 1):
        draw, begin, length = _blink_cell(seed, cell)
        through = (k - cell * BLINK_CELL - begin) / length
        if draw < chance:
            urge = np.maximum(urge, np.minimum(through / BLINK_PEAK, (1.0 - through) / (1.0 - BLINK_PEAK)))
    return urge.astype(np.float32)


@lru_cache(maxsize=256)
def _blink_cell(seed: int, cell: int) -> tuple[float, float, float]:
    """What decides whether a blink begins in the cell, 0..1, at which of its frames, and how many frames it takes."""
    rng = _draw(seed, _BLINK, cell)
    return rng.random(), rng.uniform(0, BLINK_CELL - 8), rng.uniform(4.0, 7.0)


def _gaze(seed: int, k: NDArray[np.int64]) -> FloatArray:
    """Where the eyes rest: mostly on the viewer, at times a little aside; they leap from one frame to the next."""
    cells = k // GAZE_CELL
    known = {cell: _gaze_cell(seed, cell) for cell in range(int(cells[0]) - 1, int(cells[-1]) + 1)}
    rests = []
    for frame, cell in zip(k.tolist(), cells.tolist(), strict=True):
        leap, rest = known[cell]
        rests.append(rest if frame - cell * GAZE_CELL >= leap else known[cell - 1][1])
    return np.array(rests, np.float32)


@lru_cache(maxsize=256)
def _gaze_cell(seed: int, cell: int) -> tuple[float, tuple[float, float]]:
    """The frame within the cell at which the eyes leap, and where they then rest."""
    rng = _draw(seed, _GAZE, cell + 1)  # cell -1 is the one before the first frame
    leap, aside = rng.uniform(0, GAZE_CELL), rng.random() < 0.35
    right, up = rng.normal(0.0, 1.0, 2) * ((0.22, 0.13) if aside else (0.04, 0.03))
    return leap, (float(np.clip(right, -1, 1)), float(np.clip(up, -1, 1)))


def _sway(seed: int, octave: int, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value noise: Perlin's fade `6 u^5 - 15 u^4 + 10 u^3` between lattice draws, in six channels: [frames, 6]."""
    cells = np.floor(place).astype(int)
    lattice = {c: _lattice(seed, octave, c) for c in range(int(cells[0]), int(cells[-1]) + 2)}
    u = (place - cells)[:, None]
    fade = u**3 * (u * (6 * u - 15) + 10)
    left, right = (np.array([lattice[c + side] for c in cells.tolist()]) for side in (0, 1))
    return left + (right - left) * fade


@lru_cache(maxsize=256)
def _lattice(seed: int, octave: int, cell: int) -> NDArray[np.float64]:
    return _draw(seed, _WANDER + octave, cell).standard_normal(6)
