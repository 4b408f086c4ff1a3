import json
from pathlib import Path

import numpy as np
import pytest

from visavis_models.errors import AssetError, InputError
from visavis_models.serve.layout import temperatures
from visavis_models.serve.motion import (
    ANCHORS,
    ASSETS,
    HOP,
    LOOKAHEAD_FRAMES,
    MotionModel,
    StreamState,
    bitten,
    eased,
    rounded,
    sealed,
)
from visavis_models.spec import INDEX, MODEL_FRAME, N_MOTION, PLACE, ROTATION, WEIGHTS, Motion

HORIZON = (HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME


@pytest.fixture(scope="module")
def model() -> MotionModel:
    return MotionModel.load()


@pytest.fixture(scope="module")
def babble() -> np.ndarray:
    """Four seconds of something like syllables: noise and a buzz that come and go, five times a second."""
    t = np.arange(64_000) / 16_000
    buzz = np.sign(np.sin(2 * np.pi * 120 * t)) + np.random.default_rng(0).standard_normal(len(t))
    return (0.1 * buzz * np.maximum(0, np.sin(2 * np.pi * 2.5 * t))).astype(np.float32)


def play(model: MotionModel, voice: np.ndarray, emits: list[int], **begin: object) -> tuple[np.ndarray, StreamState]:
    state, rows = model.begin(**begin), []  # type: ignore[arg-type]
    for emit in emits:
        motion, state = model.step(state, voice[state.frame * MODEL_FRAME :][:HORIZON], emit=emit)
        rows.append(motion.values)
    return np.concatenate(rows), state


def test_emits_what_was_asked_for_within_legal_ranges(model, babble):
    for emit in (1, 3, HOP):
        motion, state = model.step(model.begin(), babble[:HORIZON], emit=emit)
        assert len(motion) == emit == state.frame and motion.values.dtype == np.float32
    rows, _ = play(model, babble, [HOP] * 10, emotion={"happy": 1.0, "surprised": 1.0})
    assert rows[:, WEIGHTS].min() >= 0 and rows[:, WEIGHTS].max() <= 1
    assert np.abs(rows[:, ROTATION]).max() < 0.5 and np.abs(rows[:, PLACE]).max() < 4


def test_same_inputs_same_outputs_and_nothing_is_changed(model, babble):
    _, state = play(model, babble, [HOP, 3])
    before = [array.copy() for array in (state.shown, state.audio, state.window)]
    first, after = model.step(state, babble[:HORIZON])
    again, _ = model.step(state, babble[:HORIZON])
    np.testing.assert_array_equal(first.values, again.values)
    for kept, array in zip(before, (state.shown, state.audio, state.window), strict=True):
        np.testing.assert_array_equal(kept, array)
    assert after.frame == state.frame + HOP


def test_streamed_equals_whole(model, babble):
    """The same hops give the same motion from a voice at hand whole and from one that grows piece by piece."""
    emits = [2, 4, *[HOP] * 6]
    whole, _ = play(model, babble, emits)
    state, grown, rows = model.begin(), 0, []
    for emit in emits:
        grown = max(grown, (state.frame + HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME)
        motion, state = model.step(state, babble[:grown][state.frame * MODEL_FRAME :], emit=emit)
        rows.append(motion.values)
    np.testing.assert_array_equal(np.concatenate(rows), whole)


def test_a_short_hop_is_the_beginning_of_a_long_one(model, babble):
    _, state = play(model, babble, [HOP])
    long, _ = model.step(state, babble[:HORIZON], emit=HOP)
    short, _ = model.step(state, babble[:HORIZON], emit=3)
    np.testing.assert_array_equal(short.values, long.values[:3])


def test_at_goes_back_to_what_was_shown(model, babble):
    voice = babble[6400:]
    _, state = play(model, babble, [HOP, HOP])
    _, whole = model.step(state, voice[:HORIZON], emit=HOP)
    for frames in range(1, HOP + 1):
        _, part = model.step(state, voice[:HORIZON], emit=frames)
        back = whole.at(part.frame)
        np.testing.assert_array_equal(back.shown[-ANCHORS:], part.shown[-ANCHORS:])
        follow = voice[frames * MODEL_FRAME :][:HORIZON]
        np.testing.assert_array_equal(model.step(back, follow)[0].values, model.step(part, follow)[0].values)


def test_at_reaches_back_sixteen_frames_and_no_further(model, babble):
    _, state = play(model, babble, [HOP] * 4)
    assert state.at(32) is state and state.at(16).frame == 16 and len(state.at(16).shown) == ANCHORS
    for frame in (15, 33, -1):
        with pytest.raises(InputError, match=f"frame {frame} "):
            state.at(frame)
    begun = model.begin()
    assert begun.at(0) is begun


def test_hears_no_more_than_80_ms_ahead(model, babble):
    _, state = play(model, babble, [HOP])
    one, _ = model.step(state, babble[:HORIZON])
    changed = babble[:HORIZON].copy()
    changed[(3 + LOOKAHEAD_FRAMES) * MODEL_FRAME :] = babble[6400 : 6400 + 5 * MODEL_FRAME]
    other, _ = model.step(state, changed)
    np.testing.assert_allclose(one.values[:3], other.values[:3], atol=1e-6)
    assert np.abs(one.values[3:] - other.values[3:]).max() > 1e-3


def test_voice_not_known_yet_is_not_silence(model, babble):
    _, state = play(model, babble, [HOP, HOP])
    unknown, _ = model.step(state, np.zeros(0, np.float32), emit=2)
    silent, _ = model.step(state, np.zeros(HORIZON, np.float32), emit=2)
    assert np.isfinite(unknown.values).all() and not np.array_equal(unknown.values, silent.values)


def test_the_user_is_heard_and_seen(model, babble):
    silence = np.zeros(HORIZON, np.float32)
    _, state = play(model, np.zeros(64_000, np.float32), [HOP])
    smiling = Motion.zeros(25)
    smiling.values[:, [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]] = 0.6
    alone, _ = model.step(state, silence)
    heard, _ = model.step(state, silence, user=babble[:8000])
    seen, _ = model.step(state, silence, user_motion=smiling)
    assert not np.array_equal(alone.values, heard.values) and not np.array_equal(alone.values, seen.values)


def test_a_nod_follows_the_users_phrase_and_a_smile_the_users_smile(model):
    """By the same chance: a face that hears a phrase of 1.6 s end, one that sees a smile begin, and one left alone."""
    frames, end, begin = 80, 46, 24
    loud = np.repeat(np.where(np.arange(frames) < 40, 0.1, 0.001), MODEL_FRAME)
    user = (loud * np.random.default_rng(0).standard_normal(len(loud))).astype(np.float32)
    smiling = Motion.zeros(frames)
    smiling.values[begin:, [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]] = 0.6

    def listened(user: np.ndarray, seen: Motion) -> np.ndarray:
        state, rows = model.begin(), []
        while state.frame < frames:
            until = Motion(seen.values[: state.frame])
            motion, state = model.step(state, np.zeros(HORIZON, np.float32), user[: state.frame * MODEL_FRAME], until)
            rows.append(motion.values)
        return np.concatenate(rows)

    alone = listened(0 * user, Motion.zeros(frames))
    nods = (listened(user, Motion.zeros(frames)) - alone)[:, INDEX["headPitch"]]
    assert nods[end + 8 : end + 14].max() > 0.025 > 0.012 > np.abs(nods[end - 20 : end]).max()
    smiles = (listened(0 * user, smiling) - alone)[:, INDEX["mouthSmileLeft"]]
    assert smiles[begin + 25] > 0.15 > 0.05 > np.abs(smiles[:begin]).max()


def test_silence_blinks_sways_and_keeps_the_mouth_shut(model):
    rows, _ = play(model, np.zeros(640_000, np.float32), [HOP] * 100)
    shut = rows[:, INDEX["eyeBlinkLeft"]] > 0.5
    assert 4 <= (np.diff(shut.astype(int)) == 1).sum() <= 14  # in 32 s
    assert 0.003 < rows[:, ROTATION].std() < 0.05
    assert rows[25:, INDEX["jawOpen"]].max() < 0.05


def test_babble_moves_the_mouth_and_the_seed_the_rest(model, babble):
    one, _ = play(model, babble, [HOP] * 12, seed=1)
    two, _ = play(model, babble, [HOP] * 12, seed=2)
    jaw = INDEX["jawOpen"]
    assert one[:, jaw].std() > 0.03
    assert np.corrcoef(one[:, jaw], two[:, jaw])[0, 1] > 0.95
    assert np.corrcoef(one[:, INDEX["headYaw"]], two[:, INDEX["headYaw"]])[0, 1] < 0.9


def test_an_emotion_shows(model):
    silence = np.zeros(64_000, np.float32)
    smile = [play(model, silence, [HOP] * 6, emotion=e)[0][-1, INDEX["mouthSmileLeft"]] for e in (None, {"happy": 0.8})]
    assert smile[1] > smile[0] + 0.2


def test_lips_are_sealed_without_the_jaw_and_only_where_held():
    row = np.zeros((2, N_MOTION), np.float32)
    row[:, [INDEX["jawOpen"], INDEX["mouthLowerDownLeft"]]] = 0.3
    open_, shut = sealed(row, np.array([-9.0, -9.0, 9.0], np.float32))
    np.testing.assert_allclose(open_, row[0], atol=1e-6)
    assert shut[INDEX["jawOpen"]] == row[1, INDEX["jawOpen"]] and shut[INDEX["mouthLowerDownLeft"]] < 1e-3
    assert shut[INDEX["mouthClose"]] == pytest.approx(0.3, abs=1e-3)


def test_a_lower_lip_bites_only_where_f_or_v_is_said():
    row = np.zeros((2, N_MOTION), np.float32)
    row[:, [INDEX["jawOpen"], INDEX["mouthLowerDownLeft"]]] = 0.1
    free, at_teeth = bitten(row, np.array([-9.0, -9.0, 9.0], np.float32))
    np.testing.assert_allclose(free, row[0], atol=1e-6)
    assert at_teeth[INDEX["mouthRollLower"]] == pytest.approx(0.5, abs=1e-3)
    assert at_teeth[INDEX["mouthLowerDownLeft"]] < 1e-3 and at_teeth[INDEX["jawOpen"]] == np.float32(0.1)


def test_lips_are_rounded_only_where_u_or_w_is_said_and_never_less_than_read():
    row = np.zeros((3, N_MOTION), np.float32)
    row[:, INDEX["mouthLowerDownLeft"]] = 0.2
    row[2, INDEX["mouthPucker"]] = 0.9
    flat, round_, more = rounded(row, np.array([9.0, -9.0, 9.0, 9.0], np.float32))
    np.testing.assert_allclose(flat, row[0], atol=1e-6)
    assert round_[INDEX["mouthPucker"]] > 0.5 and round_[INDEX["mouthFunnel"]] > 0.15
    assert round_[INDEX["mouthLowerDownLeft"]] < 0.1 and more[INDEX["mouthPucker"]] == np.float32(0.9)


def test_a_gain_of_the_card_is_on_what_is_shown_alone(tmp_path, babble, monkeypatch):
    monkeypatch.setattr("visavis_models.serve.motion.ROUND", {})  # what is told to be round is shown as authored
    for path in ASSETS.glob("motion*"):
        (tmp_path / path.name).symlink_to(path)
    card = json.loads((ASSETS / "motion.json").read_text())
    (tmp_path / "motion.json").unlink()
    (tmp_path / "motion.json").write_text(json.dumps(card | {"gain": {}}))
    plain, _ = play(MotionModel.load(tmp_path), babble, [HOP] * 5)
    own, _ = play(MotionModel.load(), babble, [HOP] * 5)
    column, others = INDEX["mouthPucker"], [INDEX["jawOpen"], INDEX["headYaw"], INDEX["eyeBlinkLeft"]]
    np.testing.assert_allclose(own[:, column], np.minimum(card["gain"]["mouthPucker"] * plain[:, column], 1), rtol=1e-5)
    np.testing.assert_allclose(own[:, others], plain[:, others], atol=1e-3)


def test_a_head_goes_on_over_the_seam_and_a_mouth_is_not_touched():
    planned, foreseen = np.zeros((14, N_MOTION), np.float32), np.ones((6, N_MOTION), np.float32)
    rows = eased(planned, foreseen)
    np.testing.assert_allclose(rows[:5, INDEX["headYaw"]], [0.8, 0.6, 0.4, 0.2, 0.0], atol=1e-6)
    assert not rows[:, INDEX["jawOpen"]].any()
    np.testing.assert_array_equal(eased(planned, foreseen[:0]), planned)


def test_a_style_shows(model, babble):
    small, large = (
        play(model, babble, [HOP] * 10, style={"articulation": s})[0][:, INDEX["jawOpen"]].max() for s in (-2, 2)
    )
    assert large > 1.2 * small


def test_guidance_weighs_a_condition(model, babble):
    """A weight of 0 forgets the emotion, more than 1 shows it more; a voice that does not count moves no lips."""

    def last(**guidance: float) -> np.ndarray:
        return play(MotionModel.load(guidance=guidance), babble, [HOP] * 6, emotion={"happy": 0.5})[0]

    smile, jaw = INDEX["mouthSmileLeft"], INDEX["jawOpen"]
    # more of it where it arises: later a face goes on from what it has shown
    none, usual, more = (last(emotion=weight)[:HOP, smile].mean() for weight in (0.0, 1.0, 1.5))
    assert none < usual < more
    np.testing.assert_array_equal(last(), last(user=1.0))
    assert last(voice=0.0)[:, jaw].std() < 0.5 * last()[:, jaw].std()


def test_temperature_is_of_a_group(babble):
    factors = temperatures(head=0.5)
    assert factors[INDEX["headYaw"]] == factors[INDEX["breath"]] == 0.5 and factors[INDEX["jawOpen"]] == 0.0
    usual, free = (play(MotionModel.load(temperature=t), babble, [HOP] * 3)[0] for t in ({}, {"mouth": 1.0}))
    assert np.abs(usual - free)[:, INDEX["mouthSmileLeft"]].max() > 1e-3
    np.testing.assert_array_equal(usual[:, INDEX["jawOpen"]], free[:, INDEX["jawOpen"]])  # speech is read, not drawn


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: m.begin(emotion={"bored": 0.5}), "bored.*happy, sad"),
        (lambda m: m.begin(emotion={"happy": 1.5}), "happy.*1.5.*0..1"),
        (lambda m: m.begin(emotion={"happy": float("nan")}), "nan"),
        (lambda m: m.begin(style={"slouch": 1}), "slouch.*articulation"),
        (lambda m: m.begin(style={"head": 3}), "head: 3.*-2..2"),
        (lambda m: m.begin(seed=-1), "-1"),
        (lambda m: MotionModel.load(guidance={"weather": 1}), "weather.*voice, user"),
        (lambda m: MotionModel.load(guidance={"voice": 9}), "voice: 9.*0..4"),
        (lambda m: MotionModel.load(temperature={"nose": 1}), "nose.*mouth, eyes"),
        (lambda m: m.step(m.begin(), np.zeros(640, np.float32), emit=9), "emit=9"),
        (lambda m: m.step(m.begin(), np.zeros((2, 640), np.float32)), r"\[2, 640\]"),
        (lambda m: m.step(m.begin(), np.zeros(640)), "float64"),
    ],
)
def test_a_callers_mistake_is_named(model, call, words):
    with pytest.raises(InputError, match=words):
        call(model)


