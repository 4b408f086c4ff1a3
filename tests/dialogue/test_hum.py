"""A hum is told by its sound, words are not taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from visavis.caller.questions import ask
from visavis.caller.telephone import at_rate
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.dialogue.hum import is_hum
from visavis.media.frames import to_float
from visavis_models.spec import MODEL_RATE, ROOM_RATE


@pytest.fixture(scope="module")
def says():  # type: ignore[no-untyped-def]
    voice = HibariVoice()
    return lambda text: at_rate(to_float(ask(voice, text).pcm), ROOM_RATE, MODEL_RATE)


@pytest.mark.parametrize("text", ["Mm-hmm.", "Mhm.", "Hmm.", "Mm."])
def test_hums(says, text) -> None:  # type: ignore[no-untyped-def]
    assert is_hum(says(text))


@pytest.mark.parametrize("text", ["No.", "You.", "Moon.", "Mom.", "Who?", "One.", "Stop.", "Yeah.", "Enough."])
def test_words(says, text) -> None:  # type: ignore[no-untyped-def]
    assert not is_hum(says(text))


def test_what_is_no_voice() -> None:
    rng = np.random.default_rng(0)
    assert not is_hum(np.zeros(100, np.float32))
    assert not is_hum(rng.normal(0, 0.1, MODEL_RATE).astype(np.float32))
    assert not is_hum(np.sin(np.arange(2 * MODEL_RATE) * 0.08).astype(np.float32))
