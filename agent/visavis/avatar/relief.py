"""What is saved where there is not time for all: first looking at the person, then the quality of the picture.

The voice never gives way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from visavis.avatar.ladder import Ladder
from visavis_models.serve.quality import Quality

CAMERA_FPS = (8.0, 4.0, 0.0)  # pictures of the person a second, on the steps of the ladder below the usual rate


@runtime_checkable
class Scalable(Protocol):
    """A source of frames that can save.

    Attributes:
        steps: the qualities that it can be set to, best first.
        quality: how well the next frame is drawn; set on the thread that asks for frames.
    """

    @property
    def steps(self) -> tuple[Quality, ...]: ...

    @property
    def quality(self) -> Quality: ...

    @quality.setter
    def quality(self, quality: Quality) -> None: ...


class Eyes(Protocol):
    """Whoever looks at the person, and can look less often.

    Attributes:
        watching: whether there is a camera to look at. Read on any thread.
        fps: pictures looked at a second; 0 is none at all. Set on the event loop.
    """

    @property
    def watching(self) -> bool: ...

    @property
    def fps(self) -> float: ...

    @fps.setter
    def fps(self, fps: float) -> None: ...


@dataclass(frozen=True)
class Step:
    """What there is time for.

    Attributes:
        camera_fps: pictures of the person looked at a second; None where nobody looks.
        quality: how well the face is drawn.
    """

    camera_fps: float | None
    quality: Quality


class Relief:
    """Takes the steps, told of each frame on the thread that draws.

    Args:
        source: what draws; it gives way where it is `Scalable`.
        eyes: who looks at the person, if anybody does.
        stepped: called on that thread with each new step; it sets the rate of the eyes on their loop.
    """

    def __init__(self, source: object, eyes: Eyes | None, stepped: Callable[[Step], None]) -> None:
        self._source = source if isinstance(source, Scalable) else None
        self._eyes, self._stepped = eyes, stepped
        qualities = self._source.steps if self._source is not None else (Quality.FULL,)
        usual = eyes.fps if eyes is not None else None
        rates = [usual, *(fps for fps in CAMERA_FPS if usual is not None and fps < usual)]
        self.steps = [Step(fps, qualities[0]) for fps in rates] + [Step(rates[-1], q) for q in qualities[1:]]
        self._ladder = Ladder(len(self.steps))

    @property
    def step(self) -> Step:
        """The one that is taken now."""
        return self.steps[self._ladder.place]

    def saw(self, missed: bool) -> None:
        """One frame was shown in time, or was not."""
        before = self.step
        way = self._ladder.saw(missed)
        if not way:
            return
        while self._saves_nothing(before) and 0 <= self._ladder.place + way < len(self.steps):
            self._ladder.place += way
        step = self.step
        if self._source is not None:
            self._source.quality = step.quality
        self._stepped(step)

    def _saves_nothing(self, before: Step) -> bool:
        """Whether the step from there to here only changes how often a camera is looked at that is not there."""
        return self._eyes is not None and not self._eyes.watching and self.step.quality is before.quality
