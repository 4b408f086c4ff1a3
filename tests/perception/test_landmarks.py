from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.perception.conftest import SMILE

from visavis.media.errors import InputError
from visavis.media.files import read_pictures
from visavis.perception.cues import Cues
from visavis.perception.landmarks import FaceTracker
from visavis.perception.measures import measure

GRID = Path(__file__).parents[3] / "shared/data/grid/video"
STEP_MS = 200


def beside(*pictures: np.ndarray) -> np.ndarray:
    return np.concatenate(pictures, axis=1)


def test_a_face_has_478_points_inside_the_picture(tracker: FaceTracker, alex) -> None:
    seen = tracker.see(alex(), 0)
    assert seen.face is not None and seen.face.shape == (478, 3) and seen.face.dtype == np.float32
    assert seen.size == (256, 256) and seen.timestamp_ms == 0 and tracker.person == 1
    assert (seen.face[:, :2] > 0).all() and (seen.face[:, :2] < 256).all()


def test_refined_points_lie_where_the_features_are(tracker: FaceTracker, alex) -> None:
    face = tracker.see(alex(), 0).face
    assert face is not None
    for iris, corners in ((face[468], face[[33, 133]]), (face[473], face[[362, 263]])):
        assert np.linalg.norm(iris[:2] - corners[:, :2].mean(0)) < 5  # pixels
    assert face[291, 0] - face[61, 0] > 20 and face[10, 1] < face[1, 1] < face[13, 1] < face[152, 1]


@pytest.mark.parametrize(("yaw", "pitch"), [(0.35, 0.0), (-0.35, 0.0), (0.0, 0.3), (0.0, -0.3)])
def test_head_angles_follow_the_face_space(tracker: FaceTracker, alex, yaw: float, pitch: float) -> None:
    still, turned = tracker.see(alex(), 0).face, tracker.see(alex(headYaw=yaw, headPitch=pitch), 2000).face
    assert still is not None and turned is not None
    before, after = measure(still), measure(turned)
    assert np.radians(after.yaw_deg - before.yaw_deg) == pytest.approx(yaw, abs=0.1)
    assert np.radians(after.pitch_deg - before.pitch_deg) == pytest.approx(pitch, abs=0.12)


def test_mouth_measures_follow_smile_and_jaw(tracker: FaceTracker, alex) -> None:
    pictures = alex(), alex(**SMILE), alex(jawOpen=0.4)
    faces = [tracker.see(picture, index * 1000).face for index, picture in enumerate(pictures)]
    rest, smile, jaw = (measure(face) for face in faces if face is not None)
    assert smile.mouth_width > rest.mouth_width + 0.06 and smile.corner_lift > rest.corner_lift + 0.02
    assert jaw.mouth_open > rest.mouth_open + 0.08


def test_the_nearest_of_two_is_followed(tracker: FaceTracker, alex) -> None:
    near = alex()
    far = np.full_like(near, 90)
    far[64:192, 64:192] = near[::2, ::2]
    for index in range(3):
        seen = tracker.see(beside(far, near), index * STEP_MS)
        assert seen.face is not None and seen.face[:, 0].mean() > 256 and tracker.person == 1


def test_the_followed_face_is_kept_until_another_is_clearly_nearer(tracker: FaceTracker, alex) -> None:
    def crowd(*sizes: int) -> np.ndarray:
        picture = np.full((256, 256 * len(sizes), 3), 90, np.uint8)
        for k, size in enumerate(sizes):
            picture[:size, 256 * k : 256 * k + size] = cv2.resize(alex(), (size, size), interpolation=cv2.INTER_AREA)
        return picture

    def column(sizes: tuple[int, ...], now_ms: int) -> tuple[int, int]:
        seen = tracker.see(crowd(*sizes), now_ms)
        assert seen.face is not None
        return int(seen.face[:, 0].mean()) // 256, tracker.person

    assert column((220, 190), 0) == (0, 1)
    assert column((220, 245), 1200) == (0, 1)  # a little nearer
    assert column((160, 256), 2400) == (1, 2)  # clearly nearer
    assert column((160, 256), 2600) == (1, 2)


