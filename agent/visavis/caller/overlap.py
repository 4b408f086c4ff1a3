"""Speaking while the avatar speaks: sounds that say "go on", and words that mean "stop". What became of each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.caller.measure import Interrupted, Turn
from visavis.caller.questions import ask
from visavis.caller.record import heard_track
from visavis.caller.report import Report
from visavis.caller.scene import Scene, scene_of
from visavis.caller.speech import Interruption, Plan
from visavis.caller.take import Take
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.media.resample import Resampler
from visavis_models.spec import MODEL_RATE, ROOM_RATE

QUESTION = "Who are you, and what can you do?"  # its answer, by heart, takes seven seconds
GO_ON = ("Mm-hmm.", "Mhm.", "Yeah.", "Okay.", "Uh-huh.", "Right.", "I see.", "Hmm.")
STOP = (
    "Stop, please. That is enough.",
    "Wait, what time is it?",
    "Hold on, I have another question.",
    "No, how much is two plus two?",
    "Excuse me, what day is it today?",
)
AFTER_S = (1.0, 1.6, 2.3, 3.1)  # into the answer
WHOLE = 0.85  # of the words, recognised again, from which on an answer was heard whole: the recogniser mishears some

Understand = Callable[[NDArray[np.float32]], str]


@dataclass(frozen=True)
class Overlap:
    """What became of one sound over the avatar's voice.

    Attributes:
        text: what was said into it.
        stops: whether it was meant to stop it.
        stopped: whether the answer ended there.
        paused_ms: for how long the voice paused before it went on; None where it did not pause, or not go on.
        heard: share of the answer's words that were heard, in order and none twice, 0..1; of whole ones alone.
        onset_to_silent_ms, silent_ms: see `Interrupted`.
    """

    text: str
    stops: bool
    stopped: bool
    paused_ms: float | None
    heard: float | None
    onset_to_silent_ms: float | None
    silent_ms: float | None

    @property
    def right(self) -> bool:
        """Whether that was what it should have been."""
        return self.stopped if self.stops else not self.stopped and (self.heard or 0.0) >= WHOLE


def plan_of(voice: HibariVoice, texts: Sequence[str]) -> Plan:
    """The question once for each of `texts`, which is said into the answer."""
    line = ask(voice, QUESTION)
    cuts = (Interruption(ask(voice, text, text), AFTER_S[k % len(AFTER_S)]) for k, text in enumerate(texts))
    return Plan((line,) * len(texts), tuple(cuts))


def overlaps(
    take: Take, plan: Plan, report: Report, *, stops: bool, answer: str, understand: Understand
) -> list[Overlap]:
    """What became of each interruption of a call.

    Args:
        take, plan, report: the call.
        stops: whether they were meant to stop the avatar.
        answer: what it says where it is let.
        understand: recognises float32 [N] at 16 kHz.
    """
    track, scene = heard_track(take, take.began_s, take.seconds), scene_of(take)
    made = []
    for cut, turn, planned in zip(report.interruptions, report.turns, plan.interruptions, strict=True):
        pause = _pause_ms(scene, turn) if cut.resumed else None
        heard = None if turn.interrupted else share(answer, understand(_between(track, turn)))
        made.append(
            Overlap(
                planned.line.name,
                stops,
                _stopped(cut, turn),
                pause,
                heard,
                cut.onset_to_silent_ms,
                cut.silent_ms,
            )
        )
    return made


def _stopped(cut: Interrupted, turn: Turn) -> bool:
    return turn.interrupted and not cut.resumed


def _pause_ms(scene: Scene, turn: Turn) -> float | None:
    if turn.reply_start_s is None or turn.reply_end_s is None:
        return None
    stops = [stop.at for stop in scene.stopped if turn.reply_start_s <= stop.at <= turn.reply_end_s]
    resumes = [at for at in scene.resumed if stops and at >= stops[0]]
    return round((resumes[0] - stops[0]) * 1000, 1) if resumes else None


def _between(track: NDArray[np.int16], turn: Turn) -> NDArray[np.float32]:
    if turn.reply_start_s is None or turn.reply_end_s is None:
        return np.zeros(0, np.float32)
    begin, end = (round(at * ROOM_RATE) for at in (turn.reply_start_s - 0.1, turn.reply_end_s + 0.2))
    piece = track[max(begin, 0) : end].astype(np.float32) / np.float32(32768)
    resampler = Resampler(ROOM_RATE, MODEL_RATE)
    return np.concatenate([resampler.push(piece), resampler.flush()])


def share(expected: str, heard: str) -> float:
    """How much of two texts are the same words in the same order, 0..1; words too few or too many count against it."""
    first, second = (re.findall(r"[a-z0-9']+", text.lower()) for text in (expected, heard))
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio()


def as_rows(made: Sequence[Overlap]) -> list[dict[str, object]]:
    """For JSON."""
    return [{**asdict(one), "right": one.right} for one in made]