def test_missing_or_damaged_weights_are_named(tmp_path: Path):
    with pytest.raises(AssetError, match=str(tmp_path)):
        MotionModel.load(tmp_path)
    (tmp_path / "motion.json").write_text('{"scale": [1]}')
    for name in ("motion_audio.onnx", "motion_denoise.onnx"):
        (tmp_path / name).write_bytes(b"no graph")
    with pytest.raises(AssetError, match="no motion model"):
        MotionModel.load(tmp_path)
    with pytest.raises(InputError, match="steps=0"):
        MotionModel.load(steps=0)


def test_one_step_works_too(babble):
    rows, _ = play(MotionModel.load(steps=1), babble, [HOP] * 4)
    assert np.isfinite(rows).all() and rows.shape == (32, N_MOTION)


def test_lips_that_may_be_held_meet_where_that_is_likeliest_and_no_longer():
    """Unsure contacts, as a short vowel beside p has, close the one frame at their height; sure ones all of theirs."""
    row = np.zeros((6, 60), np.float32)
    row[:, INDEX["jawOpen"]] = 0.3
    unsure = sealed(row, np.array([-9, -2, -1, -2, -9, -9, -9], np.float32))[:, INDEX["mouthClose"]]
    np.testing.assert_allclose(unsure, [0, 0.3, 0, 0, 0, 0], atol=1e-3)
    sure = sealed(row, np.array([-9, 2, 3, 2, -2, -9, -9], np.float32))[:, INDEX["mouthClose"]]
    np.testing.assert_allclose(sure, [0.3, 0.3, 0.3, 0, 0, 0], atol=1e-3)
    ends = sealed(row, np.array([-9, -2, -1, -101, -101, -101, -101], np.float32))[:, INDEX["mouthClose"]]
    np.testing.assert_allclose(ends, 0, atol=1e-3, err_msg="what follows is not known yet: no height")
