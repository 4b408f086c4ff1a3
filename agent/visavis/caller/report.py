"""The report of a call: what `--report` writes, and the table a person reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median

from visavis.caller.activity import levels
from visavis.caller.lips import lips_at_rest
from visavis.caller.measure import (
    Interrupted,
    Turn,
    Video,
    measure_interruptions,
    measure_turns,
    measure_video,
)
from visavis.caller.probe import WARN_MS, Probe, check, clicks, flashes
from visavis.caller.record import heard_track
from visavis.caller.scene import Scene, scene_of
from visavis.caller.skew import frame_skew, sent_levels, voice_delays
from visavis.caller.speech import Plan
from visavis.caller.spool import Spool
from visavis.caller.take import Take
from visavis.media.errors import AssetError
from visavis.media.texts import write_json
from visavis_models.spec import ROOM_RATE


@dataclass(frozen=True)
class Report:
    """What a call was like at the caller's end.

    Attributes:
        seconds: length of the record.
        greeting_s: when the agent's first voice was heard; on a telephone counted from its picking up.
        turns: one for each `--mic`; interruptions: one for each `--interrupt`.
        av_skew_ms: `p50`, `p95` of the absolute skew after the first 5 s, `p95_first_5s`, and `mean`, signed,
            positive where the picture is late; None where no frame carries a clock or nothing was heard.
        delay_ms: median delay of `voice` and `picture` from the agent to the caller.
        cues: what the agent's camera showed: `at_s`, `name`, `on`.
        gave_way: where the agent had time for less, or for more again: `at_s`, `quality` of the face and `camera_fps`.
        process: `rss_mb` (peak) and `cpu_cores` (mean) of the agent, None where it tells nothing.
        probe: flash and click beside the clock, None without `--probe`.
        remarks: what a person should know, one sentence each.
        error: why the call did not come to its end, None where it did.
    """

    seconds: float
    turns: list[Turn]
    video: Video
    av_skew_ms: dict[str, float | None]
    interruptions: list[Interrupted]
    cues: list[dict[str, float | str | bool]]
    process: dict[str, float | None]
    delay_ms: dict[str, float | None]
    gave_way: list[dict[str, float | str | None]] = field(default_factory=list)
    greeting_s: float | None = None
    probe: Probe | None = None
    remarks: list[str] = field(default_factory=list)
    error: str | None = None

    def write(self, path: Path) -> None:
        """Write it as JSON; the file appears when it is whole."""
        write_json(path, self)


def make_report(
    take: Take, plan: Plan, spool: Spool | None, *, probe: bool = False, error: str | None = None
) -> Report:
    """Measure a take.

    Args:
        spool: the received pictures, for the lips; None leaves `lips_rest_ms` empty.
        probe: whether the avatar was to send flashes and clicks.
    """
    remarks = list(take.remarks)
    if not take.began:
        return _empty(plan, remarks, error)
    began_s = take.began_s
    track = heard_track(take, began_s, take.seconds)
    scene = scene_of(take, track)
    turns = measure_turns(scene, len(plan.lines))
    lips: dict[int, float] = {}
    if spool and plan.interruptions:
        try:
            lips = lips_at_rest(scene, turns, spool, began_s)
        except AssetError as missing:
            remarks.append(f"the lips were not measured: {missing}")
    sent_began_s, sent = sent_levels(take.envelopes, take.sender_clock())
    delays = voice_delays(sent_began_s, sent, began_s, levels(track, ROOM_RATE))
    skew = frame_skew(take.pictures, take.sender_clock(), delays)
    checked = check(flashes(take.pictures), clicks(track, ROOM_RATE) + began_s, skew) if probe else None
    remarks += _doubts(checked)
    return Report(
        seconds=round(take.seconds, 2),
        turns=turns,
        video=measure_video(take.pictures, take.codec),
        av_skew_ms=skew.figures(began_s),
        interruptions=measure_interruptions(scene, len(plan.interruptions), lips),
        cues=[{"at_s": round(at_s, 2), "name": name, "on": on} for at_s, name, on in scene.cues],
        process=_process(scene),
        delay_ms={"voice": _median_ms(delays.delay_s.tolist()), "picture": _median_ms(_picture_delays(take))},
        gave_way=[
            {"at_s": round(at_s, 2), "quality": quality, "camera_fps": fps} for at_s, quality, fps in scene.gave_way
        ],
        greeting_s=round(scene.voice[0].start, 3) if scene.voice else None,
        probe=checked,
        remarks=remarks,
        error=error,
    )


def _empty(plan: Plan, remarks: list[str], error: str | None) -> Report:
    """The report of a call in which nothing was seen or heard."""
    return Report(
        seconds=0.0,
        turns=measure_turns(Scene(), len(plan.lines)),
        video=measure_video([], ""),
        av_skew_ms={"p50": None, "p95": None, "p95_first_5s": None, "mean": None},
        interruptions=measure_interruptions(Scene(), len(plan.interruptions), {}),
        cues=[],
        process=_process(Scene()),
        delay_ms={"voice": None, "picture": None},
        remarks=remarks,
        error=error,
    )


def _process(scene: Scene) -> dict[str, float | None]:
    if not scene.load:
        return {"rss_mb": None, "cpu_cores": None}
    return {
        "rss_mb": round(max(rss_mb for rss_mb, _ in scene.load), 1),
        "cpu_cores": round(fmean(cores for _, cores in scene.load), 2),
    }


def _picture_delays(take: Take) -> list[float]:
    clock = take.sender_clock()
    return [picture.shown_s - float(clock.seconds(picture.sender_us)) for picture in take.pictures if picture.sender_us]


def _median_ms(seconds: list[float]) -> float | None:
    return round(median(seconds) * 1000, 1) if seconds else None


def _doubts(probe: Probe | None) -> list[str]:
    if probe is None:
        return []
    if probe.pairs == 0:
        return ["no flash with its click was received: the probe says nothing"]
    if probe.difference_ms is None:
        return ["the frames carry no clock: the probe has nothing to be compared with"]
    if abs(probe.difference_ms) > WARN_MS:
        return [
            f"flash and click differ from the frames' clock by {probe.difference_ms:g} ms, more than one frame: "
            "do not trust av_skew_ms"
        ]
    return []


def table(report: Report, plan: Plan) -> str:
    """The report for a person: one line for each turn and interruption, then picture and sound, then remarks."""
    lines = []
    for k, (line, turn) in enumerate(zip(plan.lines, report.turns, strict=True)):
        took = "no reply" if turn.turn_ms is None else f"{turn.turn_ms:.0f} ms"
        lines += [f"{line.name}: {turn.user_text or '(nothing understood)'}"]
        lines += [f"  -> {turn.reply_text or '(no words)'}  [{took}]"]
        if k < len(report.interruptions):
            cut = report.interruptions[k]
            after = "went on" if cut.resumed else _told(cut.onset_to_silent_ms, "ms to silence")
            lines += [f"  x  {cut.user_text or plan.interruptions[k].line.name}  [{after}]"]
    video, skew = report.video, report.av_skew_ms
    if video.frames:
        lines += [
            f"picture: {_told(video.fps, 'fps')}, {_told(video.gap_p99_ms, 'ms p99 gap')}, "
            f"{video.width}x{video.height} {video.codec}",
            f"skew: {_told(skew['p50'], 'ms p50')}, {_told(skew['p95'], 'ms p95')}",
        ]
    lines += [
        f"agent: {_told(report.process['rss_mb'], 'MB')}, {_told(report.process['cpu_cores'], 'cores')}",
    ]
    if report.gave_way:
        lines += ["gave way: " + ", ".join(f"{step['quality']} from {step['at_s']:g} s" for step in report.gave_way)]
    return "\n".join(lines + [f"note: {remark}" for remark in report.remarks])


def _told(value: float | None, unit: str) -> str:
    return f"- {unit}" if value is None else f"{value:g} {unit}"
