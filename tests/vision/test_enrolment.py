"""Enrolment of whole pictures: rest is the picture, and bad pictures get one sentence each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.vision import portraits
from visavis.vision.bundles import Bundles
from visavis.vision.enrolment import enrol_file, enrol_picture, the_face
from visavis.vision.pictures import read_picture
from visavis.vision.still import StillEye
from visavis_models.errors import InputError
from visavis_models.serve.background import resized
from visavis_models.serve.enrol import NoPortraitError
from visavis_models.serve.enrol.framing import framing
from visavis_models.serve.enrol.solve import OVAL, solve
from visavis_models.serve.head import Head
from visavis_models.serve.portrait import ASSETS, UNKNOWN, Portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import INDEX, N_MOTION, WEIGHTS
from visavis_models.train.before_faces import put_hand, put_lock, put_microphone

Picture = NDArray[np.uint8]
GALLERY = ASSETS / "gallery"
Save = Callable[..., Path]


@pytest.fixture(scope="module")
def astro(assembled: Bundles, astronaut: Picture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The astronaut's portrait."""
    folder = tmp_path_factory.mktemp("astro")
    cv2.imwrite(str(folder / "photo.png"), astronaut[..., ::-1])
    enrol_file(folder / "photo.png", folder / "astro.avatar", name="Eileen", consent="NASA, public domain")
    return folder / "astro.avatar"


def test_a_portrait_is_small_and_says_where_it_comes_from(astro: Path) -> None:
    held = Portrait.load(astro)
    assert astro.stat().st_size <= 6_000_000
    assert held.name == "Eileen" and held.provenance.source == "photo.png" and len(held.provenance.sha256) == 64
    assert held.provenance.consent == "NASA, public domain" and held.provenance.made_by.startswith("visavis ")


def test_rest_is_the_picture(astro: Path, astronaut: Picture, assembled: Bundles) -> None:
    held = Portrait.load(astro)
    with StillEye(assembled) as eye:
        landmarks = the_face(eye, astronaut)
    frame = framing(solve(Head.load(), landmarks), astronaut.shape)
    picture = resized(frame.cut(astronaut)[0], 512).astype(float)
    drawn = Renderer(held).render(held.rest[None])[0]
    outline = frame.place(landmarks[list(OVAL)])[:, :2] / 2
    face = cv2.fillConvexPoly(np.zeros((512, 512), np.uint8), cv2.convexHull(outline.astype(np.int32)), 1) > 0
    error = ((drawn - picture)[face] ** 2).mean()
    assert 10 * np.log10(255**2 / error) >= 38


def test_a_smile_is_known_for_one_and_taken_off(astro: Path) -> None:
    held = Portrait.load(astro)
    assert held.rest[INDEX["mouthSmileLeft"]] > 0.2
    at = Renderer(held).landmarks(np.stack([held.rest, np.zeros_like(held.rest)]))
    gap = (at["lower_lip"] - at["upper_lip"])[:, 1]
    assert gap[0] > 3 and abs(gap[1]) < 1.5  # teeth in the picture, lips that meet without the smile


def blank(own_face: Picture) -> Picture:
    return np.full_like(own_face, 120)


def two(own_face: Picture) -> Picture:
    return np.hstack([own_face, own_face[:, ::-1]])


def far(own_face: Picture) -> Picture:
    small = cv2.resize(own_face, (150, 150), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.copyMakeBorder(small, 60, 60, 60, 60, cv2.BORDER_REPLICATE), np.uint8)


def cut(own_face: Picture) -> Picture:
    return own_face[170:]


@pytest.mark.parametrize(
    ("spoil", "reason"), [(blank, "no face"), (two, "2 faces"), (far, "too small"), (cut, "cut off")]
)
def test_bad_pictures_get_a_sentence(
    spoil: Callable[[Picture], Picture], reason: str, own_face: Picture, saved: Save, assembled: Bundles, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=rf"me\.png: .*{reason}"):
        enrol_file(saved(spoil(own_face)), tmp_path / "me.avatar")
    assert not (tmp_path / "me.avatar").exists()


SKIN = (214, 160, 136)  # about Alex's


def with_hand(own_face: Picture) -> Picture:
    return put_hand(own_face, (330, 330), 12.0, SKIN, roll=-8, curl=(12, 10, 10, 12))


def with_lock(own_face: Picture) -> Picture:
    return put_lock(own_face, [(270, 110), (318, 180), (312, 260), (306, 350)], 32.0, (52, 34, 26), 500)


