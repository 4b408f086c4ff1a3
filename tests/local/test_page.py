"""The page's server: strict headers, tickets for its own page only, one clear error where something is missing."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from livekit import api

from visavis.local.page import Avatar, PageServer, content_security_policy, picture_of
from visavis.local.ports import LOOPBACK, free_port
from visavis.local.server import Endpoint, Keys
from visavis.media.errors import AssetError, InputError, ServerError

ENDPOINT = Endpoint("ws://127.0.0.1:7880", Keys.fresh())
AVATAR = Avatar("Alex", "alex", {"portrait": "alex"})
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<h1>hello</h1>")
    (tmp_path / "assets" / "index-1a2b.js").write_text("1")
    return tmp_path


@pytest.fixture
async def page(dist: Path) -> AsyncIterator[PageServer]:
    async with PageServer(ENDPOINT, free_port(), AVATAR, dist) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_the_page_may_load_and_reach_itself_and_its_server_only(
    page: PageServer, http: aiohttp.ClientSession
) -> None:
    async with http.get(page.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert await answer.text() == "<h1>hello</h1>" and answer.headers["Cache-Control"] == "no-cache"
        assert "default-src 'none'" in policy and "ws://127.0.0.1:7880" in policy and "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    async with http.get(f"{page.url}/assets/index-1a2b.js") as answer:
        assert "immutable" in answer.headers["Cache-Control"]


async def test_it_says_whom_one_calls_and_shows_the_face(page: PageServer, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{page.url}/about") as answer:
        assert await answer.json() == {"avatar": "Alex"}
    async with http.get(f"{page.url}/portrait.png") as answer:
        assert (await answer.read())[:4] == b"\x89PNG"


async def test_every_ticket_is_for_a_room_and_an_identity_of_ones_own(
    page: PageServer, http: aiohttp.ClientSession
) -> None:
    tickets = []
    for _ in range(2):
        async with http.post(f"{page.url}/token", json={}, headers={"Origin": page.url}) as answer:
            assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
            tickets.append(await answer.json())
    first, second = tickets
    assert first["room"] != second["room"] and first["identity"] != second["identity"]
    claims = api.TokenVerifier(ENDPOINT.keys.key, ENDPOINT.keys.secret).verify(first["token"])
    assert claims.video.room == first["room"] and claims.room_config.agents[0].agent_name == "visavis"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (JSON, 403),
        ({**JSON, "Origin": "https://evil.example"}, 403),
        ({**JSON, "Origin": "null"}, 403),
        ({"Content-Type": "text/plain", "Origin": "own"}, 415),
        ({**JSON, "Origin": "http://evil.example", "Host": "evil.example"}, 403),
    ],
)
async def test_other_sites_get_no_tickets(
    page: PageServer, http: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    sent = {name: page.url if value == "own" else value for name, value in headers.items()}
    async with http.post(f"{page.url}/token", data=b"{}", headers=sent) as answer:
        assert answer.status == status and "token" not in await answer.text()


async def test_a_foreign_host_name_gets_nothing(page: PageServer, http: aiohttp.ClientSession) -> None:
    async with http.get(page.url, headers={"Host": "rebound.example"}) as answer:
        assert answer.status == 403


async def test_files_outside_the_page_are_not_served(page: PageServer, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{page.url}/%2e%2e/%2e%2e/etc/passwd") as answer:
        assert answer.status in (403, 404)


async def test_a_page_that_is_not_built_says_so(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="make setup"):
        PageServer(ENDPOINT, free_port(), AVATAR, tmp_path / "none")


async def test_a_port_that_is_taken_is_one_clear_error(page: PageServer, dist: Path) -> None:
    with pytest.raises(ServerError, match="cannot be served"):
        async with PageServer(ENDPOINT, int(page.url.rpartition(":")[2]), AVATAR, dist):
            pass


def test_a_cloud_servers_regions_may_be_reached() -> None:
    assert "wss://*.livekit.cloud" in content_security_policy("wss://mine.livekit.cloud")
    assert "livekit.cloud" not in content_security_policy(f"ws://{LOOPBACK}:1")


def test_a_face_that_there_is_not() -> None:
    with pytest.raises(InputError, match="nobody"):
        picture_of("nobody")
