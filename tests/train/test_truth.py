"""A drawn turn beside a rendered one: the same is no distance apart, and what is moved aside is by as much."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from visavis_models.serve.background import Background
from visavis_models.serve.portrait import Portrait, portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.train.gallery.truth import SIZE, Turn, compare, main


@pytest.fixture(scope="module")
def turn() -> Turn:
    """What is drawn, taken for what was rendered."""
    face = portrait("leo")
    nothing = np.zeros((SIZE, SIZE, 4), np.uint8)
    row = Turn("leo", 0, 15, nothing, nothing).row(face)
    matte = Renderer(face, SIZE, background=Background("transparent"), output="rgba").render(row[None])[0]
    return Turn("leo", 0, 15, matte, Renderer(face, SIZE).render(row[None])[0])


def shifted(turn: Turn, pixels: int) -> Turn:
    return Turn(turn.name, turn.pitch, turn.yaw, *(np.roll(one, pixels, 1) for one in (turn.matte, turn.picture)))


def test_the_same_is_no_distance_apart_and_a_shift_is_measured(turn: Turn) -> None:
    face: Portrait = portrait("leo")
    same, drawn = compare(turn, face)
    assert same.cheek_mm == 0 and same.colour == 0 and np.array_equal(drawn, turn.picture)
    aside, _ = compare(shifted(turn, 4), face)
    assert aside.cheek_mm == pytest.approx(10 * 4 / (face.scale * SIZE / face.size), rel=0.1) and aside.colour > 2


def test_every_turned_picture_of_a_folder_is_told(turn: Turn, tmp_path) -> None:
    cv2.imwrite(str(tmp_path / "leo_+0_+15.png"), turn.picture[..., ::-1])
    cv2.imwrite(str(tmp_path / "leo_+0_+15_rgba.png"), turn.matte[..., [2, 1, 0, 3]])
    done = CliRunner().invoke(main, [str(tmp_path), "--sheet", str(tmp_path / "sheet.jpg")])
    assert done.exit_code == 0 and "| leo | +0 | +15 | 0.0 | 0.0 |" in done.output and (tmp_path / "sheet.jpg").exists()


def test_a_turn_without_its_matte_is_said_in_one_line(turn: Turn, tmp_path) -> None:
    cv2.imwrite(str(tmp_path / "leo_+0_+15.png"), turn.picture[..., ::-1])
    done = CliRunner().invoke(main, [str(tmp_path)])
    assert done.exit_code == 1 and "leo_+0_+15_rgba.png: no picture" in done.output
