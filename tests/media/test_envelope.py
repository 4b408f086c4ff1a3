"""The level of the voice."""

import numpy as np

from visavis.media.envelope import levels


def test_levels_are_decibels_above_the_floor() -> None:
    full = np.full(240, -32768, np.int16)
    tenth = np.full(240, 3277, np.int16)
    silence = np.zeros(240, np.int16)
    assert list(levels(np.concatenate([full, tenth, silence]))) == [96, 76, 0]


def test_only_whole_steps_count() -> None:
    assert len(levels(np.zeros(479, np.int16))) == 1
    assert levels(np.zeros(0, np.int16)) == b""
