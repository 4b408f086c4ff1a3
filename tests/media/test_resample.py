"""Sample rates: streamed equals whole, aligned sample by sample."""

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.media.resample import Resampler, polyphase


def tone(rate: int, seconds: float = 0.4, hz: float = 440.0) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_streamed_equals_whole_and_is_aligned(rate: int) -> None:
    stream, whole = Resampler(rate, 48_000), Resampler(rate, 48_000)
    voice = tone(rate)
    pieces = [stream.push(piece) for piece in np.array_split(voice, [1, 7, 500, 501, 2000])]
    streamed = np.concatenate([*pieces, stream.flush()])
    at_once = np.concatenate([whole.push(voice), whole.flush()])
    np.testing.assert_array_equal(streamed, at_once)
    assert len(streamed) == 19_200
    inner = slice(400, -400)
    np.testing.assert_allclose(streamed[inner], tone(48_000)[inner], atol=2e-3)


def test_hardly_holds_anything_back() -> None:
    stream = Resampler(24_000, 48_000)
    assert len(stream.push(tone(24_000, 0.02))) >= 960 - 48  # 1 ms


def test_what_the_lower_rate_can_not_carry_is_gone() -> None:
    loud = tone(48_000, hz=11_000)
    down = Resampler(48_000, 16_000)
    assert np.abs(down.push(loud))[200:-200].max() < 0.5 * 10 ** (-50 / 20)


def test_what_is_known_is_settled() -> None:
    filter_ = polyphase(48_000, 16_000)
    voice = tone(48_000)
    known = filter_.known(len(voice) // 2)
    settled = filter_.apply(voice[: len(voice) // 2], 0, 0, known)
    np.testing.assert_array_equal(settled, filter_.apply(voice, 0, 0, known))
