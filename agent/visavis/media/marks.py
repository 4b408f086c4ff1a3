"""What is to begin with a certain sample of a voice: stage directions that travel with the sound.

A frame of audio carries its own in `userdata[USERDATA_DIRECTIONS]`; they begin with the frame's first sample. Whatever
becomes of the sound becomes of them: what is never played never begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from livekit import rtc

from visavis_models.serve.direction import Direction

USERDATA_DIRECTIONS = "visavis.directions"  # of an rtc.AudioFrame: a list of Direction


def directions_of(frame: rtc.AudioFrame) -> list[Direction]:
    """What begins with the frame's first sample."""
    return list(frame.userdata.get(USERDATA_DIRECTIONS, ()))


class Marks:
    """Directions at samples of one segment; each is given out once."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Direction]] = []

    def put(self, offset: int, directions: Iterable[Direction]) -> None:
        """They begin with the segment's sample `offset`."""
        self._waiting += [(offset, direction) for direction in directions]

    def take(self, stretches: Sequence[tuple[int, int, int]], end: int) -> list[tuple[int, Direction]]:
        """Those that begin before position `end`, with the position at which each does.

        Args:
            stretches: (position, offset, count) of what was or will be played of the segment.
        """
        due: list[tuple[int, Direction]] = []
        rest = []
        for offset, direction in self._waiting:
            at = _position(offset, stretches)
            if at is not None and at < end:
                due.append((at, direction))
            else:
                rest.append((offset, direction))
        self._waiting = rest
        return due


def _position(sample: int, stretches: Sequence[tuple[int, int, int]]) -> int | None:
    for position, offset, count in stretches:
        if offset <= sample < offset + count:
            return position + sample - offset
    return None
