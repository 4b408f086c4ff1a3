"""The face space: names, order, files."""

from pathlib import Path

import numpy as np
import pytest

from visavis_models.errors import InputError
from visavis_models.spec import ARKIT_NAMES, INDEX, MOTION_NAMES, N_MOTION, WEIGHTS, Motion, channels, frames_in


def test_sixty_channels_in_apples_order() -> None:
    assert N_MOTION == 60 and len(set(MOTION_NAMES)) == 60
    assert ARKIT_NAMES[0] == "eyeBlinkLeft" and ARKIT_NAMES[17] == "jawOpen" and ARKIT_NAMES[51] == "tongueOut"
    assert (WEIGHTS.start, WEIGHTS.stop) == (0, 54)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (1, 1), (640, 1), (641, 2), (16_000, 25)])
def test_a_started_frame_counts(samples: int, frames: int) -> None:
    assert frames_in(samples, 16_000) == frames


def test_motion_survives_its_file(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((5, 60), np.float32)
    Motion(values).save(tmp_path / "m.npz")
    back = Motion.load(tmp_path / "m.npz")
    assert np.array_equal(back.values, values)
    assert np.array_equal(back["jawOpen"], values[:, INDEX["jawOpen"]])
    assert channels("headPitch", "headZ") == [54, 59]


def damaged(path: Path, **changes: object) -> Path:
    """A motion file of four frames with some of its entries changed."""
    entries = {"names": np.array(MOTION_NAMES), "fps": 25, "values": np.zeros((4, 60), np.float32), **changes}
    np.savez(path, **entries)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fps": 30}, "30 fps"),
        ({"names": np.array(["a"] * 60)}, "channels"),
        ({"values": np.zeros((4, 52), np.float32)}, "channels"),
        ({"values": np.full((4, 60), np.nan, np.float32)}, "finite"),
        ({"values": np.full((4, 60), "a")}, "finite"),
        ({"values": np.full((4, 60), 1j)}, "finite"),
        ({"fps": np.array([25, 25])}, "not a motion file"),
        ({"fps": "fast"}, "not a motion file"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path: Path, changes: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Motion.load(damaged(tmp_path / "m.npz", **changes))


def test_what_is_no_motion_file_at_all(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros((4, 60)))
    for content in (b"hello", b"", (tmp_path / "array.npy").read_bytes()):
        (tmp_path / "m.npz").write_bytes(content)
        with pytest.raises(InputError, match=r"m\.npz: not a motion file"):
            Motion.load(tmp_path / "m.npz")
    with pytest.raises(InputError, match=r"none\.npz"):
        Motion.load(tmp_path / "none.npz")