def test_of_ten_faces_the_nearest_counts_and_costs_no_more(tracker: FaceTracker, alex) -> None:
    far, near = cv2.resize(alex(), (140, 140), interpolation=cv2.INTER_AREA), alex()
    picture = np.full((560, 700, 3), 90, np.uint8)
    for k in range(9):
        y, x = divmod(k, 5)
        picture[y * 140 : y * 140 + 140, x * 140 : x * 140 + 140] = far
    picture[300:556, 300:556] = near
    faces = [tracker.see(picture, now_ms).face for now_ms in (0, 60, 120)]
    assert all(face is not None and face[:, 0].min() > 300 and face[:, 1].min() > 300 for face in faces)


def test_a_face_that_was_gone_for_long_is_somebody_elses(tracker: FaceTracker, alex) -> None:
    empty = np.full((256, 256, 3), 90, np.uint8)
    for picture, now_ms, person in (
        (alex(), 0, 1),
        (empty, 1000, 1),
        (alex(), 2000, 1),
        (empty, 6000, 1),
        (alex(), 6100, 2),
    ):
        tracker.see(picture, now_ms)
        assert tracker.person == person


def test_no_face_and_no_body_where_there_is_none(tracker: FaceTracker) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    for index, picture in enumerate((np.zeros_like(noise), np.full_like(noise, 128), noise)):
        seen = tracker.see(picture, index * 2000)
        assert seen.face is None and seen.pose is None


def test_far_away_a_body_is_seen_and_somebody_is_present(
    tracker: FaceTracker, alex, capfd: pytest.CaptureFixture[str]
) -> None:
    picture, cues = np.full((480, 640, 3), 110, np.uint8), Cues()
    picture[-64:, 300:364] = alex()[::4, ::4]
    known: frozenset[str] = frozenset()
    for now_ms in range(0, 3000, STEP_MS):
        seen = tracker.see(picture, now_ms)
        assert seen.face is None and (seen.pose is not None) == (now_ms % 400 == 0)
        known = cues.update(seen, float(picture.mean()))
    assert known == {"present"}
    assert capfd.readouterr().err == ""


def test_times_that_stand_still_or_fall_do_no_harm(tracker: FaceTracker, alex) -> None:
    assert all(tracker.see(alex(), now_ms).face is not None for now_ms in (1000, 1000, 500))


def test_other_pictures_are_refused(tracker: FaceTracker) -> None:
    with pytest.raises(InputError, match="RGB uint8"):
        tracker.see(np.zeros((240, 320), np.uint8), 0)
    with pytest.raises(InputError, match="float64"):
        tracker.see(np.zeros((240, 320, 3)), 0)


@pytest.mark.skipif(not GRID.is_dir(), reason="no ../shared/data/grid/video")
@pytest.mark.parametrize("clip", ["bbal8p", "sgii4p"])
def test_a_real_speaker_is_present_speaks_and_does_not_smile(tracker: FaceTracker, clip: str) -> None:
    cues, known = Cues(), []
    offset_ms = 0
    for _ in range(2):  # three seconds are soon over
        for seconds, picture in read_pictures(GRID / f"{clip}.mpg"):
            now_ms = offset_ms + round(seconds * 1000)
            if now_ms % STEP_MS == 0:
                seen = tracker.see(picture, now_ms)
                assert seen.face is not None
                known.append(cues.update(seen, float(picture.mean())))
        offset_ms += 3000
    assert known[-1] >= {"present", "looking"} and any("speaking" in facts for facts in known)
    assert not any({"smile", "away", "dark", "looking_away"} & facts for facts in known)


def test_a_followed_face_is_not_smoothed(tracker: FaceTracker, alex) -> None:
    jaws = (0.0, 0.0, 0.5, 0.5, 0.0, 0.0)
    faces = [tracker.see(alex(jawOpen=jaw), 40 * k).face for k, jaw in enumerate(jaws)]
    opening = [measure(face).mouth_open for face in faces if face is not None]
    assert opening[2] > 0.9 * opening[3] and opening[4] < 0.1 * opening[3]


def test_who_comes_nearer_is_followed_from_then_on(tracker: FaceTracker, alex) -> None:
    far, near = cv2.resize(alex(), (160, 160), interpolation=cv2.INTER_AREA), alex(jawOpen=0.5)
    picture = np.full((256, 512, 3), 90, np.uint8)
    picture[-160:, :160] = far
    first = tracker.see(picture, 0).face
    picture[:, 256:] = near
    faces = [tracker.see(picture, now_ms).face for now_ms in (1500, 1560, 1620)]
    assert first is not None and first[:, 0].mean() < 160 and tracker.person == 2
    assert all(face is not None and face[:, 0].min() > 300 and measure(face).mouth_open > 0.1 for face in faces)
