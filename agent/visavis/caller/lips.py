"""When the picture's lips come to rest: the gap between them, from landmarks in the received pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visavis.caller.measure import Turn, stop_of
from visavis.caller.scene import Scene
from visavis.caller.spool import Spool
from visavis.perception.landmarks import FaceTracker
from visavis.perception.measures import measure
from visavis.vision import bundles

TOLERANCE = 0.02  # of the distance between the eyes' outer corners: how open lips at rest may look
HELD_S = 0.16  # lips are at rest once they stay so for as long
REST_S = (0.7, 0.1)  # rest is how the lips were from and to so many seconds before the reply
LOOK_BEFORE_S = 0.4  # of an interruption's stop: the tracker needs a few pictures to settle
LOOK_AFTER_S = 1.2

Opening = tuple[float, float]  # (seconds of the record, gap in eye distances)


def rest_time(openings: Sequence[Opening], rest: float, stop_s: float) -> float | None:
    """When, from `stop_s` on, the lips are first within `TOLERANCE` of `rest` and stay so for `HELD_S`.

    None where they do not, or are not seen for long enough to tell.
    """
    since: float | None = None
    for at_s, gap in openings:
        if at_s < stop_s:
            continue
        if gap > rest + TOLERANCE:
            since = None
            continue
        since = at_s if since is None else since
        if at_s - since >= HELD_S - 1e-6:
            return since
    return None


def lips_at_rest(scene: Scene, turns: Sequence[Turn], spool: Spool, began_s: float) -> dict[int, float]:
    """When the lips came to rest after each interruption that stopped the voice, seconds of the record, by turn.

    Raises:
        AssetError: the landmark models are missing.
    """
    cuts = [utterance for utterance in scene.utterances if utterance.interrupts]
    found = {}
    for cut in cuts:
        stop, reply_s = stop_of(scene, cut), turns[cut.turn].reply_start_s
        if stop is None or reply_s is None:
            continue
        tracker = FaceTracker(bundles.find(), pose_every_ms=None)
        try:
            before = _openings(tracker, spool, began_s, reply_s - REST_S[0], reply_s - REST_S[1])
            after = _openings(tracker, spool, began_s, stop.at - LOOK_BEFORE_S, stop.at + LOOK_AFTER_S)
        finally:
            tracker.close()
        if before and after:
            rest_s = rest_time(after, float(np.median([gap for _, gap in before])), stop.at)
            if rest_s is not None:
                found[cut.turn] = rest_s
    return found


def _openings(tracker: FaceTracker, spool: Spool, began_s: float, from_s: float, to_s: float) -> list[Opening]:
    """The gap between the lips in each picture of a stretch of the record in which a face is seen."""
    openings = []
    for at_s, frame in spool.pictures(began_s + from_s, began_s + to_s):
        picture = frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
        seen = tracker.see(picture, round((at_s - began_s) * 1000))
        if seen.face is not None:
            openings.append((at_s - began_s, measure(seen.face).mouth_open))
    return openings
