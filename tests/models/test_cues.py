"""What a face is told of both voices: when a phrase was over, and how high its own voice is."""

import numpy as np
import pytest

from visavis_models.serve.cues import (
    ANSWER_EVERY,
    HEARD_FRAMES,
    PHRASE_CUES,
    REACH,
    TONE_FRAMES,
    answered,
    phrase_cue,
    since_phrase,
    since_phrase_now,
    tone,
)
from visavis_models.serve.layout import HOP, WINDOW
from visavis_models.spec import FPS, MODEL_FRAME, MODEL_RATE

SILENCE = np.zeros(HOP * MODEL_FRAME, np.float32)


def spoken(*stretches: tuple[float, int]) -> np.ndarray:
    """Noise of so much RMS for so many frames, one after the other, 16 kHz."""
    rng = np.random.default_rng(0)
    return np.concatenate([rms * rng.standard_normal(n * MODEL_FRAME) for rms, n in stretches]).astype(np.float32)


PHRASES = spoken(*((0.1, 40), (0.001, 12), (0.1, 20), (0.001, 40)) * 4)


def buzz(hz: np.ndarray) -> np.ndarray:
    """A voice of this pitch in each sample."""
    return (0.3 * np.sign(np.sin(2 * np.pi * np.cumsum(hz) / MODEL_RATE))).astype(np.float32)


def test_a_phrase_that_is_over_is_counted_from() -> None:
    since = since_phrase(spoken((0.001, 10), (0.1, 40), (0.001, 50)))
    assert (since[:55] == REACH).all()
    np.testing.assert_array_equal(since[55:90], np.minimum(np.arange(35), REACH))


def test_the_newest_seconds_tell_what_the_whole_tells() -> None:
    whole = since_phrase(PHRASES)
    heard = [PHRASES[: (k + 1) * MODEL_FRAME][-HEARD_FRAMES * MODEL_FRAME :] for k in range(len(whole))]
    assert [since_phrase_now(part) for part in heard] == whole.tolist()
    assert since_phrase_now(None) == since_phrase_now(SILENCE[:100]) == REACH


def test_a_phrase_is_answered_once_and_not_by_who_speaks() -> None:
    """Hop by hop, from what was heard until each: every answer is new, and two seconds lie between them."""

    def answers(voice: np.ndarray) -> list[int]:
        out = [-ANSWER_EVERY]
        for frame in range(0, len(PHRASES) // MODEL_FRAME, HOP):
            out.append(answered(PHRASES[: frame * MODEL_FRAME], voice, frame, out[-1]))
        return sorted(set(out))

    ends = np.flatnonzero(since_phrase(PHRASES) == 0).tolist()
    given = answers(SILENCE)
    assert given[1] == ends[0] and set(given[1:]) < set(ends) and len(given) > 3
    assert min(np.diff(given)) >= ANSWER_EVERY
    assert answers(spoken((0.1, HOP))) == [-ANSWER_EVERY]
    assert answered(PHRASES[: (ends[0] + 20) * MODEL_FRAME], SILENCE, ends[0] + 20, -ANSWER_EVERY) == -ANSWER_EVERY


@pytest.mark.parametrize("rms", [0.01, 0.1, 0.17, 0.2, 0.3])
def test_a_noise_that_goes_on_is_no_phrase_that_ends(rms: float) -> None:
    noise, before = spoken((rms, 750)), -ANSWER_EVERY
    for frame in range(0, 750, HOP):
        before = answered(noise[: frame * MODEL_FRAME], SILENCE, frame, before)
    assert before == -ANSWER_EVERY


def test_bumps_go_on_from_hop_to_hop_and_end() -> None:
    np.testing.assert_array_equal(phrase_cue(12, 5)[HOP:], phrase_cue(12 + HOP, 5)[: WINDOW - HOP])
    assert phrase_cue(6, 5).any() and not phrase_cue(6 + REACH, 5).any() and not PHRASE_CUES[REACH].any()


def test_a_voice_that_rises_is_high_and_silence_is_neither() -> None:
    rises, falls = (tone(buzz(np.linspace(*hz, 2 * MODEL_RATE)))[TONE_FRAMES:] for hz in ((100, 200), (200, 100)))
    assert rises.mean() > 0.8 and falls.mean() < -0.8
    assert not tone(np.zeros(FPS * MODEL_FRAME, np.float32)).any()


@pytest.mark.parametrize("frame", [30, 47])
def test_a_tone_rests_on_its_last_second_alone(frame: int) -> None:
    voice = buzz(140 + 40 * np.sin(np.arange(2 * MODEL_RATE) / 3000))
    last = voice[(frame + 1 - TONE_FRAMES) * MODEL_FRAME : (frame + 1) * MODEL_FRAME]
    assert tone(voice)[frame] == pytest.approx(tone(last)[-1], abs=1e-4)
