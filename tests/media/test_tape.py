"""Samples by their place."""

import numpy as np

from visavis.media.tape import Tape


def filled() -> Tape:
    tape = Tape(8)
    for begin in range(0, 100, 10):
        tape.append(np.arange(begin, begin + 10, dtype=np.int16))
        tape.forget(begin - 20)
    return tape


def test_reads_what_was_put_at_its_place() -> None:
    tape = filled()
    assert (tape.start, tape.end) == (70, 100)
    assert tape.read(80, 85).tolist() == [80, 81, 82, 83, 84]


def test_what_is_not_kept_is_silence() -> None:
    assert filled().read(98, 102).tolist() == [98, 99, 0, 0]
    assert filled().read(68, 72).tolist() == [0, 0, 70, 71]
    assert len(filled().read(5, 3)) == 0


def test_goes_on_from_where_it_was_cut() -> None:
    tape = filled()
    tape.cut(75)
    tape.append(np.array([1, 2], np.int16))
    assert tape.read(73, 77).tolist() == [73, 74, 1, 2]
