"""Two agents watched: both are recorded by one unseen participant, laid side by side, and measured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

from visavis.caller.activity import Span, levels, voice_spans
from visavis.caller.ear import Ear
from visavis.caller.measure import measure_video
from visavis.caller.record import BLANK_SIZE, heard_track, on_grid
from visavis.caller.session import Connection
from visavis.caller.spool import Spool
from visavis.caller.take import Take, now_s
from visavis.media.errors import RoomError
from visavis.media.events import wall_us
from visavis.media.files import VideoWriter
from visavis.media.frames import to_float
from visavis.media.texts import plain, write_json
from visavis_models.spec import FPS, ROOM_FRAME, ROOM_RATE

ARRIVE_S = 120.0  # two processes load their models
LOOK_S = 0.2
JOIN_S = 0.7  # silences of one voice that do not end its turn


@dataclass
class Half:
    """One of the two: what came of it, and its pictures."""

    name: str
    take: Take
    spool: Spool


async def watch(
    url: str,
    token: str,
    halves: Sequence[Half],
    seconds: float,
    call: Callable[[], Awaitable[None]],
    notice: Callable[[str], None],
) -> None:
    """Watch the talk for `seconds` from its first voice on; whatever happens, the takes have what came.

    Args:
        call: calls the agents into the room, once we are there.

    Raises:
        RoomError: an agent did not come, left, or said nothing.
    """
    async with Connection(url, token) as connection, AsyncExitStack() as stack:
        ears = [Ear(connection.room, half.take, half.spool, half.name) for half in halves]
        for ear in ears:
            stack.push_async_callback(ear.aclose)
        try:
            await call()
            notice("waiting for both to come")
            await _until(lambda: all(half.take.heard and half.take.pictures for half in halves), ears, connection)
            await _until(lambda: any(ear.meter.onset_s is not None for ear in ears), ears, connection)
            notice("they talk")
            ends_s = now_s() + seconds
            while now_s() < ends_s:
                _check(ears, connection)
                await asyncio.sleep(LOOK_S)
        finally:
            for half in halves:
                half.take.ended_s = now_s()


async def _until(done: Callable[[], bool], ears: Sequence[Ear], connection: Connection) -> None:
    try:
        async with asyncio.timeout(ARRIVE_S):
            while not done():
                _check(ears, connection)
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise RoomError(f"the two did not begin to talk within {ARRIVE_S:g} s; is the machine very busy?") from None


def _check(ears: Sequence[Ear], connection: Connection) -> None:
    if connection.ended:
        raise RoomError(f"the room was ended {connection.ended}")
    if any(ear.left for ear in ears):
        raise RoomError("one of the two left the room")


@dataclass(frozen=True)
class Line:
    """One turn: `who` spoke from `start_s` to `end_s` of the record."""

    who: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class DuetReport:
    """What the talk was like.

    Attributes:
        seconds: length of the record.
        turns: how many, each the voice of one until the other has the floor.
        spoke_s: how long each spoke; fps: pictures a second that arrived of each.
        gap_s: median and largest silence between two turns; silence_max_s: the longest anywhere.
        overlap_s: sum of the time in which both spoke, and the longest stretch of it.
        transcript: what each said (`text`) and when, and what the other understood (`understood`: the same turns).
        error: why it did not come to its end.
    """

    seconds: float
    turns: int
    spoke_s: dict[str, float]
    fps: dict[str, float | None]
    gap_s: dict[str, float]
    silence_max_s: float
    overlap_s: dict[str, float]
    lines: list[Line]
    transcript: list[dict[str, object]] = field(default_factory=list)
    understood: list[dict[str, object]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    error: str | None = None

    def write(self, path: Path) -> None:
        """Write it as JSON; the file appears when it is whole."""
        write_json(path, self)


def measure(voices: Mapping[str, Sequence[Span]], seconds: float) -> dict[str, object]:
    """The figures of `DuetReport` that the stretches of voice give, by its names."""
    spans = sorted(((span, who) for who, of_one in voices.items() for span in of_one), key=lambda item: item[0].start)
    lines: list[Line] = []
    for span, who in spans:
        if lines and lines[-1].who == who:
            lines[-1] = Line(who, lines[-1].start_s, round(max(span.end, lines[-1].end_s), 2))
        else:
            lines.append(Line(who, round(span.start, 2), round(span.end, 2)))
    gaps = [max(b.start_s - a.end_s, 0.0) for a, b in pairwise(lines)]
    silences, overlaps, end = [], [], 0.0
    for span, _ in spans:
        silences.append(max(span.start - end, 0.0))
        overlaps.append(max(min(span.end, end) - span.start, 0.0))
        end = max(end, span.end)
    silences.append(max(seconds - end, 0.0))
    return {
        "turns": len(lines),
        "spoke_s": {who: round(sum(span.end - span.start for span in of_one), 1) for who, of_one in voices.items()},
        "gap_s": {"p50": round(float(np.median(gaps or [0.0])), 2), "max": round(max(gaps, default=0.0), 2)},
        "silence_max_s": round(max(silences), 2),
        "overlap_s": {"sum": round(sum(overlaps), 2), "max": round(max(overlaps, default=0.0), 2)},
        "lines": lines,
    }


def make_report(halves: Sequence[Half], transcripts: Path, error: str | None) -> DuetReport:
    """Measure what came.

    Args:
        transcripts: the folder in which the agents wrote theirs.
    """
    began_s, seconds = extent(halves)
    values = {half.name: levels(heard_track(half.take, began_s, seconds), ROOM_RATE) for half in halves}
    figures = measure({name: voice_spans(of_one, join_s=JOIN_S) for name, of_one in values.items()}, seconds)
    said, understood = read_transcripts(transcripts, [half.name for half in halves], began_s, seconds)
    return DuetReport(
        seconds=round(seconds, 2),
        fps={half.name: measure_video(half.take.pictures, half.take.codec).fps for half in halves},
        transcript=said,
        understood=understood,
        remarks=[f"{half.name}: {remark}" for half in halves for remark in half.take.remarks],
        error=error,
        **figures,  # type: ignore[arg-type]
    )


def extent(halves: Sequence[Half]) -> tuple[float, float]:
    """Second 0 of the record on our clock, and its length: from where both are there to the end."""
    began_s = max(half.take.began_s for half in halves)
    return began_s, max(max(half.take.ended_s for half in halves) - began_s, 1 / FPS)


def read_transcripts(
    folder: Path, names: Sequence[str], began_s: float, seconds: float
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """What was said, by who said it, and what was understood, by who listened; in the record's time."""
    offset_s = now_s() - wall_us() / 1e6
    said: list[dict[str, object]] = []
    understood: list[dict[str, object]] = []
    for name in names:
        for path in sorted(folder.glob(f"*-{plain(name)}.json")):
            held = json.loads(path.read_text())
            for turn in held["turns"]:
                at_s = held["began"] + turn["start_s"] + offset_s - began_s
                length_s = turn["end_s"] - turn["start_s"]
                if at_s + length_s >= 0 and at_s <= seconds:
                    line = {
                        "who": name,
                        "start_s": round(at_s, 2),
                        "end_s": round(at_s + length_s, 2),
                        "text": turn["text"],
                    }
                    (said if turn["who"] == "agent" else understood).append(line)
    return sorted(said, key=_start), sorted(understood, key=_start)


