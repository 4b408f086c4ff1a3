"""A tool with which a language model looks at the person: a sentence, and where it is asked for one frame."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from livekit import rtc
from livekit.agents import APIStatusError, function_tool, llm

from visavis.dialogue.sight import Sight

NO_PICTURE = "There is no picture: the camera is off, or nothing can be told yet."
ATTACHED = "The picture that your camera shows now:"

Snapshot = Callable[[], Awaitable[rtc.VideoFrame | None]]


class Look:
    """The tool of one call.

    Args:
        sight: what the camera shows.
        snapshot: gives one frame of it, None where there is none; without it no picture goes to a language model.
    """

    def __init__(self, sight: Sight, snapshot: Snapshot | None = None) -> None:
        self._sight, self._snapshot = sight, snapshot
        self._frame: rtc.VideoFrame | None = None

    def tools(self) -> list[Any]:
        """For an `Agent`."""
        return [self.look]

    @function_tool
    async def look(self) -> str:
        """Look at the person you talk with, through their camera. Tells whether they are there and what they do now,
        such as smiling, nodding or waving."""
        if self._snapshot is not None:
            self._frame = await self._snapshot()
        return self._sight.describe() or NO_PICTURE

    def attached(self, chat_ctx: llm.ChatContext) -> llm.ChatContext:
        """`chat_ctx`; or, in the request after a look, a copy of it with the frame at its end. Once for each look."""
        frame, self._frame = self._frame, None
        if frame is None:
            return chat_ctx
        chat_ctx = chat_ctx.copy()
        chat_ctx.add_message(role="user", content=[ATTACHED, llm.ImageContent(image=frame)])
        return chat_ctx


def refuses_tools(error: APIStatusError) -> bool:
    """Whether a server answered that its model takes no tools, as Ollama does for many."""
    return error.status_code in (400, 404, 422) and "tool" in f"{error.message} {error.body}".lower()
