"""The rest of the face, authored: blinks, gaze, breath, head and brows from chance, voices and the mood.

Authored means: rules of ours, not measurements; what they follow is named where it is used. Chance comes from the
impulse track that the model is given when it serves too (`visavis_models.serve.chance`), so a model learns to turn
impulses, voices and mood into motion.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis_models.serve.chance import BLINK, BREATH, GAZE, WANDER
from visavis_models.serve.cues import log_pitch, since_phrase
from visavis_models.serve.emotion import EMOTIONS, MOODS
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, N_MOTION, PLACE, ROTATION
from visavis_models.train.voice import Phone

FloatArray = NDArray[np.float32]

REST_ROTATION = np.array([0.014, 0.020, 0.012], np.float32)  # rad for unit wander: pitch, yaw, roll
REST_PLACE = np.array([0.12, 0.05, 0.15], np.float32)  # cm: x, y, z
ANSWER_FRAMES, SMILE_SEEN = 8, 0.2  # 0.32 s until a smile of at least so much is answered
NOD_FRAMES = 6  # from a phrase's end to the nod: most faces that plan hops of 0.32 s have heard of it by then
NOD_RAD = 0.06
EYE_REACH = 0.5  # rad of head yaw that gaze 1 makes up for


def author_life(
    impulses: FloatArray,
    own: FloatArray,
    user: FloatArray,
    phones: Sequence[Phone],
    *,
    mood: FloatArray,
    head: float = 1.0,
    brows: float = 1.0,
    user_motion: FloatArray | None = None,
) -> FloatArray:
    """Everything but the mouth's speech.

    Args:
        impulses: [T, 10], the track of chance.
        own, user: 16 kHz audio, [640 T] each.
        phones: of the own voice.
        mood: [6] strengths of `EMOTIONS`.
        head, brows: factors on how lively they are.
        user_motion: [T, 60], the other one's face: smiles are answered.

    Returns:
        float32 [T, 60].
    """
    T = len(impulses)
    speaking, listening = activity(own, T), activity(user, T)
    accent, tone = _accents(phones, own, T), melody(own, T)
    motion = np.zeros((T, N_MOTION), np.float32)
    _head(motion, impulses, head * (1.0 - 0.3 * mood[EMOTIONS.index("calm")]), speaking, accent, tone)
    _nods(motion, user, T)
    motion[:, INDEX["headRoll"]] += 0.02 * listening
    motion[:, INDEX["browInnerUp"]] += brows * (0.18 * accent + 0.05 * listening + 0.08 * np.clip(tone, 0, 2))
    for side in ("Left", "Right"):
        motion[:, INDEX[f"browOuterUp{side}"]] += brows * 0.14 * accent
        motion[:, INDEX[f"mouthSmile{side}"]] += 0.05 * listening
    _add_mood(motion, mood)
    if user_motion is not None:
        _answer_smiles(motion, user_motion)
    _eyes(motion, impulses, listening, _turn_begins(speaking))
    motion[:, INDEX["breath"]] = impulses[:, BREATH]
    return motion


def loudness(audio: FloatArray, frames: int) -> FloatArray:
    """RMS of each frame, [T]."""
    return np.sqrt(np.mean(audio[: frames * MODEL_FRAME].reshape(frames, MODEL_FRAME) ** 2, axis=1))


def activity(audio: FloatArray, frames: int) -> FloatArray:
    """0..1, rises within 0.2 s of speech and falls in about 0.6 s: [T]."""
    level, out = 0.0, np.zeros(frames, np.float32)
    for k, loud in enumerate(loudness(audio, frames) > 0.006):
        level += (float(loud) - level) * (0.2 if loud else 0.07)
        out[k] = level
    return out


def _accents(phones: Sequence[Phone], own: FloatArray, frames: int) -> FloatArray:
    """Bumps 0..1 on loud stressed vowels, 160 ms wide, 40 ms late: [T]."""
    loud = loudness(own, frames)
    voiced = loud[loud > 0.006]
    if not len(voiced):
        return np.zeros(frames, np.float32)
    usual, spread = float(voiced.mean()), float(voiced.std()) + 1e-3
    bumps = np.zeros(frames, np.float32)
    for phone in phones:
        at = int((phone.begin + phone.end) / 2 * FPS) + 1
        if phone.stress == 1.0 and 0 < at < frames:
            strength = np.clip(0.5 * (loud[at - 1] - usual) / spread, 0, 1)
            bumps[at] = max(bumps[at], strength)
    return np.clip(gaussian_filter1d(bumps, 1.8, truncate=2.0) * 4.5, 0, 1)


def melody(audio: FloatArray, frames: int) -> FloatArray:
    """The voice's pitch in deviations from the talker's mean, 0 where it is not voiced, smooth: [T]."""
    pitch = log_pitch(audio[: frames * MODEL_FRAME])
    voiced = np.isfinite(pitch)
    if voiced.sum() < 10:
        return np.zeros(frames, np.float32)
    tone = np.where(voiced, (pitch - pitch[voiced].mean()) / (pitch[voiced].std() + 0.02), 0.0)
    return gaussian_filter1d(np.clip(tone, -2, 2), 2.0).astype(np.float32)


def _head(
    motion: FloatArray, impulses: FloatArray, lively: float, speaking: FloatArray, accent: FloatArray, tone: FloatArray
) -> None:
    """Sway at rest, more of it while speaking, a nod on accents; the nose rises with the voice.

    Heads move with pitch and loudness: Yehia, Kuratate and Vatikiotis-Bateson, Journal of Phonetics 30 (2002); Munhall
    et al., Psychological Science 15 (2004).
    """
    gain = lively * (1.0 + 1.1 * speaking)[:, None]
    motion[:, ROTATION] += gain * REST_ROTATION * impulses[:, WANDER][:, :3]
    motion[:, PLACE] += gain * REST_PLACE * impulses[:, WANDER][:, 3:]
    motion[:, INDEX["headPitch"]] += lively * (0.04 * accent - 0.018 * tone)
    motion[:, INDEX["headY"]] += 0.05 * (impulses[:, BREATH] - 0.5)


def _nods(motion: FloatArray, user: FloatArray, frames: int) -> None:
    """A small double nod about half a second after the other one's phrase."""
    shape = NOD_RAD * np.sin(np.linspace(0, np.pi, 8)) ** 2
    nod = np.concatenate([shape, 0.5 * shape])
    for end in np.flatnonzero(since_phrase(user[: frames * MODEL_FRAME]) == 0):
        begin = min(end + NOD_FRAMES, frames)
        length = min(len(nod), frames - begin)
        motion[begin : begin + length, INDEX["headPitch"]] += nod[:length]


