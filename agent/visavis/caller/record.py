"""The record of a call: an mp4 of what the person saw and heard, with the person's own microphone as second track."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from visavis.caller.spool import Spool
from visavis.caller.take import Take
from visavis.caller.timeline import lay_out, place_blocks
from visavis.media.files import VideoWriter
from visavis.media.frames import to_float
from visavis_models.spec import FPS, ROOM_FRAME, ROOM_RATE

BLANK_SIZE = (512, 512)  # of the record of a call without a picture


def heard_track(take: Take, began_s: float, seconds: float) -> NDArray[np.int16]:
    """The avatar's voice as it was heard, int16 [seconds * 48000]."""
    blocks = [block for _, block in take.heard]
    placed = place_blocks([at_s for at_s, _ in take.heard], [len(block) for block in blocks], ROOM_RATE)
    return lay_out(placed, blocks, began_s, seconds, ROOM_RATE)


def said_track(take: Take, began_s: float, seconds: float) -> NDArray[np.int16]:
    """The caller's microphone, int16 [seconds * 48000]."""
    starts, blocks = [], []
    for said in take.said:
        size = ROOM_RATE // 100
        starts += said.leaves
        blocks += [said.line.pcm[k * size : (k + 1) * size] for k in range(len(said.leaves))]
    return lay_out(np.array(starts), blocks, began_s, seconds, ROOM_RATE)


def write_record(path: Path, take: Take, spool: Spool) -> None:
    """Write the whole call; picture k is what was shown at k / 25 s, sample n of either track is second n / 48000.

    Raises:
        InputError: the file cannot be written. Nothing is left behind then.
    """
    began_s = take.began_s
    frames = max(round(take.seconds * FPS), 1)
    tracks = [track(take, began_s, frames / FPS) for track in (heard_track, said_track)]
    size = spool.size or BLANK_SIZE
    with VideoWriter(path, size, (ROOM_RATE, ROOM_RATE)) as writer:
        pictures = on_grid(spool, size, began_s, frames)
        for k, picture in enumerate(tqdm(pictures, "recording", frames, unit="frame", leave=False, disable=None)):
            writer.picture(picture)
            for index, track in enumerate(tracks):
                sound = track[k * ROOM_FRAME : (k + 1) * ROOM_FRAME]
                writer.sound(to_float(sound), index)


def on_grid(spool: Spool, size: tuple[int, int], began_s: float, frames: int) -> Iterator[NDArray[np.uint8]]:
    """One RGB picture of `size` for each of `frames` cells of 40 ms: the newest of its cell, else the one before."""
    shown: NDArray[np.uint8] = np.zeros((size[1], size[0], 3), np.uint8)
    cell = 0
    for at_s, frame in spool.pictures():
        due = min(round((at_s - began_s) * FPS), frames)
        while cell < due:
            yield shown
            cell += 1
        shown = frame.reformat(*size, "rgb24").to_ndarray().astype(np.uint8, copy=False)
    for _ in range(cell, frames):
        yield shown
