"""What gives way, and in which order."""

from __future__ import annotations

from visavis.avatar.ladder import CALM, MOST_MISSED, SETTLE, SETTLE_FIRST
from visavis.avatar.relief import Relief, Step
from visavis_models.serve.quality import Quality


class Source:
    steps = (Quality.FULL, Quality.HALF_RATE, Quality.HALF_RATE_256)
    quality = Quality.FULL


class Eyes:
    def __init__(self, fps: float = 15.0, *, watching: bool = True) -> None:
        self.fps, self.watching = fps, watching


def driven(source: object, eyes: Eyes | None) -> tuple[Relief, list[Step]]:
    taken: list[Step] = []

    def take(step: Step) -> None:
        taken.append(step)
        if eyes is not None and step.camera_fps is not None:
            eyes.fps = step.camera_fps

    return Relief(source, eyes, take), taken


def miss(relief: Relief, steps: int = 1) -> None:
    """Miss frames from the beginning, for so long that it steps down so many times."""
    for _ in range(SETTLE_FIRST + (MOST_MISSED + SETTLE) * (steps - 1) + MOST_MISSED):
        relief.saw(True)


def test_the_camera_gives_way_before_the_picture() -> None:
    source = Source()
    relief, taken = driven(source, Eyes())
    miss(relief, 9)
    assert [(step.camera_fps, step.quality.value) for step in taken] == [
        (8.0, "full"),
        (4.0, "full"),
        (0.0, "full"),
        (0.0, "half_rate"),
        (0.0, "half_rate_256"),
    ]
    assert source.quality is Quality.HALF_RATE_256


def test_it_comes_back_the_same_way() -> None:
    source = Source()
    relief, taken = driven(source, Eyes(8.0))
    miss(relief, 4)
    down = [Step(8.0, Quality.FULL), *taken]
    for _ in range(SETTLE + 4 * CALM):
        relief.saw(False)
    assert taken[4:] == down[-2::-1] and source.quality is Quality.FULL


def test_without_a_camera_the_picture_is_the_first_to_give_way() -> None:
    source = Source()
    relief, taken = driven(source, Eyes(watching=False))
    miss(relief)
    assert source.quality is Quality.HALF_RATE and len(taken) == 1


def test_nobody_looks_and_nothing_can_save() -> None:
    relief, taken = driven(object(), None)
    miss(relief, 5)
    assert not taken and relief.step == Step(None, Quality.FULL)
