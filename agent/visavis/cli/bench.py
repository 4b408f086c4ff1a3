"""`visavis bench`: the figures of docs/benchmarks.md, made anew on this machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
from hibari import Hibari, write_wav
from tqdm import tqdm

from visavis.caller.questions import ask
from visavis.cli.phone_call import CODECS
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.media.files import read_audio
from visavis.media.frames import to_float
from visavis_models.errors import InputError, VisavisError
from visavis_models.serve.motion import HOP, MotionModel
from visavis_models.serve.portrait import portrait
from visavis_models.serve.quality import Quality, steps_of
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.stream import HORIZON_FRAMES, MotionStream, voice_windows
from visavis_models.spec import MODEL_FRAME, MODEL_RATE, ROOM_RATE, frames_in

Row = tuple[str, str]
PASSAGE = (
    "People have looked at faces for as long as there have been people. A voice that comes from a face is easier to "
    "follow, and easier to forgive. Five friendly families met by the blue pool, and everybody brought something warm."
)
QUESTIONS = (
    "Hello, how are you today?",
    "What time is it, please?",
    "Who are you, and what can you do?",
    "Tell me something about the ocean.",
    "How much is two plus two?",
    "Can you see that I am smiling?",
)


@click.command()
@click.argument("names", nargs=-1, metavar="[motion|render|talk|call|phone]...")
@click.option("--questions", type=click.Path(path_type=Path), help="Folder of recorded questions (.wav) for calls.")
def command(names: tuple[str, ...], questions: Path | None) -> None:
    """Measure this machine: motion, render, talk, call, phone; all where none is named. Prints tables in Markdown."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise InputError(f"{unknown[0]}: no such benchmark; there are {', '.join(BENCHMARKS)}")
    if questions and not sorted(questions.glob("*.wav")):
        raise InputError(f"{questions}: no .wav file in this folder")
    click.echo(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder:
        for name in names or BENCHMARKS:
            click.echo(f"\n`visavis bench {name}`\n\n| figure | value |\n| --- | --- |")
            for row in BENCHMARKS[name](Path(folder), questions):
                click.echo(f"| {row[0]} | {row[1]} |")


def processor() -> str:
    """The processor's name, as Linux gives it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def passage(folder: Path) -> Path:
    """A spoken passage of about 15 s, made once."""
    path = folder / "passage.wav"
    if not path.exists():
        Hibari(threads=1).save(PASSAGE, str(path), seed=0)
    return path


def bench_motion(folder: Path, _: Path | None) -> Iterator[Row]:
    """Time of one hop on one core."""
    model, voice = MotionModel.load(), read_audio(passage(folder), MODEL_RATE)
    state, times = model.begin(), []
    for at in range(0, len(voice) - HORIZON_FRAMES * MODEL_FRAME, HOP * MODEL_FRAME):
        began = time.perf_counter()
        _motion, state = model.step(state, voice[at : at + HORIZON_FRAMES * MODEL_FRAME])
        times.append((time.perf_counter() - began) * 1000)
    yield f"one hop of {HOP} frames", spread(times, "ms")
    yield "motion, a frame", f"{np.median(times) / HOP:.2f} ms"


def bench_render(folder: Path, _: Path | None) -> Iterator[Row]:
    """Time of one drawn frame on one core at every step of the ladder, over the motion of a spoken passage."""
    voice = read_audio(passage(folder), MODEL_RATE)
    stream = MotionStream(MotionModel.load())
    rows = [stream.next(window) for window in voice_windows(voice, frames_in(len(voice), MODEL_RATE))]
    full = (Quality.FULL,)
    for size, steps in ((512, steps_of(512)), (384, full), (256, full)):
        renderer = Renderer(portrait("alex"), size, ladder=True)
        for step in steps:
            renderer.quality = step
            name = f"alex at {size}x{size}, {step.value}, a frame"
            renderer.render(rows[0][None])
            wall, spent = [], []
            for row in tqdm(rows, desc=name, unit="frame", leave=False, disable=None):
                began, used = time.perf_counter(), time.thread_time()
                renderer.render(row[None])
                spent.append((time.thread_time() - used) * 1000)
                wall.append((time.perf_counter() - began) * 1000)
            yield f"{name}, processor time", spread(spent, "ms", 99)
            yield f"{name}, on the clock", spread(wall, "ms", 99)


def bench_talk(folder: Path, _: Path | None) -> Iterator[Row]:
    """The whole command, as a user runs it, three times."""
    reports = []
    for _round in range(3):
        run(["talk", str(passage(folder)), "-o", str(folder / "talk.mp4"), "--report", str(folder / "talk.json")])
        reports.append(json.loads((folder / "talk.json").read_text()))
    for figure, unit in (
        ("fps", "frames/s"),
        ("startup_s", "s"),
        ("motion_ms", "ms"),
        ("render_ms", "ms"),
        ("encode_ms", "ms"),
    ):
        yield f"talk: {figure}", spread([report[figure] for report in reports], unit)


def bench_call(folder: Path, questions: Path | None) -> Iterator[Row]:
    """A whole call over recorded or synthesised questions, measured at the caller's end."""
    files = sorted(questions.glob("*.wav")) if questions else asked(folder)
    out = folder / "call.json"
    run(["call", *(part for file in files for part in ("--mic", str(file))), "--report", str(out)])
    report = json.loads(out.read_text())
    turns, video, skew = report["turns"], report["video"], report["av_skew_ms"]
    yield "turn_ms", spread([turn["turn_ms"] for turn in turns], "ms")
    yield "avatar_added_ms", spread([turn["avatar_added_ms"] for turn in turns], "ms")
    yield (
        "video",
        f"{video['fps']} fps, p99 gap {video['gap_p99_ms']} ms, {video['width']}x{video['height']} {video['codec']}",
    )
    yield "A/V skew", f"p50 {skew['p50']} ms, p95 {skew['p95']} ms; first 5 s p95 {skew['p95_first_5s']} ms"
    yield "agent's process", f"{report['process']['rss_mb']} MB, {report['process']['cpu_cores']} cores"


def bench_phone(folder: Path, questions: Path | None) -> Iterator[Row]:
    """The same questions by telephone, at each codec, measured at the telephone."""
    files = sorted(questions.glob("*.wav")) if questions else asked(folder)
    for codec in CODECS:
        out = folder / f"phone-{codec}.json"
        lines = [part for file in files for part in ("--mic", str(file))]
        run(["call", "--phone", "--codec", codec, *lines, "--report", str(out)])
        report = json.loads(out.read_text())
        yield f"{codec}: turn_ms", spread([turn["turn_ms"] for turn in report["turns"]], "ms")
        yield f"{codec}: picking up to greeting", f"{report['greeting_s'] * 1000:.0f} ms"
        yield f"{codec}: agent's process", f"{report['process']['rss_mb']} MB, {report['process']['cpu_cores']} cores"


def asked(folder: Path) -> list[Path]:
    """The questions as files, in another voice than the one that answers."""
    voice, files = HibariVoice(), [folder / f"question-{k}.wav" for k in range(len(QUESTIONS))]
    for file, question in zip(files, QUESTIONS, strict=True):
        write_wav(str(file), to_float(ask(voice, question).pcm), ROOM_RATE)
    return files


def run(args: list[str]) -> None:
    """Run a command of ours in a process of its own, as a user would."""
    done = subprocess.run([sys.executable, "-m", "visavis.cli", *args], capture_output=True, text=True, check=False)
    if done.returncode:
        raise VisavisError(f"visavis {args[0]} ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")


def spread(values: list[float], unit: str, high: int = 95) -> str:
    """Median, least, and the percentile `high`."""
    return f"{np.median(values):.4g} {unit} (min {np.min(values):.4g}, p{high} {np.percentile(values, high):.4g})"


BENCHMARKS: dict[str, Callable[[Path, Path | None], Iterator[Row]]] = {
    "motion": bench_motion,
    "render": bench_render,
    "talk": bench_talk,
    "call": bench_call,
    "phone": bench_phone,
}
