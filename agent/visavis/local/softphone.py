"""A real SIP phone without hands: baresip, driven over its control port, heard and recorded through files.

async with Softphone(folder, Account("+15550199", "127.0.0.1:5060", "visavis", "secret")) as phone:
    await phone.dial("100")
    await phone.happens("CALL_ESTABLISHED")
    await phone.say(speech)
    await phone.press("42#")
    await phone.hang_up()
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from visavis.local.child import Child
from visavis.local.ports import LOOPBACK, free_port, free_port_of_both
from visavis.local.running import Running
from visavis.local.sip_binary import find_softphone
from visavis.media.errors import ServerError
from visavis.media.frames import to_float, to_pcm

START_TIMEOUT_S = 20.0
ANSWER_TIMEOUT_S = 5.0
STOP_GRACE_S = 0.3  # one that hangs in an unanswered call does not end by itself
SILENCE_S = 180  # after each sound: a source that ends stops the stream
RTP_PORTS = "22000-23999"
MODULES = Path("/usr/lib/baresip/modules")

Codec = Literal["PCMU", "PCMA", "G722", "opus"]
_MODULE: dict[Codec, str] = {"PCMU": "g711.so", "PCMA": "g711.so", "G722": "g722.so", "opus": "opus.so"}
RATE: dict[Codec, int] = {"PCMU": 8000, "PCMA": 8000, "G722": 16000, "opus": 48000}  # of sound files, Hz
CHANNELS: dict[Codec, int] = {"PCMU": 1, "PCMA": 1, "G722": 1, "opus": 2}

# baresip's own words for what goes on with a call
INCOMING, RINGING, ESTABLISHED, CLOSED = "CALL_INCOMING", "CALL_RINGING", "CALL_ESTABLISHED", "CALL_CLOSED"
DIGIT = "CALL_DTMF_START"

_CONFIG = """\
poll_method epoll
sip_listen {host}:{port}
net_interface {host}
rtp_ports {rtp}
rtp_timeout {rtp_timeout_s}
call_local_timeout 120
call_max_calls 4
audio_source aufile,{folder}/silence.wav
audio_player aubridge,nil
audio_alert aubridge,nil
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 40-200
jitter_buffer_delay 1-5
module_path {modules}
module {codec}
module aufile.so
module aubridge.so
module sndfile.so
snd_path {folder}/sound
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {host}:{control}
ringback_disabled yes
menu_bell no
"""


@dataclass(frozen=True)
class Account:
    """Who the phone says it is.

    Attributes:
        number: the caller's number.
        domain: HOST:PORT of the SIP service that numbers are dialled at.
        user, password: to sign in with when asked.
    """

    number: str
    domain: str = f"{LOOPBACK}:5060"
    user: str = "nobody"
    password: str = "nothing"


@dataclass(frozen=True)
class PhoneEvent:
    """Something that happened to a call: baresip's `kind`, its parameter, and when (seconds of `time.time`)."""

    kind: str
    param: str
    time_s: float


