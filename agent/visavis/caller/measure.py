"""The figures of a call: turns, interruptions, video; pure functions of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from visavis.caller.activity import Span
from visavis.caller.scene import Scene, Stop, Utterance, Words
from visavis.caller.take import Picture

OVERLAP_S = 1.0  # a voice that outlasts the user's by so much answers it, though it began before the user's end
STOP_EARLY_S = 0.05  # the agent's clock and ours may differ by this
LEAK_S = 0.15  # voice that begins so soon after a stop was on its way already
STOP_WITHIN_S = 5.0  # an interruption that has not stopped the voice by then has not stopped it
GOES_ON_S = 0.5


@dataclass(frozen=True)
class Turn:
    """One `--mic` file and the reply to it; times in seconds of the record, None where no reply was heard.

    Attributes:
        turn_ms: from the user's last voiced sample leaving the microphone to the first voiced sample of the reply.
        avatar_added_ms: from the first synthesised sound in the agent to its leaving with the first frame.
        interrupted: whether the reply was cut off.
    """

    user_text: str
    reply_text: str
    reply_start_s: float | None
    reply_end_s: float | None
    turn_ms: float | None
    avatar_added_ms: float | None
    interrupted: bool


@dataclass(frozen=True)
class Interrupted:
    """One `--interrupt`; None where there is nothing to measure.

    Attributes:
        user_text, reply_text: what was understood of it, and the reply to it.
        onset_to_silent_ms: from the caller's first voiced sample to the avatar's last one.
        silent_ms: from the agent's stop to the avatar's last voiced sample at the caller.
        lips_rest_ms: from the agent's stop to the picture's lips at rest.
        relapse_ms: voice of the cut reply that was heard after the first stop, before it was cleared.
        resumed: whether the reply went on (the agent took it for a backchannel).
    """

    user_text: str
    reply_text: str
    onset_to_silent_ms: float | None
    silent_ms: float | None
    lips_rest_ms: float | None
    relapse_ms: float
    resumed: bool


@dataclass(frozen=True)
class Video:
    """The received picture: frame rate and p99 of the time between frames over the whole call, size of the last one."""

    frames: int
    fps: float | None
    gap_p99_ms: float | None
    width: int | None
    height: int | None
    codec: str


@dataclass(frozen=True)
class _Window:
    """What belongs to one line: from its beginning to the next line's, with its interruption if there is one."""

    line: Utterance
    interruption: Utterance | None
    end: float

    @property
    def reply_until(self) -> float:
        """When the reply to the line has certainly given way to that to the interruption."""
        return self.interruption.first_voiced if self.interruption else self.end


def measure_turns(scene: Scene, lines: int) -> list[Turn]:
    """One turn for each line that was said, in order; empty ones for those that were not reached."""
    windows = _windows(scene)
    return [_turn(scene, windows[k]) if k in windows else _SILENT for k in range(lines)]


_SILENT = Turn("", "", None, None, None, None, interrupted=False)


def _windows(scene: Scene) -> dict[int, _Window]:
    lines = [utterance for utterance in scene.utterances if not utterance.interrupts]
    interruptions = {utterance.turn: utterance for utterance in scene.utterances if utterance.interrupts}
    ends = [*(line.start for line in lines[1:]), float("inf")][: len(lines)]
    return {line.turn: _Window(line, interruptions.get(line.turn), end) for line, end in zip(lines, ends, strict=True)}


def _turn(scene: Scene, window: _Window) -> Turn:
    line = window.line
    interrupted = window.interruption is not None and not _resumed(scene, window.interruption, window.end)
    until = window.reply_until if interrupted else window.end
    user_text = _text(scene.words, mine=True, start=line.start, end=window.reply_until)
    reply_text = _text(scene.words, mine=False, start=line.start, end=window.reply_until)
    reply = _reply(scene.voice, line.last_voiced, until)
    if not reply:
        return Turn(user_text, reply_text, None, None, None, None, interrupted=False)
    return Turn(
        user_text,
        reply_text,
        reply_start_s=round(reply.start, 3),
        reply_end_s=round(reply.end, 3),
        turn_ms=_ms(reply.start - line.last_voiced),
        avatar_added_ms=_added_ms(scene.answered, reply.start),
        interrupted=interrupted,
    )


def _reply(voice: Sequence[Span], after: float, until: float) -> Span | None:
    """From the first to the last voice that answers a line which ended at `after`."""
    answers = [span for span in voice if after <= span.start < until]
    early = [span for span in voice if span.start < after and span.end >= after + OVERLAP_S]
    answers = early[-1:] + answers
    return Span(answers[0].start, answers[-1].end) if answers else None


