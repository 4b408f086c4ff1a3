import numpy as np

from visavis_models.serve.chance import BLINK, BREATH, GAZE, N_IMPULSES, WANDER, impulses, noise


def test_chance_is_the_same_from_wherever_it_is_drawn():
    whole, eps = impulses(5, 0, 400), noise(5, 0, 400)
    for start in (0, 1, 31, 95, 386):
        np.testing.assert_array_equal(impulses(5, start, 14), whole[start : start + 14])
        np.testing.assert_array_equal(noise(5, start, 14), eps[start : start + 14])


def test_another_seed_is_another_chance():
    assert not np.array_equal(noise(1, 0, 14), noise(2, 0, 14))
    assert not np.array_equal(impulses(1, 0, 400), impulses(2**64 - 1, 0, 400))


def test_impulses_have_the_rates_and_ranges_they_promise():
    track = impulses(3, 0, 25 * 240)
    assert track.shape == (6000, N_IMPULSES) and np.isfinite(track).all()
    begins = (np.diff((track[:, BLINK] > 0).astype(int)) == 1).sum() / 4
    assert 13 <= begins <= 20  # a minute
    assert np.abs(track[:, GAZE]).max() <= 1 and 0 <= track[:, BREATH].min() <= track[:, BREATH].max() <= 1
    assert 0.5 < track[:, WANDER].std() < 1.3


def test_noise_is_normal():
    drawn = noise(9, 100, 500)
    assert abs(drawn.mean()) < 0.02 and abs(drawn.std() - 1) < 0.02
