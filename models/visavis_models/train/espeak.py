"""espeak-ng in English and nine other languages and many voices; its library reports where each phone begins.

`espeakng-loader` carries the library (GPL-3.0): a tool of the data studio alone, never part of what is shipped. It
keeps state from one text to the next, so the same text never sounds the same twice. Therefore it lives in a process of
its own, which forks for every text: each is spoken by a library that has spoken nothing yet. `python -m
visavis_models.train.espeak` is that process; it answers JSON lines. The calls are those of espeak-ng's `speak_lib.h`.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from visavis_models.errors import InputError
from visavis_models.train.ipa import as_phones
from visavis_models.train.voice import Utterance, pitched

LANGUAGES = {
    "en": "en-us", "de": "de", "fr": "fr", "es": "es", "it": "it", "pt": "pt", "nl": "nl", "sv": "sv", "pl": "pl",
    "tr": "tr",
}  # fmt: skip
VARIANTS = ("", "+m1", "+m2", "+m3", "+m4", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5")
WORDS_A_MINUTE = 165
LATE_S = 0.02  # by which the events lag behind the sound, measured at the edges of vowels
_SYNCHRONOUS, _PHONEMES_IN_IPA = 2, 1 | 2  # audio by callback before espeak_Synth returns; phoneme events
_UTF8, _IPA, _END, _PHONEME = 1, 2, 0, 7
_RATE, _PITCH, _RANGE = 1, 3, 4  # espeak_PARAMETER


# -- the library, in its process ---------------------------------------------------------------------------------------


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("id", _Id),
    ]  # fmt: skip


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class _Library:
    """The library as it is when a process has just loaded it."""

    def __init__(self) -> None:
        import espeakng_loader

        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEMES_IN_IPA)
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._pcm, self._marks = bytearray(), []
        self._collector = _CALLBACK(self._collect)  # kept: the library does not
        self._lib.espeak_SetSynthCallback(self._collector)

    def _collect(self, wave: Any, count: int, events: Any) -> int:
        if wave and count > 0:
            self._pcm += ctypes.string_at(wave, 2 * count)
        k = 0
        while events[k].type != _END:
            if events[k].type == _PHONEME:
                name = bytes(events[k].id.string).split(b"\0")[0].decode("utf-8", "ignore")
                self._marks.append(("" if name.startswith("(") else name, events[k].sample / self._rate))  # (en) (de)
            k += 1
        return 0

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """What was asked for, and 16-bit audio."""
        if self._lib.espeak_SetVoiceByName(request["voice"].encode()) != 0:
            return {"error": f"espeak-ng has no voice {request['voice']}"}, b""
        text = request["text"].encode()
        if request["ipa"]:
            place, out = ctypes.c_void_p(ctypes.addressof(data := ctypes.create_string_buffer(text))), []
            while place.value:
                out.append(self._lib.espeak_TextToPhonemes(ctypes.byref(place), _UTF8, _IPA).decode())
            return {"ipa": " ".join(out), "of": len(data)}, b""
        self._lib.espeak_ng_SetRandSeed(ctypes.c_long(request["seed"]))  # of breath and flutter
        for parameter, name in ((_RATE, "words"), (_PITCH, "pitch"), (_RANGE, "range")):
            self._lib.espeak_SetParameter(parameter, request[name], 0)
        self._lib.espeak_Synth(text, len(text) + 1, 0, 0, 0, _UTF8, None, None)
        return {"rate": self._rate, "marks": self._marks}, bytes(self._pcm)


def _serve() -> None:
    """A fork for each line of the standard input; its answer goes to the standard output."""
    library = _Library()
    for line in sys.stdin.buffer:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            continue
        head, pcm = library.answer(json.loads(line))
        sys.stdout.buffer.write(json.dumps({**head, "bytes": len(pcm)}).encode() + b"\n" + pcm)
        sys.stdout.buffer.flush()
        os._exit(0)


# -- the studio's side -------------------------------------------------------------------------------------------------


@cache
def _process() -> subprocess.Popen[bytes]:
    """The library's process; it ends when its input closes with this one."""
    return subprocess.Popen(
        [sys.executable, "-m", "visavis_models.train.espeak"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _ask(**request: Any) -> tuple[dict[str, Any], bytes]:
    """Raises InputError for a voice that espeak-ng does not have."""
    process = _process()
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise InputError("espeak-ng's library did not start; run scripts/setup --train, or leave espeak and piper out")
    head = json.loads(line)
    if "error" in head:
        raise InputError(f"{head['error']}; known languages: {', '.join(LANGUAGES)}")
    return head, process.stdout.read(head["bytes"])


def phonemes(text: str, language: str = "en") -> str:
    """A text in IPA, clauses one after the other."""
    return str(_ask(voice=LANGUAGES[language], text=text, ipa=True)[0]["ipa"])


@dataclass(frozen=True)
class Espeak:
    """One voice of one language: a `variant` is a throat, such as `+f2`."""

    language: str = "en"
    variant: str = ""
    source: str = "espeak"

    def say(self, text: str, rng: np.random.Generator, *, speed: float = 1.0, pitch: float = 1.0) -> Utterance:
        """Speak; `rng` draws pitch and melody."""
        seed, tone, melody = (int(rng.integers(*bounds)) for bounds in ((1, 2**31), (40, 61), (35, 76)))
        head, pcm = _ask(
            voice=LANGUAGES[self.language] + self.variant, text=text, ipa=False, seed=seed, pitch=tone, range=melody,
            words=round(WORDS_A_MINUTE * speed / pitch),
        )  # fmt: skip
        audio = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768.0
        ends = [begin for _, begin in head["marks"][1:]] + [len(audio) / head["rate"]]
        phones = [p for (n, a), b in zip(head["marks"], ends, strict=True) for p in as_phones(n, a, max(a, b))]
        return pitched(0.6 * audio, head["rate"], phones, pitch, late_s=LATE_S)


if __name__ == "__main__":
    _serve()
