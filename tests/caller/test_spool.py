"""Pictures kept through a call."""

from pathlib import Path

import numpy as np

from visavis.caller.spool import Spool


def picture(luma: int, size: int = 64) -> np.ndarray:
    return np.concatenate([np.full((size, size), luma, np.uint8), np.full((size // 2, size), 128, np.uint8)])


def brightness(spool: Spool, *stretch: float) -> list[tuple[float, int]]:
    return [(at_s, round(frame.to_ndarray()[:64].mean())) for at_s, frame in spool.pictures(*stretch)]


def test_pictures_come_back_with_their_times(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for k in range(60):
        spool.put(k * 0.05, picture(40 + 3 * k))
    spool.close()
    back = brightness(spool)
    assert [at_s for at_s, _ in back] == [k * 0.05 for k in range(60)]
    assert all(abs(luma - 40 - 3 * k) <= 1 for k, (_, luma) in enumerate(back))
    assert [round(at_s / 0.05) for at_s, _ in spool.pictures(1.99, 2.11)] == [40, 41, 42]
    assert abs(brightness(spool, 1.99, 2.01)[0][1] - 160) <= 1


def test_a_new_size_is_a_new_file_and_the_largest_counts(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for k, size in enumerate((32, 32, 64, 48)):
        spool.put(float(k), picture(100, size))
    spool.close()
    assert spool.size == (64, 64) and len(list(tmp_path.iterdir())) == 3
    assert [frame.width for _, frame in spool.pictures()] == [32, 32, 64, 48]


def test_nothing_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.close()
    spool.close()
    assert spool.size is None and list(spool.pictures()) == []
