"""The renderer: rest is the picture, signs are the face space's, the same motion is the same picture."""

from __future__ import annotations

import numpy as np
import pytest

from visavis_models.errors import InputError
from visavis_models.serve.portrait import Portrait, portrait
from visavis_models.serve.renderer import Renderer, compile_kernels, resized
from visavis_models.spec import INDEX, N_MOTION


@pytest.fixture(scope="module")
def alex() -> Portrait:
    return portrait("alex")


@pytest.fixture(scope="module")
def renderer(alex: Portrait) -> Renderer:
    return Renderer(alex)


def row(**values: float) -> np.ndarray:
    motion = np.zeros((1, N_MOTION), np.float32)
    for name, value in values.items():
        motion[0, INDEX[name]] = value
    return motion


def moved(renderer: Renderer, mark: str, **values: float) -> np.ndarray:
    """How a named place moves from neutral, (x, y) in pixels."""
    at = renderer.landmarks(np.concatenate([row(), row(**values)]))[mark]
    return at[1] - at[0]


def test_rest_gives_the_picture_back(alex: Portrait, renderer: Renderer) -> None:
    figure, plate = resized(alex.figure, 512).astype(np.float32), resized(alex.plate, 512).astype(np.float32)
    picture = figure[..., :3] + (1 - figure[..., 3:] / 255) * plate
    away = np.abs(renderer.render(alex.rest[None])[0] - picture)
    lashes_and_eyes = np.zeros((512, 512), bool)
    for x, y in alex.eyes.origin // 2:
        lashes_and_eyes[y : y + alex.eyes.sclera.shape[1] // 2 + 1, x : x + alex.eyes.sclera.shape[2] // 2 + 1] = True
    assert away[~lashes_and_eyes].max() <= 3


def test_positive_yaw_turns_the_nose_to_the_pictures_right(renderer: Renderer) -> None:
    assert moved(renderer, "nose", headYaw=0.1)[0] > 3


def test_positive_pitch_lowers_the_nose(renderer: Renderer) -> None:
    assert moved(renderer, "nose", headPitch=0.1)[1] > 3


def test_positive_roll_tips_the_crown_to_the_pictures_left(renderer: Renderer) -> None:
    assert moved(renderer, "forehead", headRoll=0.1)[0] < -3


def test_place_counts_centimetres_right_and_up(alex: Portrait, renderer: Renderer) -> None:
    away = moved(renderer, "nose", headX=1.0, headY=1.0)
    np.testing.assert_allclose(away, np.array([1, -1]) * alex.scale * 512 / alex.size, rtol=0.01)


def test_coming_nearer_grows_the_face(renderer: Renderer) -> None:
    near = renderer.landmarks(np.concatenate([row(), row(headZ=9.0)]))
    heights = near["chin"][:, 1] - near["forehead"][:, 1]
    assert heights[1] / heights[0] == pytest.approx(90 / 81, rel=0.01)


def test_an_open_jaw_parts_the_lips_and_mouth_close_shuts_them_again(renderer: Renderer) -> None:
    rows = np.concatenate([row(), row(jawOpen=0.5), row(jawOpen=0.5, mouthClose=0.5)])
    at = renderer.landmarks(rows)
    gap = (at["lower_lip"] - at["upper_lip"])[:, 1]
    assert gap[1] > gap[0] + 10 and gap[2] < gap[0] + 3


def test_the_persons_own_left_eye_is_on_the_pictures_right(renderer: Renderer) -> None:
    still, winked = renderer.render(np.concatenate([row(), row(eyeBlinkLeft=1.0)])).astype(int)
    changed = np.abs(winked - still).sum(2) > 30
    assert changed[:, 256:].any() and not changed[:, :256].any()


def test_looking_to_the_persons_left_moves_both_pupils_to_the_pictures_right(renderer: Renderer) -> None:
    frames = renderer.render(np.concatenate([row(), row(eyeLookOutLeft=0.6, eyeLookInRight=0.6)])).astype(float)
    for centre in renderer.portrait.eyes.centres:
        x, y = (centre[:2] / 2).round().astype(int)
        dark = np.clip(120 - frames[:, y - 4 : y + 5, x - 16 : x + 17].mean(3), 0, None).sum(1)
        place = (dark * np.arange(33)).sum(1) / dark.sum(1)
        assert place[1] > place[0] + 2


def test_shoulders_stay_when_the_head_turns_and_rise_with_breath(renderer: Renderer) -> None:
    still, turned, breathing = renderer.render(
        np.concatenate([row(), row(headYaw=0.2, headPitch=0.1, headRoll=0.1), row(breath=1.0)])
    ).astype(int)
    assert np.abs(turned - still)[450:].max() == 0
    assert np.abs(breathing - still)[450:].max() > 10


def test_the_same_motion_gives_the_identical_picture(alex: Portrait, renderer: Renderer) -> None:
    motion = np.concatenate([row(jawOpen=0.3, headYaw=0.1), row(eyeBlinkLeft=0.5, headRoll=-0.1)])
    first = renderer.render(motion)
    other = Renderer(alex)
    one_by_one = np.concatenate([other.render(motion[1:]), other.render(motion[:1])])[::-1]
    assert np.array_equal(first, one_by_one)


@pytest.mark.parametrize("size", [384, 256])
def test_smaller_sizes_show_the_same(alex: Portrait, renderer: Renderer, size: int) -> None:
    motion = row(jawOpen=0.4, headYaw=-0.15)
    small = Renderer(alex, size).render(motion)[0].astype(int)
    assert np.abs(small - resized(renderer.render(motion)[0], size)).mean() < 2


def test_extreme_motion_is_drawn_inside_the_frame(renderer: Renderer) -> None:
    wild = np.random.default_rng(1).uniform(-3, 3, (8, N_MOTION)).astype(np.float32)
    assert renderer.render(wild).shape == (8, 512, 512, 3)


def test_draws_into_the_callers_memory(renderer: Renderer) -> None:
    out = np.zeros((1, 512, 512, 3), np.uint8)
    assert renderer.render(row(), out) is out and out.any()


def test_bad_input_is_named(alex: Portrait, renderer: Renderer) -> None:
    with pytest.raises(InputError, match="60"):
        renderer.render(np.zeros((1, 52), np.float32))
    with pytest.raises(InputError, match="finite"):
        renderer.render(np.full((1, N_MOTION), np.nan, np.float32))
    with pytest.raises(InputError, match="out"):
        renderer.render(row(), np.zeros((1, 8, 8, 3), np.uint8))
    with pytest.raises(InputError, match="500"):
        Renderer(alex, 500)


def test_set_up_compiles_every_kernel() -> None:
    compile_kernels()