def _start(line: dict[str, object]) -> float:
    return float(line["start_s"])  # type: ignore[arg-type]


def write_duet(path: Path, halves: Sequence[Half]) -> None:
    """Both side by side, in the order given, with both voices mixed; picture k is what was shown at k / 25 s.

    Raises:
        InputError: the file cannot be written. Nothing is left behind then.
    """
    began_s, seconds = extent(halves)
    frames = max(round(seconds * FPS), 1)
    sizes = [half.spool.size or BLANK_SIZE for half in halves]
    size = min(sizes)  # the ladder may have lowered one of them for a while
    voices = [to_float(heard_track(half.take, began_s, frames / FPS)) for half in halves]
    mixed = np.clip(np.sum(voices, axis=0), -1.0, 1.0)
    with VideoWriter(path, (size[0] * len(halves), size[1]), (ROOM_RATE,)) as writer:
        pictures = zip(*(on_grid(half.spool, size, began_s, frames) for half in halves), strict=True)
        for k, pair in enumerate(tqdm(pictures, "recording", frames, unit="frame", leave=False, disable=None)):
            writer.picture(np.hstack(pair))
            writer.sound(mixed[k * ROOM_FRAME : (k + 1) * ROOM_FRAME])


def table(report: DuetReport) -> str:
    """The report for a person."""
    lines = [f"{line['start_s']:7.1f} {line['who']}: {line['text']}" for line in report.transcript]
    for who, spoke_s in report.spoke_s.items():
        fps = report.fps[who]
        lines.append(f"{who}: spoke {spoke_s:g} s, {'no picture' if fps is None else f'{fps:g} fps'}")
    lines.append(
        f"{report.turns} turns in {report.seconds:g} s; gaps {report.gap_s['p50']:g} s, {report.gap_s['max']:g} s max; "
        f"longest silence {report.silence_max_s:g} s; both spoke {report.overlap_s['sum']:g} s in all"
    )
    return "\n".join(lines + [f"note: {remark}" for remark in report.remarks])
