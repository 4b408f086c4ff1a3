"""The user's motion: a drawn face whose motion is known, seen by the real tracker and fitted."""

from itertools import pairwise

import numpy as np
import pytest

from visavis.perception.landmarks import FaceTracker
from visavis.perception.user_motion import (
    KEPT_FRAMES,
    LOST_MS,
    TOLD_AT_MS,
    Grid,
    Row,
    SeenMotion,
    UserMotion,
    from_rest,
    rest_of,
)
from visavis_models.serve.clip import at_frame_rate
from visavis_models.serve.follow import Person
from visavis_models.spec import FRAME_MS, INDEX, N_MOTION, PLACE, Landmarks

STEP_MS = 66  # pictures come at about 15 a second


class Watched:
    """Somebody before the tracker: shows pictures, has their build told when it is time."""

    def __init__(self, tracker: FaceTracker) -> None:
        self.tracker, self.motion, self.now_ms = tracker, UserMotion(), 7

    def show(self, picture: np.ndarray, seconds: float) -> SeenMotion | None:
        known = None
        for _ in range(max(1, round(seconds * 1000 / STEP_MS))):
            self.now_ms += STEP_MS
            known = self.motion.see(self.tracker.see(picture, self.now_ms))
            if (pictures := self.motion.untold()) is not None:
                self.motion.told(Person.of(pictures))
        return known


@pytest.fixture
def watched(tracker: FaceTracker) -> Watched:
    return Watched(tracker)


def lost(now_ms: int) -> Landmarks:
    return Landmarks(None, None, (256, 256), now_ms)


def test_smile_and_turn_are_known_within_seconds_and_rest_is_nothing(watched: Watched, alex) -> None:
    assert watched.show(alex(), 1.0) is None
    rest = watched.show(alex(), 1.5)
    assert rest is not None and rest.confidence[-1] > 0.8
    still = np.abs(rest.motion.values[-1])
    assert np.delete(still, range(N_MOTION)[PLACE]).max() < 0.05
    assert still[PLACE].max() < 0.2  # cm: 2 mm of depth are a third of a pixel in the size of this face
    smile = watched.show(alex(mouthSmileLeft=0.7, mouthSmileRight=0.7), 0.6)
    assert smile is not None and smile.motion["mouthSmileLeft"][-1] > 0.4 and smile.motion["jawOpen"][-1] < 0.15
    turned = watched.show(alex(headYaw=0.25), 0.6)
    assert turned is not None and turned.motion["headYaw"][-1] == pytest.approx(0.25, abs=0.07)


def test_brows_and_a_bowed_head_are_known(watched: Watched, alex) -> None:
    watched.show(alex(), 2.0)
    low = watched.show(alex(browDownLeft=0.9, browDownRight=0.9), 0.7)
    assert low is not None and low.motion["browDownLeft"][-1] > 0.4 and low.motion["browInnerUp"][-1] < 0.1
    high = watched.show(alex(browInnerUp=0.8, browOuterUpLeft=0.7, browOuterUpRight=0.7), 0.7)
    assert high is not None and high.motion["browInnerUp"][-1] > 0.5 and high.motion["browDownLeft"][-1] < 0.1
    bowed = watched.show(alex(headPitch=0.2), 0.7)
    assert bowed is not None and bowed.motion["headPitch"][-1] == pytest.approx(0.2, abs=0.06)


def test_rows_stand_on_a_grid_and_no_more_than_a_second_is_kept(watched: Watched, alex) -> None:
    known = watched.show(alex(), 3.2)
    assert known is not None and len(known.motion) == len(known.confidence) == KEPT_FRAMES
    assert known.until_ms % FRAME_MS == 0 and 0 <= watched.now_ms - known.until_ms < FRAME_MS


def test_a_lost_face_is_held_and_fades_and_then_nothing_is_known(watched: Watched, alex) -> None:
    sure = watched.show(alex(), 2.0)
    held = watched.motion.see(lost(watched.now_ms + 300))
    assert sure is not None and held is not None and held.confidence[-1] < 0.5 * sure.confidence[-1]
    assert np.allclose(held.motion.values[-1], sure.motion.values[-1], atol=5e-3)
    assert watched.motion.see(lost(watched.now_ms + LOST_MS + 1)) is None
    watched.now_ms += 2000
    again = watched.show(alex(), 0)
    assert again is not None and len(again.motion) == 1 and again.confidence[-1] > 0.8


def test_the_size_of_a_picture_may_change_at_any_time(watched: Watched, alex) -> None:
    watched.show(alex(), 2.0)
    small = watched.show(alex()[::2, ::2], 0.5)
    assert small is not None and np.abs(small.motion.values[-1, INDEX["headX"] :]).max() < 3  # cm


def test_streamed_rows_are_those_of_a_whole_clip() -> None:
    rng, grid = np.random.default_rng(0), Grid()
    times_ms = np.r_[0, np.cumsum(rng.integers(20, 150, 12))]
    rows = rng.uniform(0, 1, (len(times_ms), N_MOTION))
    seen = [Row(row, int(at_ms), 1.0) for row, at_ms in zip(rows, times_ms, strict=True)]
    grid.begin(seen[0])
    for before, after in pairwise(seen):
        grid.join(before, after)
    known = grid.seen()
    whole = at_frame_rate(rows, times_ms / 1000, known.until_ms // FRAME_MS + 1)
    assert np.allclose(known.motion.values, whole[-len(known.motion) :], atol=1e-3)


def test_build_is_told_again_from_more_pictures() -> None:
    motion, told = UserMotion(), []
    for now_ms in range(1, TOLD_AT_MS[-1] + 2000, STEP_MS):
        motion.see(Landmarks(np.zeros((478, 3), np.float32), None, (640, 480), now_ms))
        if (pictures := motion.untold()) is not None:
            told.append(len(pictures))
    assert len(told) == len(TOLD_AT_MS) and told == sorted(told)


def test_who_joins_with_a_smile_still_smiles() -> None:
    calm = np.zeros(N_MOTION, np.float32)
    calm[INDEX["mouthSmileLeft"]] = 0.8
    calm[INDEX["browInnerUp"]] = 0.4
    row = from_rest(calm.astype(np.float64), rest_of(calm))
    assert row[INDEX["mouthSmileLeft"]] > 0.6 and row[INDEX["browInnerUp"]] == pytest.approx(0)
