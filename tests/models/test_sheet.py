"""Contact sheets: every cell shows what its name says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visavis_models.errors import InputError
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.sheet import SHAPES, SHEETS, contact_sheet, crop_of, row_of, write_picture
from visavis_models.spec import INDEX


def test_a_star_stands_for_both_sides_and_the_head_is_in_degrees() -> None:
    row = row_of({"eyeBlink*": 0.5, "headYaw": 90})
    assert row[INDEX["eyeBlinkLeft"]] == row[INDEX["eyeBlinkRight"]] == 0.5
    assert row[INDEX["headYaw"]] == pytest.approx(np.pi / 2)


def test_every_shape_is_there_at_half_and_at_one() -> None:
    assert len(SHAPES) == 2 * 53
    assert all(row_of(weights).any() for weights in SHAPES.values())


def test_a_sheet_is_its_cells_in_rows() -> None:
    cells = {"rest": None, "jaw": {"jawOpen": 1.0}, "blink": {"eyeBlink*": 1.0}}
    picture = contact_sheet(portrait("alex"), cells, columns=2, side=64)
    assert picture.shape == (128, 128, 3) and not picture[64:, 64:].any()
    assert not np.array_equal(picture[:64, :64], picture[:64, 64:])


@pytest.mark.parametrize("part", sorted({part for _, part in SHEETS.values()}))
def test_crops_lie_within_the_frame(part: str) -> None:
    x0, y0, x1, y1 = crop_of(Renderer(portrait("alex"), 256), part)
    assert 0 <= x0 < x1 <= 256 and 0 <= y0 < y1 <= 256


def test_a_picture_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    black = np.zeros((4, 4, 3), np.uint8)
    write_picture(tmp_path / "a.png", black)
    with pytest.raises(InputError, match=r"b\.xyz"):
        write_picture(tmp_path / "b.xyz", black)
    with pytest.raises(InputError, match="missing"):
        write_picture(tmp_path / "missing" / "a.png", black)