class Softphone(Running):
    """A phone for as long as the `async with` lasts. It sends silence until it is told to say something.

    Args:
        folder: an empty one for its files; `folder/sound` gets a recording of each direction of every call.
        account: who it says it is.
        codec: the only one that it offers.
        answers: whether it picks up by itself.
        rtp_timeout_s: how long it bears to hear nothing at all.

    Attributes:
        events: all that happened, oldest first.
        address: `sip:NUMBER@HOST:PORT` that others dial to reach it.

    Raises:
        ServerError: there is no baresip, or it did not start; with its last words.
    """

    def __init__(
        self, folder: Path, account: Account, codec: Codec = "PCMU", *, answers: bool = False, rtp_timeout_s: int = 30
    ) -> None:
        self.events: list[PhoneEvent] = []
        self.codec, self._folder, self._account = codec, folder, account
        self.port = free_port_of_both(tls=True)  # baresip listens for TLS beside it, wanted or not
        self._control = free_port()
        self.address = f"sip:{account.number}@{LOOPBACK}:{self.port}"
        self._mode = "auto" if answers else "manual"
        self._rtp_timeout_s = rtp_timeout_s
        self._news = asyncio.Condition()
        self._replies: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._sounds = 0
        self.child = Child("softphone")

    @property
    def number(self) -> str:
        """The account's."""
        return self._account.number

    @property
    def rate(self) -> int:
        """Samples a second of what it is given to say, Hz."""
        return RATE[self.codec]

    async def start(self) -> None:
        """Start it; returns when it can dial and be dialled."""
        program = await asyncio.to_thread(find_softphone)
        await asyncio.to_thread(self._write_files)
        await self.child.start([program, "-4", "-s", "-f", str(self._folder)], {})
        await self.child.ready(self._connects, START_TIMEOUT_S)

    async def aclose(self) -> None:
        """End it, and its calls."""
        if self._writer and self.child.running:
            with contextlib.suppress(OSError, ServerError):
                await self._command("hangup")
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._writer:
            self._writer.close()
        await self.child.stop(STOP_GRACE_S)

    # -- hands -------------------------------------------------------------------------------------------------------

    async def dial(self, target: str) -> None:
        """Call a number at the account's domain, or a whole `sip:` address."""
        await self._command("dial", target if target.startswith("sip:") else f"sip:{target}@{self._account.domain}")

    async def answer(self) -> None:
        """Pick up."""
        await self._command("accept")

    async def hang_up(self) -> None:
        """End the call; where it rings, say that we are busy (486)."""
        await self._command("hangup")

    async def press(self, digits: str) -> None:
        """Send digits (0-9 * #), each 100 ms long."""
        for digit in digits:
            await self._command("sndcode", digit)
            await asyncio.sleep(0.1)
            await self._command("sndcode", "\x04")  # the key is released
            await asyncio.sleep(0.1)

    async def hold(self, held: bool = True) -> None:
        """Put the other side on hold, or take it back."""
        await self._command("hold" if held else "resume")

    async def transfer(self, target: str) -> None:
        """Have the other side call `target` instead."""
        await self._command("transfer", target)

    # -- mouth and ears ----------------------------------------------------------------------------------------------

    async def say(self, sound: NDArray[np.float32]) -> float:
        """Speak from now on; when, in seconds of `time.time`.

        Args:
            sound: [T] -1..1 at `RATE[codec]` Hz. Silence follows it, for three minutes.
        """
        self._sounds += 1
        path = self._folder / f"say-{self._sounds}.wav"
        await asyncio.to_thread(self._write_sound, path, sound)
        at = time.time()
        await self._command("ausrc", f"aufile,{path}")
        return at

    async def fall_silent(self) -> None:
        """Send no sound at all from now on, not even silence, as when a network breaks; `say` ends it."""
        await self._command("ausrc", "aubridge,nobody")  # a bridge with no other end gives nothing

    async def reflect(self) -> None:
        """Give back all that is heard, as loud as it came, as a line whose echo nobody cancels; `say` ends it."""
        await self._command("ausrc", "aubridge,nil")

    def heard(self) -> tuple[NDArray[np.float32], int]:
        """What it heard in its newest call: samples [T] -1..1 and their rate, Hz; whole when the call is over."""
        return self._recording("dec")

    def said(self) -> tuple[NDArray[np.float32], int]:
        """What it sent in its newest call, likewise."""
        return self._recording("enc")

    def _recording(self, side: str) -> tuple[NDArray[np.float32], int]:
        files = sorted((self._folder / "sound").glob(f"dump-*-{side}.wav"))
        if not files:
            return np.zeros(0, np.float32), RATE[self.codec]
        raw = files[-1].read_bytes()
        rate, channels = int.from_bytes(raw[24:28], "little"), int.from_bytes(raw[22:24], "little")
        # the header's length is written at the end only: take all that is there
        body = np.frombuffer(raw[44 : 44 + (len(raw) - 44) // (2 * channels) * 2 * channels], "<i2")
        return to_float(body.reshape(-1, channels)[:, 0]), rate

    # -- events ------------------------------------------------------------------------------------------------------

    async def happens(self, kind: str, within_s: float = 10.0, after_s: float = 0.0) -> PhoneEvent:
        """Wait for the first event of that kind at or after the time `after_s`.

        Raises:
            ServerError: it did not happen in time; names what happened instead.
        """

        def found() -> PhoneEvent | None:
            return next((event for event in self.events if event.kind == kind and event.time_s >= after_s), None)

        try:
            async with asyncio.timeout(within_s), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            happened = [f"{event.kind} {event.param}".strip() for event in self.events]
            seen = ", ".join(words for words, _ in groupby(happened)) or "nothing"
            raise ServerError(f"the phone saw no {kind} within {within_s:g} s, but {seen}") from None
        event = found()
        assert event is not None
        return event

    @property
    def digits(self) -> str:
        """The digits that the other side has sent."""
        return "".join(event.param for event in self.events if event.kind == DIGIT)

    async def _connects(self) -> bool:
        try:
            reader, self._writer = await asyncio.open_connection(LOOPBACK, self._control)
        except OSError:
            return False
        self._reader = asyncio.create_task(self._read(reader))
        return True

    async def _read(self, reader: asyncio.StreamReader) -> None:
        async for message in _netstrings(reader):
            if message.get("event"):
                async with self._news:
                    self.events.append(
                        PhoneEvent(str(message.get("type", "")), str(message.get("param", "")), time.time())
                    )
                    self._news.notify_all()
            elif message.get("response"):
                self._replies.put_nowait(message)

    async def _command(self, command: str, params: str = "") -> None:
        if not self._writer:
            raise ServerError("the softphone is not running")
        body = json.dumps({"command": command, "params": params}).encode()
        self._writer.write(b"%d:%s," % (len(body), body))
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                reply = await self._replies.get()
        except TimeoutError:
            raise ServerError(f"the softphone did not answer to {command}: {self.child.last_words()}") from None
        if not reply.get("ok"):
            raise ServerError(f"the softphone refuses {command} {params}: {reply.get('data')}")

    # -- files -------------------------------------------------------------------------------------------------------

    def _write_files(self) -> None:
        (self._folder / "sound").mkdir(parents=True, exist_ok=True)
        self._write_sound(self._folder / "silence.wav", np.zeros(0, np.float32))
        (self._folder / "config").write_text(
            _CONFIG.format(
                host=LOOPBACK, port=self.port, rtp=RTP_PORTS, rtp_timeout_s=self._rtp_timeout_s, folder=self._folder,
                modules=MODULES, codec=_MODULE[self.codec], control=self._control,
            )
        )  # fmt: skip
        account = self._account
        (self._folder / "accounts").write_text(
            f"<sip:{account.number}@{account.domain};transport=udp>;regint=0;auth_user={account.user};"
            f"auth_pass={account.password};answermode={self._mode};audio_codecs={self.codec};dtmfmode=rtpevent\n"
        )
        (self._folder / "contacts").touch()

    def _write_sound(self, path: Path, sound: NDArray[np.float32]) -> None:
        rate, channels = RATE[self.codec], CHANNELS[self.codec]
        whole = to_pcm(np.concatenate([sound, np.zeros(SILENCE_S * rate, np.float32)]))
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.repeat(whole, channels).tobytes())


async def _netstrings(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, object]]:
    """The JSON messages of `LENGTH:{...},` strings, until the other side ends."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            length = int((await reader.readuntil(b":"))[:-1])
            yield json.loads(await reader.readexactly(length))
            await reader.readexactly(1)
