"""Two people talking: turns, pauses, overlaps, backchannels, interruptions, as two tracks of speech with their phones.

Gaps between turns are about 0.2 s and often negative (Stivers et al., Universals and cultural variation in turn-taking,
PNAS 2009); a listener's "mhm" falls near the end of the other one's phrases (Ward and Tsukahara, Journal of
Pragmatics 32, 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import FPS, MODEL_FRAME, MODEL_RATE
from visavis_models.train.sentences import BACKCHANNELS, text
from visavis_models.train.voice import Phone, Synthesiser

FloatArray = NDArray[np.float32]

SCENE_S, LEAD_S = 50.0, 1.0  # a scene's length, and the silence before and after what is said
OWN_SHARE = 0.62  # of turns
LONG_SILENCE = 0.12  # chance of nobody speaking for a while after a turn
BACKCHANNEL = 0.45  # chance in the pauses of the other one's turn
INTERRUPTED = 0.07  # chance that a turn is cut off by the other one
CUT_S = 0.06  # a voice that is cut off fades in so long


@dataclass(frozen=True)
class Speaker:
    """A voice with habits: pace, pitch (and formants) and loudness as factors."""

    voice: Synthesiser
    pace: float = 1.0
    pitch: float = 1.0
    loudness: float = 1.0


@dataclass
class Track:
    """What one of the two says: pieces of sound with their begins in seconds, and the phones."""

    pieces: list[tuple[float, FloatArray]] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)

    def add(self, begin: float, audio: FloatArray, phones: Sequence[Phone]) -> None:
        self.pieces.append((begin, audio))
        self.phones += [phone.moved(begin) for phone in phones]

    def laid(self, samples: int) -> FloatArray:
        """The sound at 16 kHz, [samples]."""
        track = np.zeros(samples, np.float32)
        for begin, audio in self.pieces:
            first = round(begin * MODEL_RATE)
            track[first : first + len(audio)] += audio[: samples - first]
        return np.clip(track, -1, 1)


@dataclass(frozen=True)
class Conversation:
    """Both voices at 16 kHz, [640 T] each, and their phones in order."""

    own: FloatArray
    user: FloatArray
    own_phones: list[Phone]
    user_phones: list[Phone]


def converse(own: Speaker, user: Speaker | None, rng: np.random.Generator, seconds: float = SCENE_S) -> Conversation:
    """A scene of about `seconds`; without a user one speaks alone, with pauses."""
    tracks, people = (Track(), Track()), (own, user)
    at = LEAD_S + rng.uniform(0, 0.5)
    while at < seconds - LEAD_S:
        who = 0 if user is None or rng.random() < OWN_SHARE else 1
        at = _turn(tracks[who], people[who], at, rng, tracks[1 - who], people[1 - who])
        at += rng.uniform(2.0, 6.0) if rng.random() < LONG_SILENCE else float(np.clip(rng.normal(0.3, 0.4), -0.5, 1.5))
    last = max((begin + len(audio) / MODEL_RATE for track in tracks for begin, audio in track.pieces), default=at)
    samples = int(np.ceil((last + LEAD_S) * FPS)) * MODEL_FRAME
    phones = [sorted(track.phones, key=lambda phone: phone.begin) for track in tracks]
    return Conversation(tracks[0].laid(samples), tracks[1].laid(samples), phones[0], phones[1])


def _turn(
    track: Track,
    speaker: Speaker | None,
    begin: float,
    rng: np.random.Generator,
    other: Track,
    listener: Speaker | None,
) -> float:
    """One turn and what the listener puts in; returns when it ends, seconds."""
    assert speaker is not None
    audio, phones = _said(speaker, text(rng, speaker.voice.language), rng)
    if listener and rng.random() < INTERRUPTED and len(audio) > 2.5 * MODEL_RATE:
        audio, phones = _cut(audio, phones, float(rng.uniform(0.4, 0.8)) * len(audio) / MODEL_RATE)
    elif listener and listener.voice.language == "en":
        for phone in phones[1:-1]:
            if phone.symbol == "_" and phone.end - phone.begin > 0.15 and rng.random() < BACKCHANNEL:
                short, short_phones = _said(listener, str(rng.choice(BACKCHANNELS)), rng)
                other.add(begin + phone.begin + float(rng.uniform(0, 0.3)), np.float32(0.7) * short, short_phones)
                break
    track.add(begin, audio, phones)
    return begin + len(audio) / MODEL_RATE


def _said(speaker: Speaker, words: str, rng: np.random.Generator) -> tuple[FloatArray, list[Phone]]:
    pace = speaker.pace * float(rng.uniform(0.92, 1.08))
    said = speaker.voice.say(words, rng, speed=pace, pitch=speaker.pitch)
    gain = np.float32(speaker.loudness * rng.uniform(0.8, 1.2))
    return gain * said.audio, list(said.phones)


def _cut(audio: FloatArray, phones: list[Phone], at: float) -> tuple[FloatArray, list[Phone]]:
    """Speech that breaks off at `at` seconds."""
    last, fade = round(at * MODEL_RATE), round(CUT_S * MODEL_RATE)
    audio = audio[:last].copy()
    audio[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    kept = [phone for phone in phones if phone.begin < at]
    kept[-1] = Phone(kept[-1].symbol, kept[-1].begin, min(kept[-1].end, at), kept[-1].stress)
    return audio, kept
