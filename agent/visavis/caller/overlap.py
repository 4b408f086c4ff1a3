"""Speaking while the avatar speaks: sounds that say "go on", and words that mean "stop". What became of each."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.caller.activity import STEP_S
from visavis.caller.measure import stop_of
from visavis.caller.questions import ask
from visavis.caller.record import heard_track
from visavis.caller.report import Report
from visavis.caller.scene import Scene, scene_of
from visavis.caller.speech import Interruption, Plan
from visavis.caller.take import Take
from visavis.caller.telephone import at_rate
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.media.frames import to_float
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
MARGIN_S = 0.3  # of silence that is left in what is recognised again
JOINED_S = 0.02  # the same where the voice was paused, in mid-word mostly
LATE_S = 0.5  # a stop is heard so late, at most
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
        understood: what the agent took it for; "" for no words.
    """

    text: str
    stops: bool
    stopped: bool
    paused_ms: float | None
    heard: float | None
    onset_to_silent_ms: float | None
    silent_ms: float | None
    understood: str = ""

    @property
    def right(self) -> bool:
        """Whether that was what it should have been."""
        whole = not self.stopped and (self.heard or 0.0) >= WHOLE
        return whole is not self.stops  # a voice that stood still by itself has no stop, and may end there all the same


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
    cuts = {one.turn: one for one in scene.utterances if one.interrupts}
    starts = [one.start for one in scene.utterances if not one.interrupts]
    ends = [*starts[1:], float("inf")]
    made = []
    for k, (cut, turn, planned) in enumerate(zip(report.interruptions, report.turns, plan.interruptions, strict=True)):
        stop = stop_of(scene, cuts[k]) if k in cuts else None
        stopped = stop is not None and not cut.resumed
        heard = None
        if not stopped and turn.reply_start_s is not None:
            heard = share(answer, understand(_spoken(track, scene, turn.reply_start_s, ends[k])))
        pause_ms = _pause_ms(scene, stop.at) if stop is not None and not stopped else None
        words = _understood(scene, cuts[k].start, ends[k]) if k in cuts else ""
        ms = cut.onset_to_silent_ms, cut.silent_ms
        made.append(Overlap(planned.line.name, stops, stopped, pause_ms, heard, *ms, words))
    return made


def _understood(scene: Scene, begin_s: float, end_s: float) -> str:
    """The caller's words between two moments, as they were last recognised."""
    last = {words.segment: words.text for words in scene.words if words.mine and begin_s <= words.start < end_s}
    return " ".join(last.values())


def _pause_ms(scene: Scene, stop_s: float) -> float | None:
    resumes = [at_s for at_s in scene.resumed if at_s >= stop_s]
    return round((resumes[0] - stop_s) * 1000, 1) if resumes else None


def _spoken(track: NDArray[np.int16], scene: Scene, begin_s: float, end_s: float) -> NDArray[np.float32]:
    """The answer as one stretch, float32 [N] at 16 kHz: where the voice paused and went on, the pause is taken out."""
    spans = [span for span in scene.voice if begin_s - STEP_S <= span.start and span.end <= end_s]
    pieces, at_s = [], begin_s - MARGIN_S
    for before, after in itertools.pairwise([*spans, None]):
        assert before is not None
        gap_s = MARGIN_S if after is None else after.start - before.end
        paused = after is not None and any(before.end - LATE_S <= stop.at <= after.start for stop in scene.stopped)
        kept_s = JOINED_S if paused else min(gap_s, MARGIN_S)
        pieces.append(track[max(round(at_s * ROOM_RATE), 0) : round((before.end + kept_s / 2) * ROOM_RATE)])
        at_s = before.end + gap_s - kept_s / 2
    return at_rate(to_float(np.concatenate(pieces or [track[:0]])), ROOM_RATE, MODEL_RATE)


def share(expected: str, heard: str) -> float:
    """How much of two texts are the same words in the same order, 0..1; words too few or too many count against it."""
    first, second = (re.findall(r"[a-z0-9']+", text.lower()) for text in (expected, heard))
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio()


def as_rows(made: Sequence[Overlap]) -> list[dict[str, object]]:
    """For JSON."""
    return [{**asdict(one), "right": one.right} for one in made]
