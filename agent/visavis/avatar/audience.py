"""Whether anybody watches: who is in the room, whether the face was ever taken, and whether it is wanted now.

Seen against a real server (livekit 1.1.21, livekit-server 1.13.5): there is no event for a viewer who stops watching.
`local_track_subscribed` comes once, with the first subscription, and before its owner is known. A room that was
connected with `dynacast` lets the encoding rest when the last subscription has gone (`active` of the outgoing stream
turns false, 5 s later where the server keeps its default `dynacast_pause_delay`) and wakes it within 60 ms of the next
one, but begins awake. Without dynacast it never rests. Who comes and who leaves is told. So a face is watched while
somebody is there who could see it, and either has only just come, or the face has been taken once and its encoding does
not rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from livekit import rtc
from livekit.rtc.room import EventTypes

LOOK_S = 0.2  # between two looks at the encoding: there is nothing to await
HOPE_S = 3.0  # whoever comes is drawn for at once, for so long without having taken anything
# a telephone hears, a source of media only sends; whatever else is in a room may watch
BLIND = (rtc.ParticipantKind.PARTICIPANT_KIND_SIP, rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS)
LEAVING: tuple[EventTypes, ...] = ("participant_disconnected", "disconnected")


class Audience:
    """Follows the viewers of one published track from `start()` to `aclose()`.

    Args:
        room: where it is published.
        changed: called on the event loop, with True when watching begins and False when it ends; it has not begun.
    """

    def __init__(self, room: rtc.Room, changed: Callable[[bool], None]) -> None:
        self._room, self._changed = room, changed
        self._track: rtc.LocalVideoTrack | None = None
        self._watched = self._taken = False
        self._alone = True
        self._hope_until_s = 0.0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, track: rtc.LocalVideoTrack) -> None:
        """Begin; call it when the room is connected and before `track` is published."""
        self._track = track
        for name in LEAVING:
            self._room.on(name, self._on_leave)
        self._room.on("participant_connected", self._on_come)
        self._room.on("local_track_subscribed", self._on_taken)
        self._task = asyncio.create_task(self._look(track))
        if self._could_watch():
            self._hope()

    async def aclose(self) -> None:
        """Nothing is told any more."""
        if self._task is None:
            return
        for name in LEAVING:
            self._room.off(name, self._on_leave)
        self._room.off("participant_connected", self._on_come)
        self._room.off("local_track_subscribed", self._on_taken)
        self._task.cancel()
        await asyncio.wait([self._task])

    def _on_taken(self, track: rtc.LocalTrack) -> None:
        if track is self._track:
            self._taken = True
            self._hope()  # the viewer may become known only later

    def _on_come(self, person: rtc.RemoteParticipant) -> None:
        if person.kind not in BLIND:
            self._hope()

    def _on_leave(self, *_: object) -> None:
        if not self._could_watch():
            self._alone = True
            self._tell(watched=False)

    def _hope(self) -> None:
        self._alone = False
        self._hope_until_s = time.monotonic() + HOPE_S
        self._tell(watched=True)
        self._news.set()

    def _could_watch(self) -> bool:
        people = self._room.remote_participants.values() if self._room.isconnected() else ()
        return any(person.kind not in BLIND for person in people)

    async def _look(self, track: rtc.LocalVideoTrack) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while not self._alone:
                wanted = self._taken and await _wanted(track)
                if wanted:
                    self._hope_until_s = 0.0  # fulfilled
                self._tell(watched=not self._alone and (wanted or time.monotonic() < self._hope_until_s))
                await asyncio.sleep(LOOK_S)

    def _tell(self, *, watched: bool) -> None:
        if watched != self._watched:
            self._watched = watched
            self._changed(watched)


async def _wanted(track: rtc.LocalVideoTrack) -> bool:
    """Whether the track is being encoded for somebody; where nothing is known, it is."""
    try:
        reports = await track.get_stats()
    except Exception:  # noqa: BLE001  # what livekit raises of a track whose connection is being made anew
        return True
    streams = [report.outbound_rtp.outbound.active for report in reports if report.HasField("outbound_rtp")]
    return any(streams) or not streams
