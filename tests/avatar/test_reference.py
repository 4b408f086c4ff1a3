"""The voice as it leaves, read in step with another clock."""

from __future__ import annotations

import numpy as np

from visavis.avatar.reference import AHEAD_MOST, BEHIND, Reference


class Leaving:
    """A voice whose every sample is its own position."""

    def __init__(self) -> None:
        self.now = 48_000

    def played(self, now_us: int) -> int:
        return self.now

    def sound(self, position: int, count: int) -> np.ndarray:
        return np.arange(position, position + count)


def test_it_reads_on_while_the_clocks_agree() -> None:
    voice = Leaving()
    reference = Reference(voice, lambda: 0)  # type: ignore[arg-type]
    read = []
    for _ in range(100):
        read.append(reference.next(480))
        voice.now += 480
    assert np.array_equal(np.concatenate(read), np.arange(48_000 - BEHIND, 96_000 - BEHIND))


def test_packets_come_in_bursts() -> None:
    voice = Leaving()
    reference = Reference(voice, lambda: 0)  # type: ignore[arg-type]
    read = [reference.next(480) for _ in range((BEHIND + AHEAD_MOST) // 480)]
    assert (np.diff(np.concatenate(read)) == 1).all()


def test_it_begins_anew_where_they_have_parted() -> None:
    voice = Leaving()
    reference = Reference(voice, lambda: 0)  # type: ignore[arg-type]
    reference.next(480)
    voice.now += 480_000
    assert reference.next(480)[0] == voice.now - BEHIND