def _text(words: Sequence[Words], *, mine: bool, start: float, end: float) -> str:
    """The texts of one side that began in a stretch of time, joined; of the user's only the final ones."""
    said = {
        word.segment: word.text
        for word in words
        if word.mine == mine and start <= word.start < end and (word.final or not mine)
    }
    return " ".join(said.values())


def _added_ms(answered: Sequence[tuple[float, float]], reply_start: float) -> float | None:
    """What the avatar added to the segment that left nearest to the moment at which the reply was heard."""
    if not answered:
        return None
    _, added_ms = min(answered, key=lambda answer: abs(answer[0] - reply_start))
    return round(added_ms, 1)


def measure_interruptions(scene: Scene, count: int, lips_at_rest: dict[int, float]) -> list[Interrupted]:
    """One entry for each interruption of the plan, in order.

    Args:
        count: how many there are in the plan.
        lips_at_rest: when the lips came to rest, seconds of the record, by turn.
    """
    windows = _windows(scene)
    return [_interrupted(scene, windows.get(k), lips_at_rest.get(k)) for k in range(count)]


def _interrupted(scene: Scene, window: _Window | None, lips_s: float | None) -> Interrupted:
    if window is None or window.interruption is None:
        return Interrupted("", "", None, None, None, 0.0, resumed=False)
    cut = window.interruption
    stop = stop_of(scene, cut)
    silent_s = _silent_at(scene.fine_voice, cut, stop)
    return Interrupted(
        user_text=_text(scene.words, mine=True, start=cut.first_voiced, end=window.end),
        reply_text=_text(scene.words, mine=False, start=cut.first_voiced, end=window.end),
        onset_to_silent_ms=None if silent_s is None else _ms(silent_s - cut.first_voiced),
        silent_ms=None if silent_s is None or stop is None else _ms(max(silent_s - stop.at, 0.0)),
        lips_rest_ms=None if lips_s is None or stop is None else _ms(max(lips_s - stop.at, 0.0)),
        relapse_ms=_relapse_ms(scene, cut, window.end),
        resumed=_resumed(scene, cut, window.end),
    )


def stop_of(scene: Scene, cut: Utterance) -> Stop | None:
    """The first stop that an interruption brought about."""
    earliest, latest = cut.first_voiced - STOP_EARLY_S, cut.last_voiced + STOP_WITHIN_S
    return next((stop for stop in scene.stopped if earliest <= stop.at <= latest), None)


def _silent_at(voice: Sequence[Span], cut: Utterance, stop: Stop | None) -> float | None:
    """The avatar's last voiced moment before it fell silent, None where it did not."""
    from_s = stop.at + LEAK_S if stop else cut.first_voiced
    before = [span.end for span in voice if span.start <= from_s]
    if not before or (stop is None and before[-1] > cut.last_voiced + GOES_ON_S):
        return None
    return before[-1]


def _resumed(scene: Scene, cut: Utterance, end: float) -> bool:
    """Whether the reply went on to its end: never stopped, or let go on and not cleared after all."""
    stop = stop_of(scene, cut)
    if stop is None:
        return any(span.start < cut.first_voiced and span.end > cut.last_voiced + GOES_ON_S for span in scene.voice)
    cleared = any(other.how == "clear" and stop.at <= other.at < end for other in scene.stopped)
    return not cleared and any(stop.at <= at_s < end for at_s in scene.resumed)


def _relapse_ms(scene: Scene, cut: Utterance, end: float) -> float:
    """How much of a reply that was cleared in the end was heard after its first stop."""
    stop = stop_of(scene, cut)
    if stop is None or _resumed(scene, cut, end):
        return 0.0
    resumed = min((at_s for at_s in scene.resumed if stop.at <= at_s < end), default=end)
    cleared = max((other.at for other in scene.stopped if stop.at <= other.at < end), default=stop.at)
    return _ms(sum((span.end - span.start for span in scene.fine_voice if resumed <= span.start < cleared), 0.0))


def measure_video(pictures: Sequence[Picture], codec: str) -> Video:
    """Frame rate and gaps between arrivals."""
    if len(pictures) < 2:
        return Video(len(pictures), None, None, None, None, codec)
    arrivals = np.array([picture.arrival_s for picture in pictures])
    width, height = pictures[-1].size
    return Video(
        frames=len(pictures),
        fps=round((len(arrivals) - 1) / float(arrivals[-1] - arrivals[0]), 2),
        gap_p99_ms=_ms(float(np.percentile(np.diff(arrivals), 99))),
        width=width,
        height=height,
        codec=codec,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
