"""What the face hears of the person."""

import numpy as np
from livekit import rtc
from tests.avatar.conftest import hum

from visavis.avatar.listening import TAIL, Listening


def frame(value: int) -> rtc.AudioFrame:
    return rtc.AudioFrame(np.full(320, value, np.int16).tobytes(), 16_000, 1, 320)


def test_nothing_was_heard_at_first() -> None:
    assert Listening().voice(0) is None


def test_the_newest_is_last() -> None:
    listening = Listening()
    for k in range(300):
        listening.hear(frame(16_384 if k == 299 else 0), k * 20_000)
    voice = listening.voice(5_990_000)
    assert voice is not None and len(voice) == TAIL
    assert voice[-320:].tolist() == [0.5] * 320 and not voice[:-320].any()


def test_a_microphone_that_is_off_is_silence() -> None:
    listening = Listening()
    listening.hear(frame(16_384), 0)
    later = listening.voice(500_000)
    assert later is not None and not later[-8000:].any() and later[-8320:-8000].all()
    gone = listening.voice(6_000_000)
    assert gone is not None and not gone.any()


def test_other_rates_are_converted() -> None:
    listening = Listening()
    listening.hear(hum(0.5, 48_000), 0)
    voice = listening.voice(0)
    assert voice is not None and 7_900 < np.count_nonzero(voice) <= 8_000
