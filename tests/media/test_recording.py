"""Both sides on one clock, whole at every moment."""

import wave
from pathlib import Path

import numpy as np
import pytest

from visavis.media.errors import InputError
from visavis.media.recording import AGENT, PEOPLE, RATE, Recording

BLOCK = RATE // 100


def read(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


def test_late_blocks_lie_end_to_end_and_a_gap_stays_a_gap(tmp_path: Path) -> None:
    recording, chance = Recording(tmp_path / "a" / "call.wav", 5_000_000), np.random.default_rng(1)
    for k in range(200):
        late_us = 0 if k == 0 else int(chance.uniform(0, 25_000))
        recording.add(PEOPLE, "phone", 6_000_000 + k * 10_000 + late_us, np.full(BLOCK, k + 1, np.int16))
    for k in range(200):  # after a second in which nothing came
        recording.add(PEOPLE, "phone", 9_000_000 + k * 10_000, np.full(BLOCK, 1000 + k, np.int16))
    recording.close(12_000_000)
    left, right = read(recording.path).T
    assert len(right) == 7 * RATE and not left.any()
    steady = right[RATE : 3 * RATE]
    np.testing.assert_array_equal(steady, np.repeat(np.arange(1, 201), BLOCK))
    assert np.flatnonzero(right == 1150)[0] == pytest.approx(4 * RATE + 150 * BLOCK, abs=0.05 * RATE)


def test_it_can_be_played_while_it_grows_and_voices_mix(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "call.wav", 0)
    recording.add(AGENT, "", 0, np.full(4 * RATE, 7, np.int16))
    for name in ("a", "b"):
        recording.add(PEOPLE, name, 1_000_000, np.full(RATE, 20_000, np.int16))
    recording.settle(4_000_000)
    assert recording.seconds == 2
    sound = read(recording.path)  # nothing was closed
    assert (sound[:, 0] == 7).all() and sound[0, 1] == 0 and sound[-1, 1] == 32767
    recording.close(4_000_000)
    assert len(read(recording.path)) == 4 * RATE


def test_a_folder_that_can_not_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="name a folder"):
        Recording(tmp_path / "file" / "call.wav", 0)
