"""Scores find what was put there."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing needs torch: make test-train")

from visavis_models.spec import INDEX, MODEL_FRAME, MODEL_RATE, N_MOTION  # noqa: E402
from visavis_models.train import scores  # noqa: E402
from visavis_models.train.regression import Example, fit  # noqa: E402
from visavis_models.train.voice import Phone  # noqa: E402

RNG = np.random.default_rng(0)


def moving(frames: int = 200) -> np.ndarray:
    motion = np.zeros((frames, N_MOTION), np.float32)
    motion[:, INDEX["jawOpen"]] = 0.3 + 0.2 * np.sin(np.arange(frames))
    return motion


def test_a_late_and_small_curve_is_called_late_and_small():
    curve = np.cumsum(RNG.standard_normal(300)).astype(np.float32)
    found = scores.tracking(0.5 * np.roll(curve, 2), curve)
    assert found.lag_ms == 80 and found.amplitude == pytest.approx(0.5, abs=0.02)
    assert scores.tracking(curve, curve).r == pytest.approx(1.0)
    assert scores.correlation(np.zeros(9, np.float32), np.arange(9.0, dtype=np.float32)) == 0.0


def test_lips_that_close_are_found_and_open_ones_are_not():
    motion = moving()
    motion[50:53] = 0.0
    closed = scores.closed(motion)
    assert closed[50:53].all() and not closed[:50].any()
    assert scores.found(closed, [Phone("p", 2.04, 2.08), Phone("p", 4.0, 4.1)]) == (1, 2)


def test_a_bite_is_a_rolled_lip_and_a_small_gap():
    motion = moving()
    motion[:, INDEX["mouthRollLower"]] = 0.5
    assert not scores.bitten(motion)[moving()[:, INDEX["jawOpen"]] > 0.4].any()
    motion[:, INDEX["jawOpen"]] = 0.02
    assert scores.bitten(motion).all()


def test_lips_are_round_where_they_are_pushed_forward():
    motion = moving()
    motion[20:30, INDEX["mouthPucker"]] = 0.5
    assert scores.rounded(motion)[20:30].all() and scores.rounded(motion).sum() == 10


def test_every_vowel_counts_where_it_is_away_from_contacts():
    phones = [Phone("ə", 0.0, 0.08), Phone("m", 0.08, 0.2), Phone("ɑ", 0.2, 0.4), Phone("t", 0.4, 0.5)]
    shut = np.zeros(25, bool)
    assert scores.false_finds(shut, phones, "pbm") == (0, 2)
    shut[5] = True  # 0.20 to 0.24 s: the closure's own edge
    assert scores.false_finds(shut, phones, "pbm") == (0, 2)
    shut[8] = True
    assert scores.false_finds(shut, phones, "pbm") == (1, 2)


def test_a_jump_at_every_seam_is_seen():
    smooth = moving()
    jumping = smooth + 0.1 * (np.arange(200) // 8 % 2)[:, None].astype(np.float32)
    assert scores.seam_ratio(smooth) < 1.1 < 1.5 < scores.seam_ratio(jumping)


def test_pitch_of_a_buzz():
    t = np.arange(MODEL_RATE) / MODEL_RATE
    tone = scores.pitch((0.3 * np.sign(np.sin(2 * np.pi * 140 * t))).astype(np.float32))
    assert np.nanmedian(2**tone) == pytest.approx(140, rel=0.03)


def test_a_nod_after_a_phrase_counts():
    motion = np.zeros((100, N_MOTION), np.float32)
    motion[40:50, INDEX["headPitch"]] = 0.1
    assert scores.nod_response(motion, [35]) == pytest.approx(np.degrees(0.1), rel=1e-3)
    heard = np.concatenate([RNG.standard_normal(20 * MODEL_FRAME) * 0.1, np.zeros(20 * MODEL_FRAME)])
    assert scores.phrase_ends(heard.astype(np.float32)) == [25]


def test_regression_reads_loudness(tmp_path):
    torch.set_num_threads(1)
    loud = (np.sin(np.arange(150) / 6) > 0).astype(np.float32)
    audio = (RNG.standard_normal(150 * MODEL_FRAME) * 0.1 * np.repeat(loud, MODEL_FRAME)).astype(np.float32)
    examples = [Example(audio, loud[:, None])]
    read = fit(examples, steps=12, cache=tmp_path)(audio)
    assert scores.correlation(read[:, 0], loud) > 0.8
    np.testing.assert_array_equal(read, fit(examples, steps=12, cache=tmp_path)(audio))  # fitted once
