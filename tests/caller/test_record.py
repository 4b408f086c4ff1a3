"""The record: what was shown and heard, at its time."""

from pathlib import Path

import av
import numpy as np
import pytest

from visavis.caller.record import write_record
from visavis.caller.speech import Line
from visavis.caller.spool import Spool
from visavis.caller.take import Picture, Said, Take
from visavis.media.files import read_pictures

RATE = 48_000


def sound_of(path: Path, track: int) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=track)])


@pytest.fixture
def take() -> Take:
    """4 s from second 100 on: a click heard at 102.0 in a stream that began at 101.0, a line said from 101.5 on."""
    blocks = [np.zeros(480, np.int16) for _ in range(300)]
    blocks[100][:48] = 28_000
    tone = (0.3 * np.sin(np.arange(RATE // 2) * 0.05)).astype(np.float32)
    said = Said(Line.of("a.wav", tone), 0, False, [101.5 + k / 100 for k in range(50)])
    pictures = [Picture(100 + k / 25, 100 + k / 25, None, (64, 64), 100.0) for k in range(100)]
    heard = [(101.0 + k / 100, block) for k, block in enumerate(blocks)]
    return Take("me", said=[said], heard=heard, pictures=pictures, ended_s=104.0)


def test_flash_and_click_lie_at_their_second(take: Take, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    spool = Spool(tmp_path / "spool")
    for k, picture in enumerate(take.pictures):
        if k not in (10, 11):  # two pictures were lost: the one before stays
            spool.put(picture.shown_s, np.full((96, 64), 235 if k in (9, 50) else 20, np.uint8))
    spool.close()
    write_record(tmp_path / "out.mp4", take, spool)
    pictures = list(read_pictures(tmp_path / "out.mp4"))
    assert len(pictures) == 100
    assert [k for k, (_, rgb) in enumerate(pictures) if rgb.mean() > 100] == [9, 10, 11, 50]
    assert np.argmax(np.abs(sound_of(tmp_path / "out.mp4", 0))) / RATE == pytest.approx(2.0, abs=0.002)
    voiced = np.flatnonzero(np.abs(sound_of(tmp_path / "out.mp4", 1)) > 0.1)
    assert (voiced[0] / RATE, voiced[-1] / RATE) == pytest.approx((1.5, 2.0), abs=0.005)


def test_a_call_without_a_picture_has_a_black_one(take: Take, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    spool = Spool(tmp_path / "spool")
    spool.close()
    take.pictures.clear()
    write_record(tmp_path / "out.mp4", take, spool)
    pictures = list(read_pictures(tmp_path / "out.mp4"))
    assert len(pictures) == 75 and pictures[0][1].max() < 20
