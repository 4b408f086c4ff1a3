"""The people of the gallery as geometry; rendering them needs Blender and is not tested."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visavis_models.serve.enrol.build import build as enrolled
from visavis_models.serve.head import Head
from visavis_models.serve.portrait import ASSETS
from visavis_models.spec import INDEX
from visavis_models.train.gallery import build, clothes, figure, hair, skin, strands
from visavis_models.train.gallery.cast import CAST

HEAD = Path(__file__).parents[3] / "shared" / "data" / "ict_face" / "ict_face.npz"


@pytest.fixture(scope="module")
def source() -> figure.Source:
    if not HEAD.exists():
        pytest.skip("no ../shared: the parametric head is not here")
    return figure.load_source(HEAD)


def test_everybody_smiles_with_closed_lips(source: figure.Source) -> None:
    for person in CAST.values():
        row = figure.rest(person)
        assert row[INDEX["mouthSmileLeft"]] >= 0.3 and row[INDEX["jawOpen"]] == 0
        marks = figure.pose(source, person).landmarks
        upper, lower = marks[[61, 62, 63], 1], marks[[67, 66, 65], 1]
        assert (upper - lower < 0.25).all()


def test_an_identity_is_the_same_every_time_and_no_one_elses(source: figure.Source) -> None:
    people = list(CAST.values())
    weights = [figure.identity_weights(person, 100) for person in people]
    assert np.array_equal(weights[0], figure.identity_weights(people[0], 100))
    assert weights[0][2] == people[0].identity[2]
    apart = [np.abs(a - b).max() for i, a in enumerate(weights) for b in weights[:i]]
    assert min(apart) > 0.5


def test_a_beard_leaves_the_lips_free(source: figure.Source) -> None:
    mean = source.head.vertices
    region = skin.beard_region(mean)
    chin, lips, nose = mean[figure.LANDMARKS[8]], mean[figure.LANDMARKS[48:60]], mean[figure.LANDMARKS[30]]
    assert skin.beard_region(chin[None])[0] > 0.9 and skin.beard_region(nose[None])[0] == 0
    assert region.min() >= 0 and region.max() <= 1
    person = figure.pose(source, CAST["leo"])
    hairs = strands.beard(person, np.random.default_rng(0))
    middle = person.landmarks[48:60].mean(0)
    assert np.linalg.norm(hairs.points[:, 0] - middle, axis=1).min() > 0.4 and len(lips) == 12


def test_age_is_furrows_and_only_where_there_is_age(source: figure.Source) -> None:
    mean = source.head.vertices[:6706]
    none = np.zeros(len(mean))
    assert not skin.relief(CAST["mara"], mean, none).any()
    depth = skin.relief(CAST["nora"], mean, none)
    assert -0.2 < depth.min() < -0.03 and depth.max() < 0.1


@pytest.mark.parametrize("name", ["mara", "nora"])
def test_hair_grows_from_the_scalp_and_not_before_the_face(source: figure.Source, name: str) -> None:
    person = figure.pose(source, CAST[name])
    small = figure.replaced(person, strands=4000)
    mane = hair.grow(small, np.random.default_rng(1))
    eyes, _ = person.eyeballs()
    points = mane.points
    assert np.isfinite(points).all() and len(points) == len(mane.radius) > 500
    before = (points[..., 2] > eyes[:, 2].mean()) & (np.abs(points[..., 1] - eyes[:, 1].mean()) < 1.0)
    assert not (before & (np.abs(points[..., 0]) < 4.0)).any()
    assert mane.radius.min() < 0.5 * small.person.hair.radius < mane.radius.max()  # finer at the hairline


def test_a_collar_goes_round_the_neck() -> None:
    for person in CAST.values():
        points, quads, places = clothes.knit(person.clothes, (1.0, 0.0))
        assert len(points) == len(places) and max(map(max, quads)) == len(points) - 1
        assert points[:, 1].max() > -11 and np.abs(points[:, 0]).max() > 15


def test_cloth_does_not_fold_over_itself() -> None:
    for person in CAST.values():
        rings = clothes.knit(person.clothes, (1.0, 0.0))[0].reshape(-1, clothes.AROUND, 3)
        assert np.diff(rings[..., 1], axis=0).max() < 0, person.name


def test_no_skin_stands_out_of_the_clothes(source: figure.Source) -> None:
    posed = figure.pose(source, CAST["kenji"]).posed[:11248]
    top = clothes.knit(CAST["kenji"].clothes, (1.0, 0.0))[0]
    tucked = clothes.tucked(posed, top)
    moved = np.abs(tucked - posed).max(1) > 0.1
    assert moved.sum() > 20 and (np.abs(tucked[moved, 0]) <= np.abs(posed[moved, 0])).all()
    np.testing.assert_allclose(clothes.tucked(tucked, top), tucked, atol=1e-9)
    head = posed[:, 1] > -8.5
    np.testing.assert_array_equal(tucked[head], posed[head])


def test_an_open_jaw_stays_above_the_collar(source: figure.Source) -> None:
    for name in ("kenji", "nora"):
        person = figure.pose(source, CAST[name])
        fall = source.head.modes[INDEX["jawOpen"], figure.LANDMARKS[8], 1]
        top = clothes.knit(CAST[name].clothes, (1.0, 0.0))[0]
        edge = top[: clothes.AROUND][top[: clothes.AROUND, 2].argmax(), 1]
        assert person.landmarks[8, 1] + 0.8 * fall - edge > 2


def test_a_head_turns_on_shoulders_that_stay(source: figure.Source) -> None:
    person = figure.pose(source, CAST["leo"])
    nose, chin = person.landmarks[30], person.landmarks[8]
    places = np.array([nose, chin, chin - np.array([0, 9, 8])])
    turned = figure.turned(places, chin, (0.0, 0.3, 0.0))
    assert turned[0, 0] > nose[0] + 3 and turned[1, 0] > chin[0] + 3 and np.allclose(turned[2], places[2])
    assert figure.turned(places, chin, (0.2, 0.0, 0.0))[0, 1] < nose[1] - 2
    ways = [np.linalg.norm(points[:2] - figure.PIVOT, axis=1) for points in (turned, places)]
    assert np.allclose(*ways)


def test_under_a_chin_the_face_goes_over_into_its_throat_and_on_a_jaw_it_goes_on(source: figure.Source) -> None:
    person, head = CAST["kenji"], Head.load()
    picture, matte = (build.full_size(ASSETS / "gallery" / f"kenji{part}.png") for part in ("", "_rgba"))
    made = enrolled("Kenji", head, build.fitted(head, source, person), picture[..., ::-1], matte[..., [2, 1, 0, 3]])
    skin = made.skin
    face = skin.points[: int(skin.triangles[skin.surround :].max()) + 1, :2]
    x, y = ((face - face[made.marks["chin"]]) / made.scale).T
    slides = np.abs(skin.inset[: len(face)]).max(1) > 1
    assert not slides[(np.abs(x) < 1.5) & (y > -0.8)].any()
    assert slides[(np.abs(x) > 4.5) & (y > -5)].mean() > 0.2
