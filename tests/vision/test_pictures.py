"""Picture files: read upright, and refused by their headers before anything is decoded."""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visavis.vision.pictures import read_picture
from visavis_models.errors import InputError


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_every_kind_is_read(tmp_path: Path, suffix: str) -> None:
    picture = np.zeros((80, 120, 3), np.uint8)
    picture[:, :60] = [200, 60, 20]
    Image.fromarray(picture).save(tmp_path / f"a{suffix}")
    read = read_picture(tmp_path / f"a{suffix}").astype(int)
    assert read.shape == picture.shape and np.abs(read - picture).mean() < 8


def test_a_camera_held_sideways_is_turned_upright(tmp_path: Path) -> None:
    picture = np.zeros((80, 120, 3), np.uint8)
    picture[:20] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right to see it upright
    Image.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    upright = read_picture(tmp_path / "a.png")
    assert upright.shape == (120, 80, 3) and upright[:, 60:].min() == 255 and upright[:, :60].max() == 0


def test_transparent_parts_lie_on_a_plain_ground(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((80, 80, 4), np.uint8)).save(tmp_path / "a.png")
    assert np.ptp(read_picture(tmp_path / "a.png")) == 0


def bomb(path: Path, width: int, height: int) -> Path:
    """A PNG of a few bytes whose header promises width x height pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("size", [(10_000, 10_000), (60_000, 100), (200_000, 200_000), (40, 40)])
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, size: tuple[int, int]) -> None:
    began = time.process_time()
    with pytest.raises(InputError, match=r"bomb\.png.*(pixels|small)"):
        read_picture(bomb(tmp_path / "bomb.png", *size))
    assert time.process_time() - began < 1


def test_a_small_picture_is_small_and_not_damaged(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="40x40 is too small") as refused:
        read_picture(bomb(tmp_path / "a.png", 40, 40))
    assert "damaged" not in str(refused.value)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "torn.png").write_bytes(bomb(tmp_path / "b.png", 100, 100).read_bytes()[:60])
    for name in ("text.png", "torn.png", "none.png", "."):
        with pytest.raises(InputError, match=name):
            read_picture(tmp_path / name)
