"""What the face is to do next: directions from any thread, and those that come with the voice."""

from __future__ import annotations

from collections import deque

from visavis.avatar.face import FrameSource
from visavis.media.speech import Speech
from visavis_models.serve.direction import Direction
from visavis_models.spec import ROOM_FRAME

MOST_WAITING = 16  # directions; nobody watches, and the oldest go


class Stage:
    """Passes directions on to what draws, in time.

    Args:
        speech: the voice and its clock.
        source: what draws.
    """

    def __init__(self, speech: Speech, source: FrameSource) -> None:
        self._speech, self._source = speech, source
        self._waiting: deque[Direction] = deque(maxlen=MOST_WAITING)

    def direct(self, direction: Direction) -> None:
        """Have it begin with the next frame."""
        self._waiting.append(direction)

    def before(self, position: int, skip: int) -> None:
        """On the frame loop's thread, before it asks for the frame at `position` and the `skip` ones before it."""
        while self._waiting:
            self._source.direct(self._waiting.popleft(), 0)
        for in_frames, direction in self._speech.directions(position - skip * ROOM_FRAME, skip + 1):
            self._source.direct(direction, in_frames)
