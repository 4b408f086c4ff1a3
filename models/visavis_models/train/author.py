"""A whole authored scene: two voices, and the faces that belong to them.

The styles of authored faces are a seeded distribution: each axis is normal, and says by how much a face articulates,
rounds, tenses its lips, is lopsided, moves head and brows, smiles. Authored is not measured: see `mouth` and `life`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.chance import impulses
from visavis_models.serve.emotion import EMOTIONS
from visavis_models.spec import INDEX, MODEL_FRAME, WEIGHTS, channels
from visavis_models.train.augment import augmented_voice
from visavis_models.train.conversation import Conversation, Speaker, converse
from visavis_models.train.life import author_life, smiles
from visavis_models.train.mouth import author_mouth, bite, closure, rounding
from visavis_models.train.scenes import AXES, N_STYLES, Scene, new_scene
from visavis_models.train.voice import Phone

FloatArray = NDArray[np.float32]

SPREAD = 0.7  # of the axes
BLINKS = (0.45, 1.0)  # chance of a blink in 3.2 s: 8 to 19 a minute
LISTENER_SCENES = 0.75  # share of the scenes that have a user
PARTING = channels("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")
SIDED = ("mouthSmile", "mouthLowerDown", "mouthUpperUp", "mouthStretch", "mouthPress", "browOuterUp")


def authored_scene(name: str, own: Speaker, user: Speaker | None, rng: np.random.Generator) -> Scene:
    """A conversation of about 50 s, or somebody speaking alone."""
    said = converse(own, user, rng)
    T = len(said.own) // MODEL_FRAME
    style, emotion = draw_style(rng), draw_mood(rng)
    track = impulses(int(rng.integers(2**32)), int(rng.integers(10_000)), T, blink_chance=float(rng.uniform(*BLINKS)))
    user_motion = _user_motion(said, rng) if user else None
    motion = authored_motion(said.own, said.user, said.own_phones, track, style, emotion, user_motion)
    return new_scene(
        name=name,
        source=own.voice.source,
        speaker=f"{own.voice.source}-{own.voice.language}-{own.pitch:.2f}",
        voice=augmented_voice(said.own, rng),
        user_voice=augmented_voice(said.user, rng) if user else None,
        motion=motion,
        user_motion=user_motion,
        impulses=track,
        contact=np.stack([told(said.own_phones, T) for told in (closure, bite, rounding)], axis=1),
        emotion=emotion,
        style=style,
        phones=said.own_phones,
    )


def authored_motion(
    own: FloatArray,
    user: FloatArray,
    phones: list[Phone],
    track: FloatArray,
    style: FloatArray,
    emotion: FloatArray,
    user_motion: FloatArray | None = None,
) -> FloatArray:
    """Mouth and life together, within the channels' legal ranges: [T, 60]."""
    axis = {name: float(value) for name, value in zip(AXES, style, strict=False)}
    lively = {name: float(np.exp(0.25 * axis[name])) for name in ("articulation", "rounding", "head", "brows")}
    mouth = author_mouth(phones, len(track), amplitude=lively["articulation"], rounding=lively["rounding"])
    _tense(mouth, axis["tension"])
    life = author_life(
        track, own, user, phones, mood=emotion, head=lively["head"], brows=lively["brows"], user_motion=user_motion
    )
    for side in ("Left", "Right"):
        life[:, INDEX[f"mouthSmile{side}"]] += 0.06 * max(axis["smile"], 0.0)
        life[:, INDEX[f"mouthFrown{side}"]] += 0.04 * max(-axis["smile"], 0.0)
        life[:, INDEX[f"mouthSmile{side}"]] *= 1.0 - 0.6 * np.clip(mouth[:, INDEX["mouthPucker"]], 0, 1)
    motion = mouth + life
    for name in SIDED:
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            motion[:, INDEX[f"{name}{side}"]] *= 1.0 + 0.12 * sign * axis["asymmetry"]
    motion[:, WEIGHTS] = np.clip(motion[:, WEIGHTS], 0, 1)
    return motion


def draw_style(rng: np.random.Generator) -> FloatArray:
    style = np.zeros(N_STYLES, np.float32)
    style[: len(AXES)] = np.clip(rng.normal(0, SPREAD, len(AXES)), -2, 2)
    return style


def draw_mood(rng: np.random.Generator) -> FloatArray:
    """Neutral for half of the scenes, else one emotion at some strength."""
    mood = np.zeros(len(EMOTIONS), np.float32)
    if rng.random() < 0.5:
        mood[rng.integers(len(EMOTIONS))] = rng.uniform(0.3, 1.0)
    return mood


def _tense(mouth: FloatArray, tension: float) -> None:
    """Tense lips part less and are pressed a little more wherever they meet; slack ones the other way."""
    mouth[:, PARTING] *= np.exp(-0.15 * tension)
    mouth[:, channels("mouthPressLeft", "mouthPressRight")] *= np.exp(0.25 * tension)
    mouth[:, channels("mouthStretchLeft", "mouthStretchRight")] *= np.exp(0.15 * tension)


def _user_motion(said: Conversation, rng: np.random.Generator) -> FloatArray:
    """The other one's face: a style and a mood of its own, and smiles now and then."""
    T = len(said.user) // MODEL_FRAME
    track = impulses(int(rng.integers(2**32)), 0, T)
    motion = authored_motion(said.user, said.own, said.user_phones, track, draw_style(rng), draw_mood(rng))
    smile = smiles(rng, T)
    for name, share in (("mouthSmile", 1.0), ("cheekSquint", 0.6)):
        for side in ("Left", "Right"):
            column = INDEX[f"{name}{side}"]
            motion[:, column] = np.clip(motion[:, column] + share * smile, 0, 1)
    return motion