def _answer_smiles(motion: FloatArray, user_motion: FloatArray) -> None:
    """A smile of the other one is answered within a second, smaller and slower (Dimberg, Psychophysiology 19, 1982)."""
    seen = user_motion[:, [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]].mean(axis=1)
    late = np.concatenate([np.zeros(ANSWER_FRAMES, np.float32), seen])[: len(seen)]
    level, answer = 0.0, np.zeros(len(seen), np.float32)
    for k, wanted in enumerate(np.clip(late - SMILE_SEEN, 0, None).tolist()):
        level += (wanted - level) * (0.2 if wanted > level else 0.05)
        answer[k] = level
    for side in ("Left", "Right"):
        motion[:, INDEX[f"mouthSmile{side}"]] += 0.75 * answer
        motion[:, INDEX[f"cheekSquint{side}"]] += 0.5 * answer


def smiles(rng: np.random.Generator, frames: int) -> FloatArray:
    """Somebody's smiles: one in about ten seconds, 1.5 to 4 s long, rising in 0.4 s: [T], 0..0.8."""
    bumps = np.zeros(frames, np.float32)
    at = rng.exponential(6.0)
    while at * FPS < frames:
        length = rng.uniform(1.5, 4.0)
        bumps[round(at * FPS) : round((at + length) * FPS)] = rng.uniform(0.35, 0.8)
        at += length + rng.exponential(8.0)
    return gaussian_filter1d(bumps, 4.0)


def _turn_begins(speaking: FloatArray) -> FloatArray:
    """1 where somebody begins to speak after having been silent, falling over about a second: [T]."""
    began = (speaking > 0.5) & (np.concatenate([[1.0], speaking[:-1]]) <= 0.5)
    level, out = 0.0, np.zeros(len(speaking), np.float32)
    for k, starts in enumerate(began.tolist()):
        level = 1.0 if starts else level * 0.94
        out[k] = level > 0.3
    return out


def _add_mood(motion: FloatArray, mood: FloatArray) -> None:
    for name, strength in zip(EMOTIONS, mood.tolist(), strict=True):
        for channel, value in MOODS[name].items():
            sides = [channel.replace("*", side) for side in ("Left", "Right")] if "*" in channel else [channel]
            for side in sides:
                motion[:, INDEX[side]] += strength * value


def _eyes(motion: FloatArray, impulses: FloatArray, listening: FloatArray, turning: FloatArray) -> None:
    """Gaze holds the viewer while the head moves; lids follow gaze, and close fully in a blink.

    A listener looks at the other one; who begins to speak lets go of him for most of a second (Kendon, Some functions
    of gaze direction in social interaction, Acta Psychologica 26, 1967), to the side that chance holds anyway.
    """
    still = (1.0 - 0.7 * listening) * (1.0 + 2.5 * turning)
    right = impulses[:, GAZE.start] * still - 0.8 * motion[:, INDEX["headYaw"]] / EYE_REACH
    up = impulses[:, GAZE.start + 1] * still + 0.8 * motion[:, INDEX["headPitch"]] / EYE_REACH
    # the picture's right is the person's left
    for name, value in (("OutLeft", right), ("InRight", right), ("InLeft", -right), ("OutRight", -right)):
        motion[:, INDEX[f"eyeLook{name}"]] += np.clip(value, 0, 1)
    lid = np.clip(1.7 * impulses[:, BLINK], 0, 1)
    for side in ("Left", "Right"):
        motion[:, INDEX[f"eyeLookUp{side}"]] += np.clip(up, 0, 1)
        motion[:, INDEX[f"eyeLookDown{side}"]] += np.clip(-up, 0, 1)
        motion[:, INDEX[f"eyeBlink{side}"]] = np.maximum(lid, 0.25 * np.clip(-up, 0, 1))
        motion[:, INDEX[f"eyeWide{side}"]] *= 1.0 - lid
