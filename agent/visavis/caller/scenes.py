"""Scripted conversations for a rehearsal, and what came of each: cut-offs, false interruptions, gaps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import numpy as np
from livekit.agents import AgentSession, utils
from numpy.typing import NDArray

from visavis.avatar.heard import HeardOutput
from visavis.caller.overlap import GO_ON, STOP
from visavis.caller.rehearsal import PARTED, STEP, STEP_S, VOICED, Eyes, Loudspeaker, Microphone, Part, pause, speech
from visavis.dialogue import providers
from visavis.dialogue.host import Host
from visavis.dialogue.turn_end import Words
from visavis.dialogue.turn_taking import TurnTaking
from visavis.media.settings import Settings

QUIET_S = 0.8  # between two scenes
REPLY_S = 12.0  # a reply that has not begun by then does not come
OVER_S = 30.0
INTO_REPLY_S = 1.2

QUESTIONS = (
    "What time is it, please?",
    "How much is two plus two?",
    "What is your name?",
    "What day is it today?",
    "Can you hear me?",
    "How are you today?",
    "Who are you?",
    "Thank you very much.",
)
HALVES = (
    ("I would like to know", "what time it is."),
    ("Can you tell me", "how much is three plus four?"),
    ("Well, I wanted to ask you", "what day is it today?"),
    ("My question is this.", "How are you today?"),
)
THINKING = ("lips parted", "looking away", "lips closed, looking")
PAUSES_S = (0.6, 0.9, 1.4, 1.8)
OTHERS = (
    "Did you see the game last night?",
    "The coffee is ready.",
    "Where did you put the keys?",
    "I am going to the shop now.",
    "Dinner is on the table.",
    "It is raining again.",
)

Voice = Callable[[str, bool], NDArray[np.float32]]  # text, whether the user's own -> 16 kHz


@dataclass(frozen=True)
class Scene:
    """One thing that a user does: a turn of theirs, or a sound into a reply.

    Attributes:
        kind: "question", "pause", "go on", "others" or "stop"; over a reply for the last three.
        name: for the table.
        parts: what is heard and seen of it.
    """

    kind: str
    name: str
    parts: list[Part]

    @property
    def into_reply(self) -> bool:
        return self.kind in ("go on", "others", "stop")


@dataclass(frozen=True)
class Came:
    """What came of a scene.

    Attributes:
        cut: the avatar took the turn before it was over, or made two of it; None over a reply.
        gap_ms: from the user's last sample to the avatar's first; None where it was cut, or over a reply.
        stopped: a reply was given up; None for a turn.
        silent_ms: in which a reply stood still, or from the onset to the stop where it was given up.
    """

    kind: str
    name: str
    cut: bool | None = None
    gap_ms: float | None = None
    stopped: bool | None = None
    silent_ms: float | None = None


def script(voice: Voice) -> list[Scene]:
    """All scenes."""
    own = lambda text: speech(voice(text, True))  # noqa: E731
    scenes = [Scene("question", text, [own(text)]) for text in QUESTIONS]
    for k, (first, second) in enumerate(HALVES):
        for how in THINKING:
            rest = own(second)
            between = pause(
                PAUSES_S[k],
                lips=PARTED if how == "lips parted" else 0.0,
                looks=how != "looking away",
                then=rest,
            )
            scenes.append(Scene("pause", f"{PAUSES_S[k]:g} s, {how}", [own(first), between, rest]))
    scenes += [Scene("go on", text, [speech(voice(text, True), own=text not in HUMS)]) for text in GO_ON]
    scenes += [Scene("others", text, [speech(voice(text, False), own=False)]) for text in OTHERS]
    scenes += [Scene("stop", text, [opening(part := own(text)), part]) for text in STOP]
    return scenes


HUMS = ("Mm-hmm.", "Mhm.", "Hmm.")


def opening(then: Part) -> Part:
    """Lips that open before they speak."""
    return pause(0.4, then=then)


class Rehearsal:
    """One session in which scenes are played. Use with `async with`.

    Args:
        settings, models: as of a worker.
        sees: whether the rules of turn taking have a picture.
    """

    def __init__(self, settings: Settings, models: providers.Models, *, sees: bool) -> None:
        self._microphone, self._loudspeaker = Microphone(), Loudspeaker()
        eyes = Eyes(self._microphone)
        words = Words()
        self._turns = eyes.turns = TurnTaking(eyes, settings.turn) if sees else None
        self._session: AgentSession[None] = providers.session(settings, models, None, words, turns=self._turns)
        self._host = Host(instructions="", words=words, turns=self._turns)
        self._running = (self._loudspeaker.run, eyes.run)
        self._turns_of_user: list[str] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Rehearsal:
        tasks = [asyncio.create_task(run()) for run in self._running]
        self._stack.push_async_callback(utils.aio.cancel_and_wait, *tasks)
        self._session.input.audio = self._microphone
        self._session.output.audio = HeardOutput(self._loudspeaker)
        self._session.on("conversation_item_added", self._on_item)
        await self._session.start(self._host, record=False)
        self._stack.push_async_callback(self._session.aclose)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _on_item(self, event) -> None:  # type: ignore[no-untyped-def]
        if getattr(event.item, "role", "") == "user":
            self._turns_of_user.append(event.item.text_content or "")

    async def play(self, scene: Scene, question: Part) -> Came:
        """Play one scene, from quiet to quiet."""
        came = await (self._into_reply(scene, question) if scene.into_reply else self._turn(scene))
        await self._quiet()
        return came

    async def _turn(self, scene: Scene) -> Came:
        turns, sounded = len(self._turns_of_user), len(self._loudspeaker.sounding)
        self._microphone.say(scene.parts)
        await self._microphone.silent.wait()
        end_s = time.monotonic() - tail_s(scene.parts[-1])
        early = len(self._loudspeaker.sounding) > sounded
        await self._until(lambda: self._answered(end_s), REPLY_S)
        await self._until(lambda: not self._loudspeaker.playing, OVER_S)
        gap_s = min((at for at in self._loudspeaker.sounding if at > end_s), default=end_s) - end_s
        cut = early or len(self._turns_of_user) - turns > 1
        return Came(scene.kind, scene.name, cut=cut, gap_ms=None if cut or not gap_s else round(gap_s * 1000, 1))

    def _answered(self, end_s: float) -> bool:
        return bool(self._loudspeaker.sounding) and self._loudspeaker.sounding[-1] > end_s

    async def _into_reply(self, scene: Scene, question: Part) -> Came:
        speaker = self._loudspeaker
        self._microphone.say([question])
        await self._until(lambda: speaker.heard_s >= INTO_REPLY_S, REPLY_S)
        replies, stops, sounded = len(speaker.replies), len(speaker.stops), len(speaker.sounding)
        onset_s = time.monotonic() + head_s(scene.parts)
        self._microphone.say(scene.parts)
        await self._until(lambda: len(speaker.replies) > replies, OVER_S)
        stopped = len(speaker.replies) > replies and speaker.replies[replies].cut
        first_stop_s = speaker.stops[stops] if len(speaker.stops) > stops else None
        if stopped:
            silent_s = first_stop_s - onset_s if first_stop_s is not None else None
        else:
            sounding = np.array(speaker.sounding[sounded:])
            gaps = np.diff(sounding)
            silent_s = float(gaps[gaps > 5 * STEP_S].sum())
        return Came(
            scene.kind, scene.name, stopped=stopped, silent_ms=None if silent_s is None else round(silent_s * 1000, 1)
        )

    async def _quiet(self) -> None:
        """Until nobody has spoken for a while."""
        since = time.monotonic()
        while time.monotonic() - since < QUIET_S:
            await asyncio.sleep(STEP_S)
            busy = self._loudspeaker.playing or self._session.agent_state not in ("listening", "idle")
            if busy or not self._microphone.silent.is_set():
                since = time.monotonic()

    async def _until(self, reached: Callable[[], bool], within_s: float) -> None:
        end_s = time.monotonic() + within_s
        while not reached() and time.monotonic() < end_s:  # noqa: ASYNC110
            await asyncio.sleep(STEP_S / 2)


def tail_s(part: Part) -> float:
    """Silence at a part's end, seconds."""
    voiced = np.flatnonzero(np.abs(part.pcm) > VOICED * 32768)
    return (len(part.pcm) - int(voiced[-1]) - 1) * STEP_S / STEP if len(voiced) else 0.0


