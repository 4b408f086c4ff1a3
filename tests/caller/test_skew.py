"""Skew from the frames' clock: known delays are found again."""

import numpy as np
import pytest

from visavis.caller.skew import Delays, Skew, best_shift, frame_skew, running_median, sent_levels, voice_delays
from visavis.caller.take import Picture
from visavis.caller.timeline import SenderClock
from visavis.media.events import VoiceEnvelope

CLOCK = SenderClock([(100.0, 5_000_000_000)])  # the sender's 5000 s are the caller's 100 s


def speech(steps: int) -> np.ndarray:
    """Levels that go up and down like syllables, dBFS, float32, whole dB."""
    rng = np.random.default_rng(3)
    syllables = np.concatenate([np.linspace(0, np.pi, n) for n in rng.integers(15, 50, steps // 15)])[:steps]
    return np.rint(-70 + 50 * np.sin(syllables) * rng.uniform(0.7, 1.0, steps)).astype(np.float32)


def envelopes(values: np.ndarray) -> list[VoiceEnvelope]:
    blocks = (values + 96).astype(np.uint8).reshape(-1, 40)
    return [VoiceEnvelope(5_000_000_000 + k * 200_000, block.tobytes()) for k, block in enumerate(blocks)]


@pytest.mark.parametrize("delay_s", [0.0, 0.0425, 0.3])
def test_the_voices_delay_is_found(delay_s: float) -> None:
    sent = speech(1600)
    times = np.arange(2000) * 0.005
    heard = np.interp(times, 0.5 + delay_s + np.arange(1600) * 0.005, sent, left=-90, right=-90).astype(np.float32)
    began_s, grid = sent_levels(envelopes(sent), CLOCK)
    delays = voice_delays(began_s, grid, 99.5, heard)
    assert len(delays.at_s) > 20
    assert np.allclose(delays.delay_s, delay_s, atol=0.002)


def test_lost_envelopes_leave_a_gap_and_silence_says_nothing() -> None:
    sent = speech(1600)
    kept = [envelope for k, envelope in enumerate(envelopes(sent)) if k != 20]
    began_s, grid = sent_levels(kept, CLOCK)
    assert began_s == pytest.approx(100.0) and np.isnan(grid[800:840]).all() and not np.isnan(grid[:800]).any()
    delays = voice_delays(began_s, grid, 99.5, np.concatenate([np.full(100, -90, np.float32), sent, sent[:300]]))
    assert np.isnan(delays.at(np.array([104.1 + 0.0, 150.0]))).tolist() == [False, True]
    quiet = voice_delays(100.0, np.full(1600, -90, np.float32), 99.5, np.full(2000, -90, np.float32))
    assert len(quiet.at_s) == 0 and np.isnan(quiet.at(np.array([101.0]))).all()


def test_no_envelope_at_all() -> None:
    began_s, grid = sent_levels([], CLOCK)
    assert len(voice_delays(began_s, grid, 0.0, np.zeros(100, np.float32)).at_s) == 0


def test_unlike_sound_matches_nowhere() -> None:
    assert best_shift(speech(200), np.random.default_rng(0).uniform(-60, -20, 600).astype(np.float32)) is None


def test_skew_is_picture_minus_voice() -> None:
    delays = Delays(np.array([100.0, 101.0]), np.array([0.1, 0.1]))
    pictures = [Picture(0, 100.64 + k / 25, 5_000_500_000 + k * 40_000, (512, 512), 90.0) for k in range(5)] + [
        Picture(0, 101.0, None, (512, 512), 90.0)
    ]
    skew = frame_skew(pictures, CLOCK, delays)
    assert skew.skew_s == pytest.approx([0.04] * 5)


def test_figures_part_at_five_seconds() -> None:
    skew = Skew(np.arange(10.0), np.array([0.1] * 5 + [-0.02, 0.02, 0.02, -0.02, 0.02]))
    assert skew.figures(0.0) == {"p50": 20.0, "p95": 20.0, "p95_first_5s": 100.0, "mean": 52.0}
    nothing = Skew(np.empty(0), np.empty(0)).figures(0.0)
    assert set(nothing.values()) == {None}


def test_a_single_outlier_is_outvoted() -> None:
    assert running_median(np.array([1.0, 1, 9, 1, 1, 1])).tolist() == [1] * 6
    assert len(running_median(np.empty(0))) == 0
