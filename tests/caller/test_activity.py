"""Voice activity: files and arriving sound by one rule."""

import numpy as np
import pytest

from visavis.caller.activity import STEP_S, VoiceMeter, levels, voice_spans

RATE = 48_000


def sound(*parts: tuple[float, float]) -> np.ndarray:
    """Noise of given (seconds, amplitude of full scale)."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.uniform(-a, a, round(s * RATE)) * 32767 for s, a in parts]).astype(np.int16)


def test_level_of_full_scale_and_of_silence() -> None:
    square = np.full(RATE // 100, 32767, np.int16)
    assert levels(square, RATE) == pytest.approx([0, 0], abs=0.01)
    assert levels(np.zeros(480, np.int16), RATE).tolist() == [-96, -96]


@pytest.mark.parametrize("noise", [0.0, 0.002, 0.01])
def test_voice_is_found_above_any_floor(noise: float) -> None:
    spans = voice_spans(levels(sound((1, noise), (0.5, 0.3), (1, noise)), RATE))
    assert [(span.start, span.end) for span in spans] == [pytest.approx((1.0, 1.5), abs=0.011)]


def test_short_silences_join_and_clicks_do_not_count() -> None:
    values = levels(sound((1, 0), (0.01, 0.9), (1, 0), (0.3, 0.3), (0.2, 0), (0.3, 0.3), (1, 0)), RATE)
    assert len(voice_spans(values)) == 1
    assert len(voice_spans(values, join_s=0.1)) == 2
    assert len(voice_spans(values, shortest_s=0)) == 2


def test_the_probes_clicks_are_no_voice_however_the_codec_stretches_them() -> None:
    clicks = sum((((0.96, 0), (0.04, 0.5)) for _ in range(5)), ())
    pcm = sound(*clicks, (1, 0), (0.5, 0.3), (1, 0))
    (span,) = voice_spans(levels(pcm, RATE))
    meter = VoiceMeter()
    for at in range(0, len(pcm), 480):
        meter.push(at / RATE, levels(pcm[at : at + 480], RATE))
    assert span.start == pytest.approx(6.0, abs=0.011) == meter.onset_s


def test_a_file_without_any_silence_is_all_voice() -> None:
    (span,) = voice_spans(levels(sound((1, 0.3)), RATE))
    assert (span.start, span.end) == (0.0, 1.0)


def test_silence_is_no_voice() -> None:
    assert voice_spans(levels(sound((2, 0.001)), RATE)) == []
    assert voice_spans(np.empty(0, np.float32)) == []


def test_arriving_sound_equals_the_whole() -> None:
    pcm = sound((1, 0.001), (0.6, 0.3), (1, 0.001), (0.02, 0.9), (0.5, 0.001))
    meter = VoiceMeter()
    for at in range(0, len(pcm), 480):
        meter.push(10 + at / RATE, levels(pcm[at : at + 480], RATE))
    (span,) = voice_spans(levels(pcm, RATE))
    assert meter.onset_s == pytest.approx(10 + span.start, abs=STEP_S / 2)
    assert meter.last_voiced_s == pytest.approx(10 + span.end, abs=STEP_S / 2)
