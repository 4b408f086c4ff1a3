"""Backgrounds: what a user writes is what is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visavis_models.errors import InputError
from visavis_models.serve.background import Background
from visavis_models.serve.sheet import write_picture

OWN = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)


def test_the_pictures_own_is_kept() -> None:
    assert np.array_equal(Background.parse("own").plate(OWN, 64), OWN)


def test_a_plain_colour() -> None:
    plate = Background.parse("plain:#203040").plate(OWN, 64)
    assert plate.shape == (64, 64, 3) and (plate == [0x20, 0x30, 0x40]).all()


def test_a_blur_keeps_the_mean_and_loses_the_detail() -> None:
    plate = Background.parse("blur").plate(OWN, 64)
    assert abs(plate.mean() - OWN.mean()) < 3 and plate.std() < 0.4 * OWN.std()


def test_a_picture_covers_the_frame_with_its_middle(tmp_path: Path) -> None:
    wide = np.zeros((40, 100, 3), np.uint8)
    wide[:, 30:70] = [200, 10, 20]
    write_picture(tmp_path / "wide.png", wide)
    plate = Background.parse(str(tmp_path / "wide.png")).plate(OWN, 64)
    assert plate.shape == (64, 64, 3) and (plate == [200, 10, 20]).all()


@pytest.mark.parametrize("text", ["plain:#20304", "plain:blue", "nowhere.png"])
def test_what_is_no_background_is_named(text: str) -> None:
    with pytest.raises(InputError, match=text):
        Background.parse(text)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(InputError, match=r"a\.png: is no picture"):
        Background.parse(str(tmp_path / "a.png"))


def test_a_video_has_no_transparent_background() -> None:
    with pytest.raises(InputError, match="holds no alpha"):
        Background.of_video("transparent")
