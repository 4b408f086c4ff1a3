"""The page and its tickets, on loopback.

    GET  /              the page (web-demo/dist)
    GET  /about         {"avatar": NAME}
    GET  /portrait.png  the avatar's picture at rest
    POST /token         {"url", "token", "room", "identity"}: a ticket into a room of one's own

A site that the person visits elsewhere must not get tickets: requests must name this server in `Host` (against DNS
rebinding), and tickets go only to requests of this page's own origin (against cross-site requests).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import av
import numpy as np
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from numpy.typing import NDArray

from visavis.local.ports import LOOPBACK
from visavis.local.running import Running
from visavis.local.server import Endpoint
from visavis.local.tokens import access_token, fresh_name
from visavis.media.errors import AssetError, ServerError
from visavis.vision.portraits import portrait
from visavis_models.serve.renderer import Renderer

DIST = Path(__file__).parents[3] / "web-demo" / "dist"
LARGEST_REQUEST_BYTES = 1024
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
}


@dataclass(frozen=True)
class Avatar:
    """Whom the page calls.

    Attributes:
        name: how it is called.
        portrait: a shipped face by name, an `.avatar` file or a picture.
        metadata: of the job that the call dispatches.
    """

    name: str = "Alex"
    portrait: str = "alex"
    metadata: Mapping[str, object] = field(default_factory=dict)


class PageServer(Running):
    """Serves the page for as long as the `async with` lasts.

    Args:
        endpoint: the LiveKit server that tickets are for.
        port: on loopback; must be free.
        avatar: whom the page calls.
        dist: the built page.

    Raises:
        AssetError: the page is not built.
        InputError: there is no such portrait.
        ServerError: the port cannot be had.
    """

    def __init__(self, endpoint: Endpoint, port: int, avatar: Avatar | None = None, dist: Path = DIST) -> None:
        if not (dist / "index.html").exists():
            raise AssetError(f"{dist}: the page is not built; run `make setup`")
        self._endpoint, self._port, self._dist = endpoint, port, dist
        self._avatar = avatar or Avatar()
        self._hosts = {f"{name}:{port}" for name in (LOOPBACK, "localhost")}
        self._picture = b""
        self._runner = web.AppRunner(self._application(), access_log=None)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    async def start(self) -> None:
        """Serve from now on.

        Raises:
            ServerError: the port is taken.
        """
        self._picture = await asyncio.to_thread(picture_of, self._avatar.portrait)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, LOOPBACK, self._port).start()
        except OSError as error:
            raise ServerError(f"the page cannot be served on port {self._port}: {error.strerror}") from None

    async def aclose(self) -> None:
        """Stop serving."""
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._guard], client_max_size=LARGEST_REQUEST_BYTES)
        application.add_routes(
            [
                web.get("/", self._index),
                web.get("/about", self._about),
                web.get("/portrait.png", self._portrait),
                web.post("/token", self._token),
                web.static("/", self._dist),
            ]
        )
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only requests that mean this server, and the security headers on every answer."""
        if request.host not in self._hosts:
            raise web.HTTPForbidden(text="this server answers only by its own name")
        answer = await handler(request)
        answer.headers.update(HEADERS)
        answer.headers["Content-Security-Policy"] = content_security_policy(self._endpoint.url)
        hashed = request.path.startswith("/assets/")
        answer.headers.setdefault(hdrs.CACHE_CONTROL, "public, max-age=31536000, immutable" if hashed else "no-cache")
        return answer

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(self._dist / "index.html")

    async def _about(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"avatar": self._avatar.name})

    async def _portrait(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._picture, content_type="image/png")

    async def _token(self, request: web.Request) -> web.StreamResponse:
        """A ticket for one call. JSON only, from this origin only: a form of another site can send neither."""
        if request.headers.get(hdrs.ORIGIN) != f"http://{request.host}":
            raise web.HTTPForbidden(text="tickets are for this page only")
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="send JSON")
        await request.read()
        room, identity = fresh_name("room"), fresh_name("person")
        token = access_token(
            self._endpoint.keys, room=room, identity=identity, name="You", metadata=self._avatar.metadata
        )
        ticket = {"url": self._endpoint.url, "token": token, "room": room, "identity": identity}
        return web.json_response(ticket, headers={hdrs.CACHE_CONTROL: "no-store"})


def content_security_policy(server_url: str) -> str:
    """What the page may load and reach: itself and its LiveKit server, nothing else."""
    host = urlsplit(server_url).netloc
    reached = [f"{scheme}://{host}" for scheme in ("ws", "wss", "http", "https")]
    if host.endswith(".livekit.cloud"):  # whose regions have hosts of their own
        reached += ["wss://*.livekit.cloud", "https://*.livekit.cloud"]
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "media-src": "'self' blob: mediastream:",
        "connect-src": f"'self' {' '.join(reached)}",
        "worker-src": "'self' blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def picture_of(name_or_path: str) -> bytes:
    """A portrait at rest, as a PNG of 512x512.

    Raises:
        InputError: there is no such portrait.
    """
    face = portrait(name_or_path)
    return png(Renderer(face).render(face.rest[None])[0])


def png(picture: NDArray[np.uint8]) -> bytes:
    """Encode a picture, uint8 [H, W, 3] RGB."""
    height, width, _ = picture.shape
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "rgb24"
    packets = encoder.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")) + encoder.encode(None)
    return b"".join(bytes(packet) for packet in packets)
