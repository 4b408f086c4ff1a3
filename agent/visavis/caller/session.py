"""One call from end to end: joins the room, publishes microphone and camera, follows the plan, and leaves."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from types import TracebackType
from urllib.parse import urlsplit

import jwt
from livekit import rtc

from visavis.caller.camera import CameraFile
from visavis.caller.conversation import DEFAULT_PATIENCE, Conversation, Patience
from visavis.caller.ear import Ear, PictureSink
from visavis.caller.microphone import Microphone
from visavis.caller.speech import Plan
from visavis.caller.take import Take, now_s
from visavis.media.errors import InputError, RoomError, ServerError

CONNECT_TIMEOUT_S = 5.0
LEAVE_TIMEOUT_S = 5.0


def check_url(url: str) -> str:
    """The address of a LiveKit server, as it is.

    Raises:
        InputError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss", "http", "https") or not parts.hostname:
        raise InputError(f"--url {url}: write ws://HOST:PORT or wss://HOST")
    return url


def check_token(token: str) -> str:
    """An access token, as it is; whether the server knows its key only the server can tell.

    Raises:
        InputError: it is no token, or has expired.
    """
    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
    except jwt.PyJWTError as error:
        raise InputError(f"--token: is no access token ({error}); give the whole JWT") from None
    if claims.get("exp", math.inf) < time.time():
        raise InputError("the token has expired; ask for a new one")
    return token


class Connection:
    """A joined room, with what a conversation needs to know of its connection. Use with `async with`.

    Args:
        url: the server's address, ws:// or wss://.
        token: lets us in.
        audio_only: take the sound of those in the room and leave their pictures.

    Raises:
        InputError: the server does not accept the token.
        ServerError: the server is not reached.
    """

    def __init__(self, url: str, token: str, *, audio_only: bool = False) -> None:
        self._url, self._token, self._audio_only = check_url(url), token, audio_only
        self.room = rtc.Room()
        self.lost = False
        self.losses = 0
        self.ended: str | None = None
        self.room.on("reconnecting", self._on_reconnecting)
        self.room.on("reconnected", self._on_reconnected)
        self.room.on("disconnected", self._on_disconnected)
        if audio_only:
            self.room.on("track_published", lambda publication, _: _take_sound(publication))

    def _on_reconnecting(self) -> None:
        if not self.lost:
            self.lost, self.losses = True, self.losses + 1

    def _on_reconnected(self) -> None:
        self.lost = False

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        name = rtc.DisconnectReason.Name(reason).lower().replace("_", " ")
        self.ended = "the connection was lost and did not come back" if self.lost else f"by the server ({name})"

    async def __aenter__(self) -> Connection:
        options = rtc.RoomOptions(auto_subscribe=not self._audio_only, connect_timeout=CONNECT_TIMEOUT_S)
        try:
            await self.room.connect(self._url, self._token, options)
        except rtc.ConnectError as error:
            raise refusal(self._url, error.message) from None
        if self._audio_only:
            for person in self.room.remote_participants.values():
                for publication in person.track_publications.values():
                    _take_sound(publication)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await self.room.disconnect()
        except TimeoutError:
            return  # a server that is gone does not answer to a goodbye


def _take_sound(publication: rtc.RemoteTrackPublication) -> None:
    if publication.kind == rtc.TrackKind.KIND_AUDIO:
        publication.set_subscribed(True)


def refusal(url: str, message: str) -> InputError | ServerError:
    """What a failed connection means, in words without the token."""
    if "expired" in message:
        return InputError("the token has expired; ask for a new one")
    if "invalid API key" in message:
        return InputError(f"{url} does not know this API key; check LIVEKIT_API_KEY and the token")
    if "signature" in message:
        return InputError(f"{url} refuses the token: it was signed with another secret; check LIVEKIT_API_SECRET")
    if "401" in message or "403" in message:
        return InputError(f"{url} refuses the token; check that it is whole and grants joining a room")
    return ServerError(f"no LiveKit server answers at {url} ({message.rpartition(': ')[2]})")


async def hold_call(
    url: str,
    token: str,
    plan: Plan,
    take: Take,
    *,
    camera: CameraFile | None = None,
    pictures: PictureSink | None = None,
    notice: Callable[[str], None] = lambda _: None,
    patience: Patience = DEFAULT_PATIENCE,
) -> None:
    """Hold one call; whatever happens, `take` has what it gave so far.

    Args:
        pictures: keeps the received pictures; None drops them.
        notice: gets a short line for a person whenever something begins.

    Raises:
        InputError, ServerError: as `Connection`.
        RoomError: the call could not be held to its end; says why.
    """
    async with Connection(url, token) as connection:
        take.identity = connection.room.local_participant.identity
        ear, microphone = Ear(connection.room, take, pictures), Microphone()
        conversation = Conversation(plan, take, connection, microphone, ear, notice, patience)
        background: list[asyncio.Task[None]] = []
        try:
            await _publish(connection.room, microphone, camera)
            background.append(asyncio.create_task(microphone.run()))
            if camera:
                background.append(asyncio.create_task(camera.run()))
            await conversation.run()
        finally:
            take.ended_s = now_s()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await ear.aclose()
            await microphone.aclose()
            if camera:
                await camera.aclose()


async def _publish(room: rtc.Room, microphone: Microphone, camera: CameraFile | None) -> None:
    try:
        voice = rtc.LocalAudioTrack.create_audio_track("microphone", microphone.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await room.local_participant.publish_track(voice, options)
        if camera:
            picture = rtc.LocalVideoTrack.create_video_track("camera", camera.open())
            # VP8: the H264 encoder writes warnings of its own to stderr
            options = rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA, video_codec=rtc.VideoCodec.VP8, simulcast=False
            )
            await room.local_participant.publish_track(picture, options)
    except rtc.participant.PublishTrackError as error:
        raise RoomError(f"the room does not let us publish ({error.message}); check the token's grants") from None
