"""`visavis talk`: a speech file to a talking-face video, through the very streaming path of a call."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
import psutil
from numpy.typing import NDArray
from tqdm import tqdm

from visavis.cli.options import BACKGROUND_HELP, FACE_HELP, SIZES, OutputFile
from visavis.media.files import VideoWriter, read_audio
from visavis.media.texts import write_json
from visavis.vision.portraits import portrait as face_of
from visavis_models.serve.background import Background
from visavis_models.serve.emotion import FRIENDLY, parse_emotion, parse_strengths
from visavis_models.serve.motion import HOP
from visavis_models.serve.stream import FaceStream, voice_windows
from visavis_models.spec import FPS, MODEL_RATE, ROOM_FRAME, ROOM_RATE, Motion, frames_in

ENCODER_BACKLOG = 8  # pictures waiting for the encoder, at most


@dataclass
class Stopwatch:
    """Seconds that each stage took, frame by frame."""

    motion: list[float] = field(default_factory=list)
    render: list[float] = field(default_factory=list)
    encode: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """What `--report` writes.

    Attributes:
        frames, seconds: length of the video.
        fps: frames by wall seconds of decoding, motion, rendering and encoding, without start-up.
        startup_s: from the start of the process to the first sample read.
        motion_ms, render_ms, encode_ms: medians a frame; a hop's motion counts evenly for each of its frames.
    """

    frames: int
    seconds: float
    fps: float
    startup_s: float
    motion_ms: float
    render_ms: float
    encode_ms: float


@click.command()
@click.argument("speech", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=OutputFile(".mp4"), required=True, help="The video to write (.mp4).")
@click.option("--portrait", default="alex", show_default=True, metavar="FACE", help=FACE_HELP)
@click.option(
    "--emotion",
    default=FRIENDLY,
    show_default=True,
    metavar="NAME:STRENGTH,...",
    help="Such as surprised:0.5; 0 is none.",
)
@click.option(
    "--style",
    default="",
    metavar="NAME:STRENGTH,...",
    help="How the face moves, -2 (little) to 2 (much), such as articulation:1,head:-1.",
)
@click.option("--background", default="own", show_default=True, metavar="WHAT", help=BACKGROUND_HELP)
@click.option("--size", type=click.Choice(SIZES), default=SIZES[0], show_default=True, help="Pixels each way.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of blinks, glances and sway.")
@click.option("--motion-out", type=OutputFile(".npz"), help="Also write the motion (names, fps, values [T, 60]).")
@click.option("--report", type=OutputFile(".json"), help="Also write frame rate and times a frame.")
def command(
    speech: Path,
    output: Path,
    portrait: str,
    background: str,
    emotion: str,
    style: str,
    size: str,
    seed: int,
    motion_out: Path | None,
    report: Path | None,
) -> None:
    """Turn SPEECH (any file with sound) into a video of a face that says it.

    The sound goes hop by hop through the same streaming path as in a call, so what you see is what a caller sees.
    """
    face = FaceStream.open(
        face_of(portrait),
        size=int(size),
        seed=seed,
        emotion=parse_emotion(emotion),
        style=parse_strengths(style, "style", "articulation:1"),
        background=Background.of_video(background),
    )
    startup_s = time.time() - psutil.Process().create_time()
    watch, began = Stopwatch(), time.perf_counter()
    motion = film(face, speech, output, watch)
    wall_s = time.perf_counter() - began
    if motion_out:
        motion.save(motion_out)
    figures = summary(watch, len(motion), wall_s, startup_s)
    if report:
        write_json(report, figures)
    click.echo(f"{output}: {figures.frames} frames, {figures.seconds:.1f} s, {figures.fps:.0f} frames a second")


def film(face: FaceStream, speech: Path, output: Path, watch: Stopwatch) -> Motion:
    """Draw and encode the whole of `speech`; encoding runs beside drawing, on a thread of its own."""
    voice, sound = read_audio(speech, MODEL_RATE), read_audio(speech, ROOM_RATE)
    frames = frames_in(len(sound), ROOM_RATE)
    rows = []
    size = face.renderer.size
    with VideoWriter(output, (size, size), (ROOM_RATE,)) as writer, ThreadPoolExecutor(1) as encoder:
        waiting: deque[Future[None]] = deque()
        for k, window in enumerate(tqdm(voice_windows(voice, frames), total=frames, unit="frame", disable=None)):
            picture, row = draw(face, window, watch)
            rows.append(row)
            piece = sound[k * ROOM_FRAME : (k + 1) * ROOM_FRAME]
            waiting.append(encoder.submit(encode, writer, picture, piece, watch))
            if len(waiting) > ENCODER_BACKLOG:
                waiting.popleft().result()
        for done in waiting:
            done.result()
    return Motion(np.stack(rows))


def draw(
    face: FaceStream, window: NDArray[np.float32], watch: Stopwatch
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """One frame, with its motion and its drawing timed apart."""
    began = time.perf_counter()
    row = face.motion.next(window)
    moved = time.perf_counter()
    picture = face.renderer.render(row[None])[0]
    watch.motion.append(moved - began)
    watch.render.append(time.perf_counter() - moved)
    return picture, row


def encode(writer: VideoWriter, picture: NDArray[np.uint8], sound: NDArray[np.float32], watch: Stopwatch) -> None:
    """One frame and its 40 ms of sound into the file."""
    began = time.perf_counter()
    writer.picture(picture)
    if len(sound):
        writer.sound(sound)
    watch.encode.append(time.perf_counter() - began)


def summary(watch: Stopwatch, frames: int, wall_s: float, startup_s: float) -> Report:
    """The figures of a run."""
    hops = [np.mean(watch.motion[k : k + HOP]) for k in range(0, frames, HOP)]
    median_ms = {stage: round(float(np.median(times)) * 1000, 2) for stage, times in
                 (("motion", hops), ("render", watch.render), ("encode", watch.encode))}  # fmt: skip
    return Report(
        frames=frames,
        seconds=frames / FPS,
        fps=round(frames / wall_s, 1),
        startup_s=round(startup_s, 2),
        motion_ms=median_ms["motion"],
        render_ms=median_ms["render"],
        encode_ms=median_ms["encode"],
    )
