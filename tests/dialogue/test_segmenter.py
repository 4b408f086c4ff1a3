"""Utterances cut by hand-made probabilities of speech."""

from __future__ import annotations

import numpy as np
import pytest

from visavis.dialogue.segmenter import WINDOW, WINDOW_S, Cue, Pace, Segmenter

SILENCE = np.zeros(WINDOW, np.float32)


def cues(segmenter: Segmenter, probabilities) -> list[tuple[int, Cue]]:
    """Which window brought which cue, with nothing but them done about it."""
    found = []
    for k, probability in enumerate(probabilities):
        if cue := segmenter.push(SILENCE, probability):
            found.append((k, cue))
            segmenter.looked(0.0)
        if cue is Cue.ENDED:
            segmenter.finish()
    return found


def test_an_utterance_begins_pauses_and_ends() -> None:
    found = cues(Segmenter(), [0.0] * 10 + [0.9] * 10 + [0.0] * 40)
    assert [cue for _, cue in found] == [Cue.BEGAN, Cue.PAUSED, Cue.ENDED]
    began, paused, ended = ((k + 1) * WINDOW_S for k, _ in found)
    assert paused - began < 0.42
    assert 1.2 <= ended - 20 * WINDOW_S < 1.25


def test_a_click_is_no_utterance() -> None:
    assert cues(Segmenter(), [0.0, 0.9, 0.0, 0.0, 0.9, 0.1] * 5) == []


def test_each_pause_is_told_once_and_again_after_more_speech() -> None:
    found = cues(Segmenter(), [0.9] * 5 + [0.0] * 10 + [0.9] * 5 + [0.0] * 10)
    assert [cue for _, cue in found] == [Cue.BEGAN, Cue.PAUSED, Cue.PAUSED]


def test_costly_looks_become_rare() -> None:
    def looks(cost_s: float) -> int:
        segmenter, count = Segmenter(), 0
        for _ in range(round(8.0 / WINDOW_S)):
            if segmenter.push(SILENCE, 0.9) is Cue.INTERIM:
                count += 1
                segmenter.looked(cost_s)
        return count

    assert looks(0.01) in (14, 15)
    assert looks(0.4) in (3, 4)  # a fifth of a core


def test_a_long_speech_is_cut_at_a_pause_and_at_last_anywhere() -> None:
    pace = Pace(soft_limit_s=2.0, hard_limit_s=3.0)
    [*_, (k, last)] = cues(Segmenter(pace), [0.9] * 70 + [0.0] * 4)
    assert last is Cue.ENDED
    assert k * WINDOW_S < 2.4
    ends = [k * WINDOW_S for k, cue in cues(Segmenter(pace), [0.9] * 200) if cue is Cue.ENDED]
    assert 2.9 < ends[0] < 3.1


def test_the_sound_before_the_onset_belongs_to_the_utterance() -> None:
    segmenter = Segmenter()
    for k in range(20):
        segmenter.push(np.full(WINDOW, k, np.float32), 0.9 if k >= 10 else 0.0)
    assert segmenter.utterance()[0] == 8
    assert segmenter.start == pytest.approx(10 * WINDOW_S)
    segmenter.finish()
    assert not segmenter.speaking
    assert len(segmenter.utterance()) == 0
