"""Everything on one clock."""

import numpy as np
import pytest

from visavis.caller.timeline import SenderClock, grid_start, lay_out, place_blocks

RATE = 48_000


def test_blocks_lie_end_to_end_whatever_the_event_loop_does() -> None:
    rng = np.random.default_rng(1)
    true = 5 + np.arange(500) * 0.01
    arrivals = np.maximum.accumulate(true + rng.exponential(0.004, 500))
    placed = place_blocks(arrivals, [480] * 500, RATE)
    assert np.allclose(np.diff(placed), 0.01)
    assert np.allclose(placed, true, atol=0.001)


def test_a_hiccup_moves_nothing_and_an_interruption_does() -> None:
    arrivals = 5 + np.arange(600) * 0.01
    arrivals[100:120] = arrivals[120]  # the loop was busy for 200 ms
    arrivals[300:] += 2.0  # the stream stood still for 2 s
    placed = place_blocks(arrivals, [480] * 600, RATE)
    assert np.allclose(placed[:300], 5 + np.arange(300) * 0.01)
    assert np.allclose(placed[300:], 7 + np.arange(300, 600) * 0.01)


def test_nothing_received() -> None:
    assert len(place_blocks([], [], RATE)) == 0


def test_a_track_has_no_gaps_and_cuts_what_lies_outside() -> None:
    blocks = [np.full(480, k + 1, np.int16) for k in range(3)]
    track = lay_out(np.array([-0.005, 0.02, 0.035]), blocks, 0.0, 0.04, RATE)
    assert len(track) == 1920
    assert track[:240].tolist() == [1] * 240 and track[240:960].max() == 0
    assert track[960:1440].tolist() == [2] * 480 and track[1680:].tolist() == [3] * 240


def test_jittering_pictures_fall_into_one_cell_each() -> None:
    rng = np.random.default_rng(2)
    shown = 3.0 + np.arange(1000) / 25 + rng.uniform(-0.015, 0.015, 1000)
    cells = np.rint((shown - grid_start(shown)) * 25)
    assert np.array_equal(cells, np.arange(1000))


def test_the_senders_clock_may_lie_far_off_and_drift() -> None:
    clock = SenderClock([(10.0, 1_000_000_000), (20.0, 1_010_001_000)])
    assert float(clock.seconds(1_000_000_000)) == pytest.approx(10.0)
    assert float(clock.seconds(1_005_000_500)) == pytest.approx(15.0)
    assert clock.seconds(np.array([1_010_001_000])) == pytest.approx([20.0])
