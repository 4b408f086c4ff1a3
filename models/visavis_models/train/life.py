"""The rest of the face, authored: blinks, gaze, breath, head and brows from chance, voices and the mood.

Authored means: rules of ours, not measurements. Chance comes from the impulse track that the model is given when it
serves too (`visavis_models.serve.chance`), so a model learns to turn impulses, voice and mood into motion.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from visavis_models.serve.chance import BLINK, BREATH, GAZE, WANDER
from visavis_models.serve.emotion import EMOTIONS
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, N_MOTION, PLACE, ROTATION
from visavis_models.train.voice import Phone

FloatArray = NDArray[np.float32]

# a mood at full strength; both sides where a name ends in *
MOODS: dict[str, dict[str, float]] = {
    "happy": {"mouthSmile*": 0.55, "cheekSquint*": 0.35, "eyeSquint*": 0.18, "browOuterUp*": 0.08, "mouthDimple*": 0.1},
    "sad": {"browInnerUp": 0.5, "mouthFrown*": 0.35, "mouthShrugLower": 0.15, "eyeLookDown*": 0.12, "headPitch": 0.05},
    "angry": {"browDown*": 0.6, "eyeSquint*": 0.25, "noseSneer*": 0.2, "mouthFrown*": 0.12, "headPitch": 0.03},
    "surprised": {"browInnerUp": 0.5, "browOuterUp*": 0.5, "eyeWide*": 0.5, "headPitch": -0.03},
    "afraid": {"browInnerUp": 0.5, "browOuterUp*": 0.15, "eyeWide*": 0.4, "mouthStretch*": 0.12, "headZ": -0.4},
    "calm": {"eyeSquint*": 0.05, "mouthSmile*": 0.07, "browOuterUp*": 0.02},
}
REST_ROTATION = np.array([0.014, 0.020, 0.012], np.float32)  # rad for unit wander: pitch, yaw, roll
REST_PLACE = np.array([0.12, 0.05, 0.15], np.float32)  # cm: x, y, z
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
) -> FloatArray:
    """Everything but the mouth's speech.

    Args:
        impulses: [T, 10], the track of chance.
        own, user: 16 kHz audio, [640 T] each.
        phones: of the own voice.
        mood: [6] strengths of `EMOTIONS`.
        head, brows: factors on how lively they are.

    Returns:
        float32 [T, 60].
    """
    T = len(impulses)
    speaking, listening = activity(own, T), activity(user, T)
    accent = _accents(phones, own, T)
    motion = np.zeros((T, N_MOTION), np.float32)
    _head(motion, impulses, head * (1.0 - 0.3 * mood[EMOTIONS.index("calm")]), speaking, accent)
    _nods(motion, user, T)
    motion[:, INDEX["headRoll"]] += 0.02 * listening
    motion[:, INDEX["browInnerUp"]] += brows * (0.18 * accent + 0.05 * listening)
    for side in ("Left", "Right"):
        motion[:, INDEX[f"browOuterUp{side}"]] += brows * 0.14 * accent
        motion[:, INDEX[f"mouthSmile{side}"]] += 0.05 * listening
    _add_mood(motion, mood)
    _eyes(motion, impulses, listening)
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


def _head(motion: FloatArray, impulses: FloatArray, lively: float, speaking: FloatArray, accent: FloatArray) -> None:
    """Sway at rest, more of it while speaking, and a nod on accents."""
    gain = lively * (1.0 + 1.1 * speaking)[:, None]
    motion[:, ROTATION] += gain * REST_ROTATION * impulses[:, WANDER][:, :3]
    motion[:, PLACE] += gain * REST_PLACE * impulses[:, WANDER][:, 3:]
    motion[:, INDEX["headPitch"]] += lively * 0.04 * accent
    motion[:, INDEX["headY"]] += 0.05 * (impulses[:, BREATH] - 0.5)


def _nods(motion: FloatArray, user: FloatArray, frames: int) -> None:
    """A small double nod when the other one's phrase has ended (0.24 s of quiet after half a second of speech)."""
    loud = loudness(user, frames) > 0.006
    quiet_for, spoken_for = 0, 0
    shape = 0.05 * np.sin(np.linspace(0, np.pi, 8)) ** 2
    nod = np.concatenate([shape, 0.5 * shape])
    for k, is_loud in enumerate(loud):
        spoken_for = spoken_for + 1 if is_loud else spoken_for
        quiet_for = 0 if is_loud else quiet_for + 1
        if quiet_for == 6 and spoken_for > 12:
            length = min(len(nod), frames - k)
            motion[k : k + length, INDEX["headPitch"]] += nod[:length]
        spoken_for = 0 if quiet_for >= 6 else spoken_for


def _add_mood(motion: FloatArray, mood: FloatArray) -> None:
    for name, strength in zip(EMOTIONS, mood.tolist(), strict=True):
        for channel, value in MOODS[name].items():
            sides = [channel.replace("*", side) for side in ("Left", "Right")] if "*" in channel else [channel]
            for side in sides:
                motion[:, INDEX[side]] += strength * value


def _eyes(motion: FloatArray, impulses: FloatArray, listening: FloatArray) -> None:
    """Gaze holds the viewer while the head moves; lids follow gaze, and close fully in a blink."""
    still = 1.0 - 0.7 * listening
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
