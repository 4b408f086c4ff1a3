import numpy as np

from visavis_models.serve.mel import MEL_CONTEXT, MEL_HOP, frame_features, log_mel, mel_filters
from visavis_models.spec import MODEL_FRAME, MODEL_RATE


def tone(hz: float, seconds: float = 0.4) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * MODEL_RATE)) / MODEL_RATE)).astype(np.float32)


def test_four_features_to_a_frame_rounded_up():
    assert frame_features(np.zeros(MODEL_FRAME, np.float32)).shape == (4, 80)
    assert frame_features(np.zeros(MODEL_FRAME + 1, np.float32)).shape == (8, 80)


def test_a_higher_tone_peaks_in_a_higher_band():
    peaks = [frame_features(tone(hz))[20].argmax() for hz in (150, 400, 1000, 3000, 6000)]
    assert peaks == sorted(set(peaks))


def test_no_filter_is_empty():
    assert (mel_filters().sum(axis=0) > 0).all()


def test_silence_is_finite_and_low():
    silence = frame_features(np.zeros(6400, np.float32))
    assert np.isfinite(silence).all() and silence.max() < -1.5 < frame_features(tone(440))[20].max()


def test_a_feature_hears_nothing_past_its_end():
    audio = np.random.default_rng(0).standard_normal(6400).astype(np.float32)
    changed = audio.copy()
    changed[10 * MEL_HOP :] = 0
    np.testing.assert_array_equal(frame_features(audio)[:10], frame_features(changed)[:10])


def test_pieces_equal_the_whole():
    audio = np.random.default_rng(1).standard_normal(9600).astype(np.float32)
    whole = frame_features(audio)
    padded = np.concatenate([np.zeros(MEL_CONTEXT, np.float32), audio])
    pieces = [log_mel(padded[at : at + MEL_CONTEXT + 2 * MEL_HOP]) for at in range(0, 9600, 2 * MEL_HOP)]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-5)
