"""The motion model as it serves: a voice in, hops of motion out, all state explicit.

A hop knows the last frames that were shown (anchors), the voice up to 80 ms past each frame, what was heard and seen of
the user, an emotion and chance (`chance`). It denoises 14 frames in two steps and gives out up to 8 of them; the rest
are drafts from which the next hop starts. Inference is ONNX Runtime on one thread.

Guidance (Ho and Salimans, Classifier-free diffusion guidance, 2022) makes a condition c count more or less:
`x = x_full + sum_c (g_c - 1) (x_full - x_without_c)`, one network run more for every g_c that is not 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf, NoSuchFile

from visavis_models.errors import AssetError, InputError
from visavis_models.serve.chance import impulses, noise
from visavis_models.serve.cues import ANSWER_EVERY, N_TONE, TONE_FRAMES, answered, phrase_cue, tone
from visavis_models.serve.emotion import EMOTIONS, emotion_vector
from visavis_models.serve.inference import session
from visavis_models.serve.layout import (
    ANCHORS,
    CONTEXT_FRAMES,
    DRAFTS,
    HOP,
    LOOKAHEAD_FRAMES,
    SPAN,
    TEMPERATURES,
    WINDOW,
    levels,
    temperatures,
)
from visavis_models.serve.mel import BANDS, MEL_CONTEXT, MELS_PER_FRAME, log_mel
from visavis_models.spec import INDEX, MODEL_FRAME, N_MOTION, PLACE, ROTATION, WEIGHTS, Motion, channels

__all__ = ["ANCHORS", "DRAFTS", "EMOTIONS", "HOP", "LOOKAHEAD_FRAMES", "MotionModel", "StreamState"]

FloatArray = NDArray[np.float32]

ASSETS = Path(__file__).parent.parent / "assets"
CARD, AUDIO_GRAPH, DENOISE_GRAPH = "motion.json", "motion_audio.onnx", "motion_denoise.onnx"
CONDITIONS = ("voice", "user", "emotion", "style")  # what guidance can weigh
GUIDANCE_LIMIT, TEMPERATURE_LIMIT = 4.0, 2.0
STYLE_LIMIT = 2
# features that say how sure the lip readers are of p, b or m, of f or v, and of rounded lips as for u or w
LIPS_HELD, LIP_AT_TEETH, LIPS_ROUND = -3, -2, -1
# logits from which on, and peaks of them from which on, there is contact; chosen on phone-timed speech: docs/decisions
SEAL_AT, SEAL_PEAK_AT = 0.6, -2.6
BITE_AT, BITE_PEAK_AT = 0.0, -1.0
CONTACT_SLOPE, NOT_HEARD = 6.0, -1e2
ROUND_AT, ROUND_SLOPE = -0.8, 2.0  # rounding comes and goes more slowly than contacts
EXPONENT_LIMIT = 50.0  # nothing is held there anyway
EASE = np.array([0.8, 0.6, 0.4, 0.2], np.float32)
EASED = [k for name, k in INDEX.items() if name.startswith(("head", "brow"))]
LOWERED, RAISED = (
    channels("mouthLowerDownLeft", "mouthLowerDownRight"), channels("mouthUpperUpLeft", "mouthUpperUpRight"),
)  # fmt: skip
PARTED = [*LOWERED, *RAISED]
BITE_ROLL, BITE_RAISE = 0.5, 0.18  # of the lower and of the upper lip, as the scenes are authored
ROUND = {"mouthPucker": 0.52, "mouthFunnel": 0.18}  # as the scenes are authored around u and w
ROUND_PARTED = 0.3  # share of what parts the lips that is left
ROLLBACK = 2 * HOP  # frames that a state can be taken back
# ONNX Runtime's own, for a missing or damaged graph, share no base
LOAD_ERRORS: tuple[type[Exception], ...] = (
    OSError, KeyError, ValueError, Fail, InvalidGraph, InvalidProtobuf, NoSuchFile,
)  # fmt: skip
PAST_FRAMES = ANCHORS + CONTEXT_FRAMES  # of audio before a hop
ROTATION_LIMIT_RAD, PLACE_LIMIT_CM = 0.7, 6.0


@dataclass(frozen=True)
class StreamState:
    """Everything that passes from one hop to the next.

    Attributes:
        frame: how many frames have been shown.
        seed: of all that chance decides.
        emotion: float32 [6], strengths of `EMOTIONS`.
        style: float32 [S], how the face moves, in the order of the model's `styles`; it never changes in a stream.
        shown: float32 [<= 26, 60], the last frames shown, newest last.
        audio: float32 [240 + 640 * 41], the voice that belongs to the last frames, newest last, zeros before the
            stream's begin.
        window: float32 [n, 60], all frames that the last hop denoised, from frame number `window_start` on.
        answers: number of the frame in which the phrase of the user's was over that was answered last.
    """

    frame: int
    seed: int
    emotion: FloatArray
    style: FloatArray
    shown: FloatArray
    audio: FloatArray
    window: FloatArray
    window_start: int
    answers: int = -ANSWER_EVERY

    def at(self, frame: int) -> StreamState:
        """The state as it was after exactly `frame` frames had been shown.

        Raises:
            InputError: `frame` lies ahead, or more than 16 frames back.
        """
        if not max(0, self.frame - ROLLBACK) <= frame <= self.frame:
            oldest = max(0, self.frame - ROLLBACK)
            raise InputError(f"frame {frame} is out of reach: this state goes back from {self.frame} to {oldest}")
        undone = self.frame - frame
        if not undone:
            return self
        audio = np.concatenate([np.zeros(undone * MODEL_FRAME, np.float32), self.audio[: -undone * MODEL_FRAME]])
        return replace(self, frame=frame, shown=self.shown[:-undone], audio=audio)

    def drafts(self) -> FloatArray:
        """Where the next hop starts from, [14, 60]: what the last one foresaw, held on after its end."""
        ahead = self.foreseen()
        if not len(ahead):
            ahead = self.shown[-1:] if len(self.shown) else np.zeros((1, N_MOTION), np.float32)
        return np.concatenate([ahead, np.repeat(ahead[-1:], WINDOW, axis=0)])[:WINDOW]

    def foreseen(self) -> FloatArray:
        """What the last hop foresaw from the next frame on, [0..13, 60]."""
        return self.window[self.frame - self.window_start :] if self.frame >= self.window_start else self.window[:0]

    def followed_by(self, window: FloatArray, voice: FloatArray, emit: int) -> StreamState:
        """The state once the first `emit` frames of `window` are shown with `voice` (silence where it ends early)."""
        played = np.zeros(emit * MODEL_FRAME, np.float32)
        known = voice[: len(played)]
        played[: len(known)] = known
        return replace(
            self,
            frame=self.frame + emit,
            shown=np.concatenate([self.shown, window[:emit]])[-(ANCHORS + ROLLBACK) :],
            audio=np.concatenate([self.audio[len(played) :], played]),
            window=window,
            window_start=self.frame,
        )


class MotionModel:
    """A trained motion model; it holds no state of a stream, so any number of streams and threads may share it."""

    def __init__(
        self, folder: Path, *, steps: int, guidance: Mapping[str, float], temperature: Mapping[str, float]
    ) -> None:
        """Args: as in `load`."""
        try:
            self.card: dict[str, Any] = json.loads((folder / CARD).read_text())
            self._audio, self._denoise = (session(folder / name) for name in (AUDIO_GRAPH, DENOISE_GRAPH))
            self._scale = np.array(self.card["scale"], np.float32)
            gain = self.card.get("gain", {})
        except LOAD_ERRORS as error:
            raise AssetError(
                f"{folder}: no motion model there ({error}); run make setup, or export it again"
            ) from error
        # what is read as a mean is too small: it is shown larger than the network thinks it is
        self._own_scale = self._scale * np.array([gain.get(name, 1.0) for name in INDEX], np.float32)
        self.styles = tuple(self.card["styles"])
        self._temperature = temperatures(**temperature)
        self._guidance = {name: weight - 1.0 for name, weight in guidance.items() if weight != 1.0}
        self._levels = levels(steps)

    @classmethod
    def load(
        cls,
        path: Path | None = None,
        *,
        steps: int = 2,
        guidance: Mapping[str, float] | None = None,
        temperature: Mapping[str, float] | None = None,
    ) -> MotionModel:
        """Load weights.

        Args:
            path: the folder of an exported model; None is the shipped one.
            steps: of the sampler, 1 or more; the weights are distilled to 2 and to 1.
            guidance: how much of `CONDITIONS` counts, 0..4; 1 where not named, 0 is as if it were not given.
            temperature: how much chance there is in a group of channels, 0..2, for the groups of
                `layout.TEMPERATURES`; the usual where not named.

        Raises:
            AssetError: files are missing or damaged.
            InputError: steps < 1, an unknown condition or group, a value out of range.
        """
        if steps < 1:
            raise InputError(f"steps={steps}: the sampler needs at least one step")
        _check_settings("guidance", guidance or {}, CONDITIONS, GUIDANCE_LIMIT)
        _check_settings("temperature", temperature or {}, TEMPERATURES, TEMPERATURE_LIMIT)
        return cls(path or ASSETS, steps=steps, guidance=guidance or {}, temperature=temperature or {})

    def begin(
        self, *, seed: int = 0, emotion: Mapping[str, float] | None = None, style: Mapping[str, float] | None = None
    ) -> StreamState:
        """A stream before its first frame.

        Args:
            seed: 0..2^64 - 1; the same seed and voice give the same motion.
            emotion: names with strengths 0..1.
            style: how the face moves: names of `styles` with -2 (little) to 2 (much); 0, the usual, where not named.

        Raises:
            InputError: an unknown emotion or style, a strength out of range, a seed out of range.
        """
        if not 0 <= seed < 2**64:
            raise InputError(f"seed {seed} is outside 0..2^64-1")
        none = np.zeros((0, N_MOTION), np.float32)
        samples = MEL_CONTEXT + (PAST_FRAMES + ROLLBACK) * MODEL_FRAME
        return StreamState(
            0, seed, emotion_vector(emotion), self._style(style), none, np.zeros(samples, np.float32), none, 0
        )

    def step(
        self,
        state: StreamState,
        voice: FloatArray,
        user: FloatArray | None = None,
        user_motion: Motion | None = None,
        *,
        emit: int = HOP,
    ) -> tuple[Motion, StreamState]:
        """Plan the next `emit` frames; pure: the same arguments give the same result.

        Args:
            voice: float32 [N] mono 16 kHz from the first frame to emit on, as far as known; no more than
                (HOP + LOOKAHEAD_FRAMES) * 640 samples are heard, and a frame counts as known when all of it is there.
            user: float32 [M] mono 16 kHz, what was heard of the user until now, newest last; 5 s of it are used.
            user_motion: what was seen of the user until now, newest last; 10 frames of it are used.
            emit: 1..HOP.

        Returns:
            Motion of `emit` frames within the channels' legal ranges, and the state after they were shown.

        Raises:
            InputError: emit outside 1..HOP, or audio that is not float32 of one dimension.
        """
        if not 1 <= emit <= HOP:
            raise InputError(f"emit={emit} is outside 1..{HOP}")
        voice = _checked("voice", voice)[: (HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME]
        user = user if user is None else _checked("user", user)
        state = replace(state, answers=answered(user, voice, state.frame, state.answers))
        feeds = self._conditions(state, voice, user, user_motion)
        without = {name: self._conditions(state, voice, user, user_motion, without=name) for name in self._guidance}
        window = state.drafts() / self._own_scale
        eps = noise(state.seed, state.frame, WINDOW) * self._temperature
        for level in self._levels:
            noisy = {
                "noisy": ((1.0 - level) * window + level * eps)[None].astype(np.float32),
                "level": np.array([level], np.float32),
            }
            window = full = self._denoise.run(None, feeds | noisy)[0][0]
            for name, weight in self._guidance.items():
                window = window + weight * (full - self._denoise.run(None, without[name] | noisy)[0][0])
        unheard = np.arange(-1, WINDOW) >= len(voice) // MODEL_FRAME
        contacts = feeds["features"][0, ANCHORS - 1 :] + NOT_HEARD * unheard[:, None]
        window = rounded(legal(window * self._own_scale), contacts[:, LIPS_ROUND])
        window = bitten(window, contacts[:, LIP_AT_TEETH])
        window = eased(sealed(window, contacts[:, LIPS_HELD]), state.foreseen())
        return Motion(window[:emit].copy()), state.followed_by(window, voice, emit)

    def _style(self, style: Mapping[str, float] | None) -> FloatArray:
        vector = np.zeros(len(self.styles), np.float32)
        for name, strength in (style or {}).items():
            if name not in self.styles:
                raise InputError(f"style {name!r} is not known; known are {', '.join(self.styles)}")
            if not -STYLE_LIMIT <= strength <= STYLE_LIMIT:
                raise InputError(f"style {name}: {strength:g} is outside -{STYLE_LIMIT}..{STYLE_LIMIT}")
            vector[self.styles.index(name)] = strength
        return vector

    def _conditions(
        self, state: StreamState, voice: FloatArray, user: FloatArray | None, user_motion: Motion | None,
        *, without: str = "",
    ) -> dict[str, FloatArray]:  # fmt: skip
        """All inputs of the denoising graph but the noisy motion and its level; one of `CONDITIONS` may be left out."""
        given = min(len(state.shown), ANCHORS)
        if without == "user":
            user = user_motion = None
        user_mel, user_heard = _user_voice(user)
        seen_rows, seen = _newest(user_motion.values if user_motion is not None else None)
        known = np.arange(SPAN) < ANCHORS + len(voice) // MODEL_FRAME
        told = np.array([[without != "emotion", without != "style"]], np.float32)
        who = {"emotion": state.emotion[None], "style": state.style[None], "told": told}
        heard = {
            "mel": self._mel(state.audio, voice)[None],
            "known": (known & (without != "voice")).astype(np.float32)[None],
        }
        return {
            "anchors": (_newest(state.shown)[0] / self._own_scale)[None],
            "anchor_known": _last_ones(given)[None],
            "features": self._audio.run(None, heard | who)[0],
            "user_mel": user_mel[None],
            "user_motion": (seen_rows / self._scale)[None],
            "user_known": np.stack([user_heard, seen], axis=-1)[None],
            "phrase": phrase_cue(state.frame, state.answers)[None],
            "tone": self._tone(state.audio, voice if without != "voice" else voice[:0])[None],
            "impulses": impulses(state.seed, state.frame, WINDOW)[None],
            **who,
        }

    def _mel(self, past: FloatArray, voice: FloatArray) -> FloatArray:
        """Features of the hop's past and its voice: [156, 80]."""
        ahead = np.zeros(WINDOW * MODEL_FRAME, np.float32)
        ahead[: len(voice)] = voice
        return log_mel(np.concatenate([past[-(MEL_CONTEXT + PAST_FRAMES * MODEL_FRAME) :], ahead]))

    def _tone(self, past: FloatArray, voice: FloatArray) -> FloatArray:
        """The own voice's melody in each frame of the window and in those that it hears ahead, [14, 3]."""
        heard = voice[: len(voice) // MODEL_FRAME * MODEL_FRAME]
        told = np.zeros(WINDOW + N_TONE - 1, np.float32)
        own = tone(np.concatenate([past[-(TONE_FRAMES - 1) * MODEL_FRAME :], heard]))[TONE_FRAMES - 1 :]
        told[: len(own)] = own[: len(told)]
        return np.lib.stride_tricks.sliding_window_view(told, N_TONE).copy()


def eased(motion: FloatArray, foreseen: FloatArray) -> FloatArray:
    """Head and brows go over from what was foreseen [n, 60] to what is planned now [T, 60] within four frames.

    They are free, so two plans of them differ; a mouth is told by the voice and needs no such bridge.
    """
    n = min(len(foreseen), len(EASE))
    out = motion.copy()
    out[:n, EASED] += EASE[:n, None] * (foreseen[:n, EASED] - motion[:n, EASED])
    return out


def sealed(motion: FloatArray, contact: FloatArray) -> FloatArray:
    """Lips together where the voice says p, b or m: `mouthClose` follows the jaw, which may stay open behind them.

    Args:
        motion: float32 [T, 60] within legal ranges.
        contact: float32 [1 + T], the reader's logit of lips that are held, from the frame before on.
    """
    share = held(contact, SEAL_AT, SEAL_PEAK_AT)
    out = motion.copy()
    out[:, PARTED] *= 1.0 - share[:, None]
    out[:, INDEX["mouthFunnel"]] *= 1.0 - 0.5 * share
    close, jaw = INDEX["mouthClose"], INDEX["jawOpen"]
    out[:, close] = np.maximum(out[:, close], share * out[:, jaw])
    return out


def bitten(motion: FloatArray, contact: FloatArray) -> FloatArray:
    """The lower lip rolled in and up to the teeth where the voice says f or v; the upper lip makes room.

    Args:
        motion: float32 [T, 60] within legal ranges.
        contact: float32 [1 + T], the reader's logit of a lip at the teeth, from the frame before on.
    """
    share = held(contact, BITE_AT, BITE_PEAK_AT)
    out = motion.copy()
    out[:, LOWERED] *= 1.0 - share[:, None]
    out[:, RAISED] = np.maximum(out[:, RAISED], BITE_RAISE * share[:, None])
    roll = INDEX["mouthRollLower"]
    out[:, roll] = np.maximum(out[:, roll], BITE_ROLL * share)
    return out


def rounded(motion: FloatArray, logit: FloatArray) -> FloatArray:
    """Lips pushed forward and drawn together where the voice says u or w; never less than is read.

    Args:
        motion: float32 [T, 60] within legal ranges.
        logit: float32 [1 + T], the reader's logit of rounded lips, from the frame before on.
    """
    share = sigmoid(ROUND_SLOPE * (logit[1:] - ROUND_AT))
    out = motion.copy()
    for name, amount in ROUND.items():
        out[:, INDEX[name]] = np.maximum(out[:, INDEX[name]], amount * share)
    out[:, PARTED] *= 1.0 - (1.0 - ROUND_PARTED) * share[:, None]
    return out


def held(contact: FloatArray, at: float, peak_at: float) -> FloatArray:
    """How far a contact is held in each frame, float32 [T] in 0..1, by its logits [1 + T] from the frame before on.

    Where the reader is sure (above `at`) it is held throughout; where it is not it is met in the one frame in which the
    reader is surest (above `peak_at`), so that a short vowel between two closures stays open.
    """
    before, own = contact[:-1], contact[1:]
    after = np.append(own[1:], np.float32(NOT_HEARD))
    peak = (own >= before) & (own >= after) & (after > 0.5 * NOT_HEARD)
    sure = own - np.where(peak, np.float32(peak_at), np.float32(at))
    return sigmoid(CONTACT_SLOPE * sure)


def sigmoid(logit: FloatArray) -> FloatArray:
    """1 / (1 + exp(-logit)), without an overflow."""
    return np.asarray(1.0 / (1.0 + np.exp(np.minimum(-logit, EXPONENT_LIMIT))), logit.dtype)


def _check_settings(kind: str, given: Mapping[str, float], known: Iterable[str], limit: float) -> None:
    for name, value in given.items():
        if name not in known:
            raise InputError(f"{kind} of {name!r} is not known; known are {', '.join(known)}")
        if not 0.0 <= value <= limit:
            raise InputError(f"{kind} of {name}: {value:g} is outside 0..{limit:g}")


def _checked(name: str, audio: FloatArray) -> FloatArray:
    if audio.ndim != 1 or audio.dtype != np.float32:
        raise InputError(f"{name} is {audio.dtype} {list(audio.shape)}; give mono float32 [N] at 16 kHz")
    return audio


def _last_ones(count: int) -> FloatArray:
    """[10], ones for the newest `count` frames."""
    return (np.arange(ANCHORS) >= ANCHORS - count).astype(np.float32)


def _newest(rows: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """The newest 10 rows [10, 60], zeros before them, and which of them were there [10]."""
    out = np.zeros((ANCHORS, N_MOTION), np.float32)
    count = 0 if rows is None else min(len(rows), ANCHORS)
    if rows is not None and count:
        out[-count:] = rows[-count:]
    return out, _last_ones(count)


def _user_voice(user: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Features of the user's last 10 frames [10, 320], and which of them were heard [10]."""
    if user is None:
        return np.zeros((ANCHORS, MELS_PER_FRAME * BANDS), np.float32), _last_ones(0)
    samples = np.zeros(MEL_CONTEXT + ANCHORS * MODEL_FRAME, np.float32)
    newest = user[-len(samples) :]
    samples[len(samples) - len(newest) :] = newest
    return log_mel(samples).reshape(ANCHORS, -1), _last_ones(min(ANCHORS, len(user) // MODEL_FRAME))


def legal(motion: FloatArray) -> FloatArray:
    """Weights within 0..1, rotation and place within what a head does while it talks."""
    motion[:, WEIGHTS] = np.clip(motion[:, WEIGHTS], 0.0, 1.0)
    motion[:, ROTATION] = np.clip(motion[:, ROTATION], -ROTATION_LIMIT_RAD, ROTATION_LIMIT_RAD)
    motion[:, PLACE] = np.clip(motion[:, PLACE], -PLACE_LIMIT_CM, PLACE_LIMIT_CM)
    return motion
