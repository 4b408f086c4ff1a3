"""What can be wrong with a machine: each check names what it found or what to do about it."""

from __future__ import annotations

import ctypes.util
import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

import numpy as np
import psutil

from visavis.dialogue.providers import Models, check
from visavis.media.cache import cache_folder
from visavis.media.errors import VisavisError
from visavis.media.settings import Settings
from visavis.vision import bundles
from visavis_models.serve.motion import HOP, MotionModel
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.stream import HORIZON_FRAMES
from visavis_models.spec import FRAME_MS, INDEX, MODEL_FRAME, N_MOTION

MIN_CORES = 2
MIN_MEMORY_GB = 2.5
MIN_DISK_GB = 1.0
RENDER_BUDGET_MS = 15.0
ROUNDS = 20
LIBRARIES = ("GL", "EGL", "GLESv2")


class Trouble(VisavisError):
    """A check failed: what is wrong and what to do."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: `text` is what was found, or what is wrong with its remedy."""

    name: str
    ok: bool
    text: str


def examine(name: str, look: Callable[[], str]) -> Finding:
    """Run one check; whatever it raises on purpose is what is wrong."""
    try:
        return Finding(name, True, look())
    except VisavisError as error:
        return Finding(name, False, " ".join(str(error).split()))


def processor() -> str:
    """Cores, memory and what they are busy with."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    free_gb = psutil.virtual_memory().available / 1e9
    disk_gb = shutil.disk_usage(cache_folder()).free / 1e9
    if cores < MIN_CORES:
        raise Trouble(f"{cores} core; a call needs {MIN_CORES}: server, agent and recognition share them")
    if free_gb < MIN_MEMORY_GB:
        raise Trouble(f"{free_gb:.1f} GB of memory are free; a call needs {MIN_MEMORY_GB} GB: close something")
    if disk_gb < MIN_DISK_GB:
        raise Trouble(f"{disk_gb:.1f} GB are free at {cache_folder()}; make room for {MIN_DISK_GB:g} GB")
    busy = os.getloadavg()[0]
    hint = " (busy: the picture may stutter)" if busy > cores else ""
    return f"{cores} cores, {free_gb:.1f} GB of memory free, load {busy:.1f}{hint}"


def packages() -> str:
    """Every package that ours require."""
    required = [text for text in metadata.requires("visavis") or [] if "extra ==" not in text]
    names = [re.split(r"[\s<>=!~;\[]", text, maxsplit=1)[0] for text in required]
    missing = [name for name in names if not _installed(name)]
    if missing:
        raise Trouble(f"{', '.join(missing)} not installed; run `make setup`")
    return f"{len(names)} packages, Python {sys.version.split()[0]}"


def _installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def system_libraries() -> str:
    """What OpenCV and mediapipe load from the system."""
    missing = [name for name in LIBRARIES if ctypes.util.find_library(name) is None]
    if missing:
        raise Trouble(f"lib{', lib'.join(missing)} missing; run: sudo apt-get install -y libgl1 libegl1 libgles2")
    return f"lib{', lib'.join(LIBRARIES)}"


def sockets() -> str:
    """Loopback carries TCP and UDP."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), 1.0).close()
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
        ):
            here.bind(("127.0.0.1", 0))
            here.settimeout(1.0)
            there.sendto(b"?", here.getsockname())
            here.recv(1)
    except OSError as error:
        raise Trouble(f"loopback does not carry TCP and UDP ({error}); check the firewall") from None
    return "TCP and UDP on 127.0.0.1"


def motion_model() -> str:
    """The motion model's weights are there and quick enough."""
    model = MotionModel.load()
    state, voice = model.begin(), np.zeros(HORIZON_FRAMES * MODEL_FRAME, np.float32)
    _, state = model.step(state, voice)
    began = time.perf_counter()
    for _ in range(ROUNDS):
        _, state = model.step(state, voice)
    frame_ms = (time.perf_counter() - began) * 1000 / ROUNDS / HOP
    if frame_ms > FRAME_MS / 2:
        raise Trouble(f"{frame_ms:.1f} ms a frame: this processor is too slow or too busy for {FRAME_MS} ms frames")
    return f"{frame_ms:.1f} ms a frame"


def renderer() -> str:
    """The shipped face is there, its kernels are compiled, and drawing is quick enough."""
    draw, row = Renderer(portrait("alex"), 512), np.zeros((1, N_MOTION), np.float32)
    draw.render(row)
    times = []
    for k in range(ROUNDS):
        row[0, INDEX["jawOpen"]] = k / ROUNDS
        began = time.perf_counter()
        draw.render(row)
        times.append(time.perf_counter() - began)
    frame_ms = min(times) * 1000  # of an undisturbed one
    if frame_ms > 2 * RENDER_BUDGET_MS:
        raise Trouble(f"{frame_ms:.1f} ms a picture (budget {RENDER_BUDGET_MS:g}): too slow or too busy a processor")
    return f"{frame_ms:.1f} ms a picture of 512x512"


def speech_models() -> str:
    """Recogniser, language model and voice of the settings can be loaded."""
    settings = Settings.load()
    check(settings)
    Models.load(settings)
    return f"{settings.stt}, {settings.llm}, {settings.tts}"


def landmark_models() -> str:
    """What sees faces."""
    found = bundles.find()
    return f"{found.face.name}, {found.pose.name}"
