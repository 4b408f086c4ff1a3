"""A language model that sees, behind an OpenAI-compatible server: it gets a picture when it looks, and only then."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from PIL import Image

from visavis.caller.camera import CameraFile
from visavis.caller.report import make_report
from visavis.caller.session import hold_call
from visavis.caller.speech import Plan
from visavis.caller.take import Take
from visavis.local.server import LocalServer
from visavis.local.tokens import calling_token
from visavis.local.worker_process import LocalWorker
from visavis.media.files import VideoWriter
from visavis_models.spec import FPS

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]

RED, BLUE = (200, 30, 30), (30, 30, 200)


class Seer:
    """Looks before each answer, and tells the colours at the left and the right of what it was shown."""

    def __init__(self) -> None:
        self.shown: list[list[np.ndarray]] = []  # the pictures of each request

    async def answer(self, request: web.Request) -> web.StreamResponse:
        messages = (await request.json())["messages"]
        self.shown.append([decoded(part) for message in messages for part in parts_of(message)])
        looked = messages[-1]["role"] == "tool" or bool(self.shown[-1])
        look = {"index": 0, "id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
        delta = {"content": self.words()} if looked else {"tool_calls": [look]}
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for change, reason in (({"role": "assistant", **delta}, None), ({}, "stop" if looked else "tool_calls")):
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "seer"}
            chunk["choices"] = [{"index": 0, "delta": change, "finish_reason": reason}]
            await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    def words(self) -> str:
        if not self.shown[-1]:
            return "I was shown nothing."
        row = self.shown[-1][0].mean(0)
        left, right = ("red" if pixel[0] > pixel[2] else "blue" for pixel in (row[0], row[-1]))
        return f"I see {left}, and {right}."


def parts_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    return [part for part in content if part["type"] == "image_url"] if isinstance(content, list) else []


def decoded(part: dict[str, Any]) -> np.ndarray:
    """The picture RGB [H, W, 3] of a part of a message."""
    kind, _, data = part["image_url"]["url"].partition(",")
    assert kind.startswith("data:image/")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


@pytest.mark.parametrize("picture", [True, False])
async def test_it_sees_what_the_camera_shows(server_installed, says, tmp_path: Path, picture: bool) -> None:  # type: ignore[no-untyped-def]
    film = tmp_path / "camera.mp4"
    halves = np.concatenate([np.full((120, 80, 3), colour, np.uint8) for colour in (RED, BLUE)], 1)
    with VideoWriter(film, (160, 120)) as writer:
        for _ in range(FPS):
            writer.picture(halves)
    seer, site = Seer(), web.Application()
    site.router.add_post("/v1/chat/completions", seer.answer)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    llm = f"openai:seer@http://127.0.0.1:{runner.addresses[0][1]}/v1"
    arguments = ["--llm", llm, "--sight", "look,picture" if picture else "look"]
    take, plan = Take(""), Plan((says("What do you see?"),))
    try:
        async with LocalServer(environment=False) as server, LocalWorker(server, arguments):
            token = calling_token(server.endpoint.keys)
            await hold_call(server.url, token, plan, take, camera=CameraFile(film))
    finally:
        await runner.cleanup()
    reply = make_report(take, plan, None).turns[0].reply_text
    assert reply == ("I see red, and blue." if picture else "I was shown nothing.")
    assert sum(map(len, seer.shown)) == int(picture)
