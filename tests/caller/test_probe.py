"""Flash and click as a second opinion on the skew."""

import numpy as np
import pytest

from visavis.caller.probe import check, clicks, flashes
from visavis.caller.skew import Skew
from visavis.caller.take import Picture

RATE = 48_000


def test_flashes_are_bright_frames_that_begin() -> None:
    luma = [80, 235, 90, 80, 235, 235, 80]
    pictures = [Picture(k / 25, k / 25, None, (64, 64), value) for k, value in enumerate(luma)]
    assert flashes(pictures).tolist() == [1 / 25, 4 / 25]


def test_clicks_stand_out_of_silence_and_of_speech() -> None:
    rng = np.random.default_rng(4)
    speech = np.convolve(rng.standard_normal(3 * RATE), np.hanning(48) / 24, "same") * 3000
    speech[:RATE] = 0
    for at in (RATE // 2, 2 * RATE):
        speech[at : at + 48] = 26_000
    assert clicks(speech.clip(-32768, 32767).astype(np.int16), RATE) == pytest.approx([0.5, 2.0], abs=0.002)
    assert len(clicks(np.zeros(RATE, np.int16), RATE)) == 0


def test_both_measurements_agree_or_not() -> None:
    heard = np.arange(1.0, 11.0)
    skew = Skew(np.linspace(0, 12, 300), np.full(300, 0.03))
    agreeing = check(heard + 0.03, heard, skew)
    assert (agreeing.pairs, agreeing.p50, agreeing.difference_ms) == (10, 30.0, pytest.approx(0.0))
    assert check(heard - 0.05, heard, skew).difference_ms == pytest.approx(-80.0)


def test_a_probe_without_flash_or_click_says_so() -> None:
    nothing = Skew(np.empty(0), np.empty(0))
    assert check(np.empty(0), np.array([1.0]), nothing).pairs == 0
    assert check(np.array([1.0]), np.array([3.0]), nothing).pairs == 0
    assert check(np.array([1.0]), np.array([1.01]), nothing).difference_ms is None
