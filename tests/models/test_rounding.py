"""Lips that pucker open round, and nothing else moves by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from visavis_models.serve.background import Background
from visavis_models.serve.painter import Painter
from visavis_models.serve.portrait import portrait, shipped_names
from visavis_models.serve.rounding import Rounding, pursed
from visavis_models.serve.sheet import VISEMES, Weights, row_of
from visavis_models.serve.stage import stage


def opening(name: str, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """x of the columns of a face's lips from the middle, and how far the lips are apart there, [C] cm each."""
    face = portrait(name)
    painter = Painter(face, 512, Background.parse("own"))
    closed, places = (painter.places(row_of(w)).copy() for w in ({}, weights))
    cm = face.scale * painter.size / face.size
    upper, lower = face.mouth.upper, face.mouth.lower
    gap = (places - closed)[lower, 1] - (places - closed)[upper, 1]
    x = places[upper, 0]
    return (x - (x[0] + x[-1]) / 2) / cm, gap / cm


@pytest.mark.parametrize("name", shipped_names())
def test_a_puckered_mouth_opens_round_and_its_corners_are_sealed(name: str) -> None:
    x, gap = opening(name, VISEMES["OO"])
    wide = np.ptp(x[gap > gap.max() / 4])
    assert 0.5 < gap.max() < 1.5 and wide < 1.5 * gap.max()
    assert gap[np.abs(x) > 0.75 * np.abs(x).max()].max() < 0.1


@pytest.mark.parametrize("name", shipped_names())
def test_lips_stay_shut_and_wide_mouths_stay_as_they_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    puckered = {"mouthPucker": 0.8}
    shut = opening(name, {"jawOpen": 0.4, "mouthClose": 0.4, **puckered})[1]
    rows: list[Weights] = [{}, puckered, VISEMES["EE"], VISEMES["MM"], VISEMES["jaw 1"]]
    painter = Painter(portrait(name), 512, Background.parse("own"))
    with_it = [painter.places(row_of(row)).copy() for row in rows]
    monkeypatch.setattr(Rounding, "apply", lambda *_: None)
    without = [painter.places(row_of(row)).copy() for row in rows]
    assert max(np.abs(one - other).max() for one, other in zip(with_it, without, strict=True)) < 1
    assert shut.max() <= opening(name, {"jawOpen": 0.4, "mouthClose": 0.4, **puckered})[1].max() + 0.05


def test_what_the_picture_shows_and_what_a_stretch_undoes_is_no_rounding() -> None:
    rest, calm = row_of({"mouthPucker": 0.5}), row_of({})
    alex = stage(portrait("alex"), 512).rounding

    def rounded(row: np.ndarray, at_rest: np.ndarray) -> float:
        return replace(alex, at_rest=pursed(at_rest)).amount(row)

    assert alex.at_rest == pursed(portrait("alex").rest)
    assert rounded(rest, rest) == rounded(calm, rest) == rounded(row_of({"mouthPucker": 0.2}), calm) == 0
    assert rounded(row_of({"mouthPucker": 0.5, "mouthStretch*": 0.4}), calm) == 0
    assert rounded(row_of(VISEMES["OO"]), calm) == 1 > rounded(row_of(VISEMES["OO"]), rest) > 0.3


def test_more_rounding_makes_the_opening_narrower() -> None:
    wide = []
    for pucker in (0.0, 0.3, 0.5, 0.7, 1.0):
        x, gap = opening("alex", {"jawOpen": 0.2, "mouthPucker": pucker})
        wide.append(np.ptp(x[gap > gap.max() / 4]))
    assert all(np.diff(wide) < 0)
