"""Authored motion: what the coarticulation model and the rest of the face promise."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the training wing needs its packages: make test-train")

from visavis_models.serve.chance import impulses
from visavis_models.serve.emotion import EMOTIONS, MOODS
from visavis_models.spec import INDEX
from visavis_models.train.life import author_life
from visavis_models.train.mouth import author_mouth, closure, rounding
from visavis_models.train.scores import correlation, seam_ratio, tracking
from visavis_models.train.voice import Phone, Voice


def lip_opening(motion: np.ndarray) -> np.ndarray:
    """How far the lips are parted, [T]: the jaw plus half of what lowers the lower and raises the upper lip."""
    lower = motion[:, [INDEX["mouthLowerDownLeft"], INDEX["mouthLowerDownRight"]]].mean(axis=1)
    upper = motion[:, [INDEX["mouthUpperUpLeft"], INDEX["mouthUpperUpRight"]]].mean(axis=1)
    return motion[:, INDEX["jawOpen"]] + 0.5 * (lower + upper)


def spelled(symbols: str, length: float = 0.12) -> list[Phone]:
    return [Phone(symbol, 0.4 + length * k, 0.4 + length * (k + 1), 1.0) for k, symbol in enumerate(symbols)]


@pytest.mark.parametrize("closing", "pbm")
def test_lips_meet_fully_between_open_vowels(closing):
    opening = lip_opening(author_mouth(spelled(f"ɑ{closing}ɑ", 0.1), 30))
    assert opening[12:14].min() < 0.03 < 0.25 < opening.max()


def test_lower_lip_meets_teeth_and_tongue_rises():
    motion = author_mouth(spelled("ɑfɑlɑ"), 30)
    assert motion[13:16, INDEX["mouthRollLower"]].max() > 0.3
    assert motion[:, INDEX["tongueUp"]].max() > 0.5


def test_lips_are_told_to_be_round_for_u_and_w_and_not_for_open_vowels():
    told = rounding(spelled("ɑuɑsiwɑ"), 40)
    assert told[13:16].all() and told[25:28].any() and not told[10:12].any() and not told[18:24].any()


def test_rounding_runs_ahead_of_its_vowel():
    round_, open_ = (author_mouth(spelled(f"ɑst{vowel}", 0.1), 30)[:, INDEX["mouthPucker"]] for vowel in "uɑ")
    assert round_[15] > 0.08 + open_[15]  # 0.62 s: two consonants before the vowel at 0.7 s


def test_silence_is_a_closed_still_mouth():
    assert not author_mouth([], 10).any()
    assert author_mouth(spelled("_ɑ_", 0.4), 50)[40:].max() < 0.02


def test_closures_are_marked_where_they_are():
    held = closure(spelled("ɑmɑ"), 30)
    assert held[14] == 1 and held[10] == 0 and held[20] == 0


def test_a_face_at_rest_blinks_and_moves_a_little():
    silence = np.zeros(640 * 1500, np.float32)
    motion = author_life(impulses(0, 0, 1500), silence, silence, [], mood=np.zeros(6, np.float32))
    shut = motion[:, INDEX["eyeBlinkLeft"]] > 0.5
    assert 12 <= (np.diff(shut.astype(int)) == 1).sum() <= 22
    assert 0.002 < motion[:, INDEX["headYaw"]].std() < 0.05
    assert set(MOODS) == set(EMOTIONS)


def test_phones_fill_an_utterance_to_its_end():
    said = Voice().say("Bob met my mother.", np.random.default_rng(0), pitch=0.9)
    ends = [p.end for p in said.phones]
    assert ends == sorted(ends) and abs(ends[-1] - len(said.audio) / 16_000) < 0.01
    assert [p.symbol for p in said.phones if p.symbol in "bm"] == ["b", "b", "m", "m", "m"]


def test_measures():
    wave = np.sin(np.arange(200) / 5).astype(np.float32)
    late = np.roll(wave, 2)
    assert correlation(wave, late, 2) > 0.999 > correlation(wave, late)
    assert tracking(late, wave).lag_ms == 80 and abs(tracking(0.5 * wave, wave).amplitude - 0.5) < 1e-6
    smooth = np.cumsum(np.random.default_rng(0).standard_normal((400, 60)), axis=0).astype(np.float32)
    torn = smooth + 30 * (np.arange(400) // 8)[:, None] * np.random.default_rng(1).random(60)
    assert abs(seam_ratio(smooth) - 1) < 0.2 and seam_ratio(torn) > 2
