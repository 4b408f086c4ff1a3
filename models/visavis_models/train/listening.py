"""How a face listens: its nods and smiles when somebody speaks and smiles, against those when they do it later."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.layout import HOP
from visavis_models.serve.motion import MotionModel
from visavis_models.spec import FPS, MODEL_FRAME, MODEL_RATE, Motion, channels
from visavis_models.train.play import listen
from visavis_models.train.scores import nod_response, phrase_ends
from visavis_models.train.voice import Voice

FloatArray = NDArray[np.float32]

SEEDS = 3
SMILE = channels("mouthSmileLeft", "mouthSmileRight")
SAID = (
    "I went to the market this morning. They had no bread at all. So I came back without any.",
    "My brother has moved to the coast. He likes it there very much. We will visit him in spring.",
)
PAUSE_S, LATER_S = 1.2, 1.6  # what is said so much later ends between the ends of what is said now


def judge_listening(model: MotionModel) -> None:
    """Print nods at the ends of phrases and the answer to a smile, each beside the same face with a user who waits."""
    voice, rng = Voice(), np.random.default_rng(3)
    users = [_with_pauses([voice.say(text, rng).audio for text in said.split(". ")]) for said in SAID]
    own, others = [], []
    for user in users:
        ends, later = phrase_ends(user), np.pad(user, (int(LATER_S * MODEL_RATE), 0))[: len(user)]
        for seed in range(SEEDS):
            own.append(nod_response(listen(model, user, None, seed), ends))
            others.append(nod_response(listen(model, later, None, seed), ends))
    now, then = np.mean(own), np.mean(others)
    smiling, still = _smile(model, 0.6), _smile(model, 0.0)
    print(
        "\n### Listening\n\n| answer | to this user | to one who waits |\n| --- | --- | --- |\n"
        f"| nose goes down after a phrase, degrees | {now:.2f} | {then:.2f} ({LATER_S:g} s later) |\n"
        f"| smile within a second of a smile of 0.6 | {smiling:.3f} | {still:.3f} |"
    )


def _with_pauses(pieces: list[FloatArray]) -> FloatArray:
    """Phrases with pauses of 1.2 s between and after them, a whole number of hops."""
    pause = np.zeros(int(PAUSE_S * MODEL_RATE), np.float32)
    joined = np.concatenate([part for piece in pieces for part in (piece, pause)])
    unit = HOP * MODEL_FRAME
    return np.pad(joined, (0, -len(joined) % unit))


def _smile(model: MotionModel, strength: float) -> float:
    """How far the own smile has gone one second after the user's began."""
    frames, begin = 6 * FPS, 3 * FPS
    seen = Motion.zeros(frames)
    seen.values[begin:, SMILE] = strength
    rises = []
    for seed in range(SEEDS):
        smile = listen(model, np.zeros(frames * MODEL_FRAME, np.float32), seen, seed)[:, SMILE].mean(axis=1)
        rises.append(smile[begin + FPS : begin + 2 * FPS].max() - smile[begin - HOP : begin].mean())
    return float(np.mean(rises))