def head_s(parts: Sequence[Part]) -> float:
    """Silence before the first sound of several parts, seconds."""
    pcm = np.concatenate([part.pcm for part in parts])
    voiced = np.flatnonzero(np.abs(pcm) > VOICED * 32768)
    return int(voiced[0]) * STEP_S / STEP if len(voiced) else 0.0


async def rehearse(
    settings: Settings,
    models: providers.Models,
    scenes: Sequence[Scene],
    question: Part,
    *,
    sees: bool,
    notice: Callable[[Came], None] = lambda came: None,
) -> list[Came]:
    """Play all scenes, one after the other; `notice` is told of each."""
    came = []
    async with Rehearsal(settings, models, sees=sees) as rehearsal:
        for scene in scenes:
            came.append(await rehearsal.play(scene, question))
            notice(came[-1])
    return came


def table(heard: Sequence[Came], seen: Sequence[Came]) -> list[tuple[str, str, str]]:
    """Rows (figure, by sound alone, with a picture)."""
    return [(name, figure(heard), figure(seen)) for name, figure in FIGURES]


def _of(came: Sequence[Came], *kinds: str) -> list[Came]:
    return [one for one in came if one.kind in kinds]


def _share(came: Sequence[Came], holds: Callable[[Came], bool]) -> str:
    return f"{sum(map(holds, came))} of {len(came)}"


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.median(known):.0f} ms ({min(known):.0f} to {max(known):.0f})" if known else "-"


FIGURES: tuple[tuple[str, Callable[[Sequence[Came]], str]], ...] = (
    ("turns cut off at a pause", lambda came: _share(_of(came, "pause"), lambda one: bool(one.cut))),
    ("questions cut off", lambda came: _share(_of(came, "question"), lambda one: bool(one.cut))),
    ("gap after a question", lambda came: _spread([one.gap_ms for one in _of(came, "question")])),
    ("gap after a turn with a pause", lambda came: _spread([one.gap_ms for one in _of(came, "pause")])),
    ("replies ended by a backchannel", lambda came: _share(_of(came, "go on"), lambda one: bool(one.stopped))),
    ("replies ended by others in the room", lambda came: _share(_of(came, "others"), lambda one: bool(one.stopped))),
    (
        "voice stands still at a backchannel that it survives",
        lambda came: _spread([one.silent_ms for one in _of(came, "go on") if not one.stopped]),
    ),
    ("interruptions that end the reply", lambda came: _share(_of(came, "stop"), lambda one: bool(one.stopped))),
    (
        "from an interruption's first sound to the stop",
        lambda came: _spread([one.silent_ms for one in _of(came, "stop") if one.stopped]),
    ),
)
