"""The drop-in: a face for any livekit-agents app.

avatar = AvatarSession(portrait="alex")
await avatar.start(session, room=ctx.room)      # before session.start(...)
"""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import numpy as np
from livekit import rtc
from livekit.agents import AgentSession, AgentStateChangedEvent
from livekit.agents.voice import avatar

from visavis.avatar.face import Face, FrameSource
from visavis.avatar.heard import HeardOutput
from visavis.avatar.pump import clock_us
from visavis.avatar.relief import Eyes
from visavis.avatar.runner import AvatarStats, Runner, Tap, VideoOptions
from visavis.avatar.sink import AvatarAudioOutput
from visavis.media.errors import RoomError
from visavis.media.tape import Pcm
from visavis_models.serve.background import Background
from visavis_models.serve.direction import Act, Direction, Feel, Think
from visavis_models.serve.emotion import FRIENDLY, parse_emotion
from visavis_models.spec import Motion


class AvatarSession(avatar.AvatarSession[str]):
    """A face and its voice in the agent's own process and under the agent's own identity.

    The agent's token needs `can_update_own_metadata` (its state travels in its attributes), as LiveKit's own do.

    Args:
        portrait: the name of a shipped face, an `.avatar` file or a picture.
        emotion: how the face feels, such as "happy:0.4" or "calm:0.5, happy:0.2"; "" is neutral.
        background: what is behind it: "own", "plain:#203040", "blur" or the path of a picture.
        video: what is published of the face.
        eyes: who looks at the person, if it can look less often: where the machine is too busy for all, that gives
            way first, then the picture's quality; the voice never.
        probe: send a flash and a click each second, for measuring.
        listening: smile back, nod when a phrase is over, hold the gaze on who speaks.
        thinking: look away while the agent thinks.
        source: what draws the face, in place of `portrait`, `emotion`, `background` and `listening`; None: a `Face`
            by these. One that was opened while the process waited spares the call a second of loading.

    Raises:
        InputError: an unknown emotion, a strength outside 0..1, or no such background.
    """

    def __init__(
        self,
        portrait: str | Path = "alex",
        *,
        emotion: str = FRIENDLY,
        background: str = "own",
        video: VideoOptions | None = None,
        eyes: Eyes | None = None,
        probe: bool = False,
        listening: bool = True,
        thinking: bool = True,
        source: FrameSource | None = None,
    ) -> None:
        super().__init__()
        self._portrait, self._video, self._probing = portrait, video or VideoOptions(), probe
        parse_emotion(emotion)
        Background.of_video(background)
        self._emotion, self._background, self._eyes = emotion, background, eyes
        self._listens, self._thinks = listening, thinking
        self._source = source
        self._runner: Runner | None = None

    @property
    def avatar_identity(self) -> str:
        """The agent's own: it is the agent whose face this is."""
        return self._room.local_participant.identity if self._room is not None else ""

    @property
    def provider(self) -> str:
        return "visavis"

    async def start(self, agent_session: AgentSession, room: rtc.Room) -> None:
        """Load the face, bring it to life and make it the agent's voice; call it before `agent_session.start()`.

        It is published as soon as the room is connected, and says nothing before; nobody has to listen for that.

        Raises:
            InputError: no such portrait.
            RoomError: the connected room does not take its voice or its face.
            RuntimeError: it was started already.
        """
        if self._runner is not None:
            raise RuntimeError("the avatar was started already; one AvatarSession is for one session")
        source = self._source
        if source is None:
            source = await asyncio.to_thread(
                Face.open,
                self._portrait,
                size=self._video.size,
                emotion=self._emotion,
                background=self._background,
                listening=self._listens,
            )
        await super().start(agent_session, room)
        sink = AvatarAudioOutput()
        self._runner = Runner(room, sink, source, video=self._video, eyes=self._eyes, probing=self._probing)
        await self._runner.start()
        agent_session.output.replace_audio_tail(sink)
        agent_session.on("agent_state_changed", self._on_agent_state)
        if room.isconnected():
            try:
                await self._runner.until_published()
            except RoomError:
                await self.aclose()
                raise

    def _tell_what_is_heard(self) -> None:
        """Once the session has put its outputs before ours, one more before them: the history holds what was heard."""
        assert self._agent_session is not None
        output = self._agent_session.output
        if output.audio is not None and not isinstance(output.audio, HeardOutput):
            output.audio = HeardOutput(output.audio)

    def hear(self, frame: rtc.AudioFrame) -> None:
        """A frame of the person's voice: the face listens."""
        if self._runner is not None:
            self._runner.listening.hear(frame, clock_us())

    def tap(self, tap: Tap) -> None:
        """Have the whole voice, silence included, after it has left; call it after `start`."""
        if self._runner is not None:
            self._runner.tap = tap

    def leaving(self, count: int) -> Pcm:
        """The next `count` samples of the voice as they leave, int16 at 48 kHz: what an echo canceller compares with.

        It is read in step with the microphone; silence before `start`.
        """
        return np.zeros(count, np.int16) if self._runner is None else self._runner.reference.next(count)

    def see(self, motion: Motion | None) -> None:
        """What the person was seen to do until now, newest last; None: nobody is seen."""
        if self._runner is not None:
            self._runner.listening.motion = motion

    def express(self, act: str, strength: float = 1.0) -> None:
        """Have the face do something now.

        An act in time with a voice is an `Act` in its audio frame's `userdata`, see `visavis.media.marks`.

        Args:
            act: smile, grin, laugh, nod, shake, tilt, look away, look down, look up, think, raise brows, frown, wink
                or surprise.
            strength: 0..1.

        Raises:
            InputError: no such act, or a strength outside 0..1.
        """
        self._direct(Act(act, strength))

    def feel(self, emotion: str, strength: float = 1.0, seconds: float = math.inf) -> None:
        """Have the face look as somebody who feels so, for some time or until it is told otherwise.

        Args:
            emotion: happy, sad, angry, surprised, afraid, calm; "" is its usual bearing.
            strength: 0..1.
            seconds: for how long.

        Raises:
            InputError: no such emotion, a strength outside 0..1, or a time that is not positive.
        """
        self._direct(Feel(emotion, strength, seconds))

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "listening":
            self._tell_what_is_heard()
        if self._thinks and "thinking" in (event.old_state, event.new_state):
            self._direct(Think(event.new_state == "thinking"))

    def _direct(self, direction: Direction) -> None:
        if self._runner is not None:
            self._runner.direct(direction)

    def stats(self) -> AvatarStats:
        """How it fares.

        Raises:
            RuntimeError: it was not started.
        """
        if self._runner is None:
            raise RuntimeError("the avatar was not started")
        return self._runner.stats()

    async def aclose(self) -> None:
        """End face and voice. The base would remove the avatar's participant, which here is the agent itself."""
        if self._runner is not None:
            await self._runner.aclose()
            self._runner = None
        if self._agent_session is not None:
            self._agent_session.off("agent_state_changed", self._on_agent_state)
        room, self._room = self._room, None
        if room is not None:
            room.off("connection_state_changed", self._on_connection_state_changed)
        await super().aclose()
