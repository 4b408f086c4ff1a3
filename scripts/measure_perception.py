"""What looking at a person costs: `.venv/bin/python scripts/measure_perception.py [--seconds S]`.

A drawn face that moves is looked at by the very parts of a call; each part's processor time is that of all threads of
this process while it ran, mediapipe's among them. Prints shares of one core at each rate of the camera.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from livekit import rtc

from visavis.perception.camera import upright
from visavis.perception.covered import lip_contrast
from visavis.perception.cues import Cues
from visavis.perception.landmarks import POSE_EVERY_MS, FaceTracker
from visavis.perception.user_motion import UserMotion
from visavis.vision.bundles import find
from visavis_models.serve.follow import Person
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import INDEX, N_MOTION

UPRIGHT: Any = rtc.VideoRotation.VIDEO_ROTATION_0  # a number that the stub takes for another type
RATES = (15, 8, 4)  # pictures a second of a camera
PICTURES, SIZE, HEIGHT, WIDTH = 24, 512, 720, 1280
FACE, WITH_BODY, BODY = "face: landmarks", "face and body", "body: landmarks, three a second"
WARM = 30  # pictures before anything is measured

T = TypeVar("T")


class Meter:
    """Milliseconds of processor time of all threads, by part."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}

    def __call__(self, part: str, work: Callable[[], T]) -> T:
        before = time.process_time()
        result = work()
        self.spent.setdefault(part, []).append(1000 * (time.process_time() - before))
        return result


def events() -> list[rtc.VideoFrameEvent]:
    """Somebody who moves a little, in pictures of 1280x720 as rooms send them (I420)."""
    renderer, out = Renderer(portrait("alex"), SIZE), []
    for k in range(PICTURES):
        row = np.zeros((1, N_MOTION), np.float32)
        row[0, INDEX["headYaw"]] = 0.1 * np.sin(2 * np.pi * k / PICTURES)
        row[0, INDEX["jawOpen"]] = 0.2 + 0.2 * np.sin(6 * np.pi * k / PICTURES)
        picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        picture[-SIZE:, 384 : 384 + SIZE] = renderer.render(row)[0]
        frame = rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGB24, picture.tobytes())
        frame = frame.convert(rtc.VideoBufferType.I420)
        out.append(rtc.VideoFrameEvent(frame, 0, UPRIGHT))
    return out


def main() -> None:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0, help="of pictures at 15 a second")
    options = parser.parse_args()
    film = events()
    faces, bodies = FaceTracker(find(), pose_every_ms=None), FaceTracker(find())
    motion, cues, meter = UserMotion(), Cues(), Meter()
    for k in range(WARM + round(options.seconds * RATES[0])):
        if k == WARM:
            meter = Meter()
        event, now_ms = film[k % PICTURES], 1 + round(k * 1000 / RATES[0])
        picture = meter("picture: I420 to RGB, to 640 pixels", lambda: upright(event))  # noqa: B023
        seen = meter(FACE, lambda: faces.see(picture, now_ms))  # noqa: B023
        face = seen.face
        assert face is not None
        meter(WITH_BODY, lambda: bodies.see(picture, now_ms))  # noqa: B023
        contrast = meter("mouth: whether it is covered", lambda: lip_contrast(picture, face))  # noqa: B023
        meter("the user's motion: fit", lambda: motion.see(seen))  # noqa: B023
        if (untold := motion.untold()) is not None:
            motion.told(Person.of(untold))
        meter("cues", lambda: cues.update(seen, 100.0, lip_contrast=contrast))  # noqa: B023
    print(f"| part | ms a time, median (p95) | {' | '.join(f'share of a core at {rate} fps' for rate in RATES)} |")
    print(f"| --- | --- | {' | '.join('---' for _ in RATES)} |")
    total = np.zeros(len(RATES))
    meter.spent[BODY] = bodies_alone(meter)
    for part, spent in meter.spent.items():
        a_second = [min(rate, 1000 / POSE_EVERY_MS) if part == BODY else rate for rate in RATES]
        shares = np.mean(spent) * np.array(a_second) / 1000
        total += shares
        print(f"| {part} | {np.median(spent):.1f} ({np.percentile(spent, 95):.1f}) | {_cells(shares)} |")
    print(f"| together | | {_cells(total)} |")


def bodies_alone(meter: Meter) -> list[float]:
    """Milliseconds of each body: what pictures with one took beyond a face."""
    face, both = np.array(meter.spent[FACE]), np.array(meter.spent.pop(WITH_BODY))
    beyond = both - np.median(face)
    bodies = round(len(both) * 1000 / POSE_EVERY_MS / RATES[0])
    return np.sort(beyond)[-bodies:].tolist()


def _cells(shares: np.ndarray) -> str:
    return " | ".join(f"{share:.1%}" for share in shares)


if __name__ == "__main__":
    main()
