"""Flash and click."""

import numpy as np

from visavis.avatar.probe import CLICK, PERIOD, flash, flashes, mark


def test_a_click_begins_each_second_however_the_samples_are_cut() -> None:
    whole = np.zeros(2 * PERIOD, np.int16)
    mark(whole, PERIOD // 2)
    pieces = [np.zeros(960, np.int16) for _ in range(100)]
    for k, piece in enumerate(pieces):
        mark(piece, PERIOD // 2 + 960 * k)
    np.testing.assert_array_equal(whole, np.concatenate(pieces))
    np.testing.assert_array_equal(np.flatnonzero(whole)[[0, len(CLICK)]], [PERIOD // 2, PERIOD * 3 // 2])


def test_a_flash_belongs_to_the_click() -> None:
    assert [position for position in range(0, 2 * PERIOD, 1920) if flashes(position)] == [0, PERIOD]
    assert flash(np.zeros((4, 4, 3), np.uint8)).min() == 255


def test_a_flash_of_i420_is_white_too() -> None:
    planes = flash(np.zeros((6, 4), np.uint8))
    assert (planes[:4] == 235).all() and (planes[4:] == 128).all()