def with_microphone(own_face: Picture) -> Picture:
    return put_microphone(own_face, (300, 345), 30.0)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (with_hand, "a hand lies over the person's left cheek; give a picture without anything before the face"),
        (with_lock, "hair, a hard shadow or something else lies over the person's left cheek"),
        (with_microphone, "lies over the"),
    ],
)
def test_what_lies_before_the_face_is_named(
    spoil: Callable[[Picture], Picture], reason: str, own_face: Picture, assembled: Bundles
) -> None:
    with pytest.raises(NoPortraitError, match=reason):
        enrol_picture(spoil(own_face), "me", UNKNOWN)


def test_a_hand_beside_the_face_is_no_cover(own_face: Picture, assembled: Bundles) -> None:
    picture = put_hand(own_face, (425, 300), 12.0, SKIN, roll=8, curl=(6, 5, 5, 8))
    with StillEye(assembled) as eye:
        assert len(eye.hands(picture)) >= 1
    assert enrol_picture(picture, "me", UNKNOWN).name == "me"


def test_a_picture_is_enrolled_once(
    own_face: Picture, saved: Save, assembled: Bundles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    picture = saved(own_face)
    folder = tmp_path / "cache" / "visavis"
    folder.mkdir(parents=True)
    for model in {assembled.face.parent, assembled.pose.parent}:
        (folder / model.name).symlink_to(model)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = portraits.located(picture)
    made = Path(first).stat().st_mtime_ns
    again = portraits.located(saved(own_face, "copy.png"))
    assert again == first and Path(first).stat().st_mtime_ns == made
    assert portraits.portrait(picture).name == "me"


def test_a_drawn_face_that_is_taken_to_bow_keeps_its_throat_below_its_chin(assembled: Bundles) -> None:
    """At zero motion it is drawn in its own pose: with the head put upright, the throat's shade lay on the chin."""
    face = enrol_picture(read_picture(GALLERY / "pixel.png"), "drawn", UNKNOWN)
    assert abs(np.degrees(face.rest[INDEX["headPitch"]])) < 4
    zero = np.zeros((1, N_MOTION), np.float32)
    zero[0, WEIGHTS] = face.rest[WEIGHTS]
    shown, picture = (Renderer(face).render(row)[0].astype(int) for row in (zero, face.rest[None]))
    chin = slice(350, 400), slice(220, 292)
    assert (np.abs(shown - picture)[chin].max(axis=2) > 40).mean() < 0.1


def test_a_drawn_face_looks_at_the_viewer_closes_its_eyes_and_its_jaw_ends_where_it_is_drawn(
    assembled: Bundles,
) -> None:
    picture = read_picture(GALLERY / "pixel.png")
    face, known = enrol_picture(picture, "drawn", UNKNOWN), Portrait.load(ASSETS / "pixel.avatar")
    assert max(face.rest[INDEX[name]] for name in INDEX if name.startswith("eyeLook")) < 0.15
    for side in (0, 1):
        large, known_large = (
            one.eyes.iris[side] / np.ptp(one.skin.points[one.eyes.upper[side], 0]) for one in (face, known)
        )
        assert large == pytest.approx(known_large, rel=0.12)
    shut = np.zeros((1, N_MOTION), np.float32)
    shut[0, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]] = 1
    renderer = Renderer(face)
    frame = renderer.render(shut)[0].astype(int)
    for x, y in (face.eyes.centres[:, :2] * len(frame) / face.size).round().astype(int).tolist():
        around = frame[y - 20 : y + 20, x - 28 : x + 28]
        assert (around[..., 2] > around[..., 0]).mean() < 0.01  # nothing of the blue iris
    skin = face.skin.points[: int(face.skin.triangles[face.skin.surround :].max()) + 1]
    assert skin[:, 1].max() - skin[face.marks["chin"], 1] < 0.2 * face.scale  # a photograph has 2 cm of throat
    x, y = renderer.landmarks(face.rest[None])["lower_lip"][0]
    cm = face.scale * len(frame) / face.size
    beside = slice(int(y - cm), int(y + 4 * cm)), slice(int(x - 6 * cm), int(x - 2.5 * cm))
    shadow = [
        (np.abs(renderer.render(row)[0][beside].astype(int) - [193, 136, 134]).max(2) < 14).mean()
        for row in (face.rest[None], np.zeros((1, N_MOTION), np.float32))
    ]
    assert shadow[1] > 0.94 * shadow[0]  # the drawn shadow beside the mouth stays as the face begins to move


def test_names_and_avatar_files_need_no_models() -> None:
    assert portraits.located("alex") == "alex"
    with pytest.raises(InputError, match="bob"):
        portraits.located("bob")


def test_our_own_faces_are_each_seen_as_one_person(assembled: Bundles) -> None:
    with StillEye(assembled) as eye:
        for picture in sorted(GALLERY.glob("*[!a].png")):
            assert the_face(eye, read_picture(picture)).shape == (478, 3)
