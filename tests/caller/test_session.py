"""Whole calls with a puppet in the agent's place, over a real server."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from visavis.caller.camera import CameraFile
from visavis.caller.conversation import Patience
from visavis.caller.report import Report, make_report, table
from visavis.caller.session import check_url, hold_call
from visavis.caller.speech import Interruption, Line, Plan
from visavis.caller.spool import Spool
from visavis.caller.take import Take
from visavis.local.ports import free_port
from visavis.local.server import Keys, LocalServer
from visavis.local.tokens import access_token
from visavis.media.errors import InputError, RoomError, ServerError
from visavis.media.files import VideoWriter

pytestmark = pytest.mark.call
HASTY = Patience(agent_s=2.0, return_s=8.0, greeting_s=2.0, reply_s=3.0, answer_s=3.0, reconnect_s=20.0)
Staged = Callable[..., Awaitable[Any]]


def keys(server: LocalServer) -> Keys:
    return server.endpoint.keys


async def speaking(take: Take) -> None:
    """Wait until the caller has begun to speak."""
    async with asyncio.timeout(20):
        while not take.said:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_call_from_greeting_to_the_last_reply(staged: Staged, line: Line, tmp_path: Path) -> None:
    stage, take, spool = await staged(reply_s=2.0), Take(""), Spool(tmp_path)
    plan = Plan((line, line), (Interruption(line, 0.8),))
    await hold_call(stage.server.url, stage.token, plan, take, pictures=spool, patience=HASTY)
    spool.close()
    report = make_report(take, plan, spool)
    first, second = report.turns
    assert [turn.user_text for turn in report.turns] == ["What did you say?"] * 2
    assert first.interrupted and not second.interrupted
    assert first.turn_ms is not None and 300 < first.turn_ms < 1500
    assert first.avatar_added_ms == 60.0
    (stop,) = report.interruptions
    assert stop.reply_text == "I said nothing." and not stop.resumed
    assert stop.silent_ms is not None and stop.silent_ms < 600
    assert report.video.codec == "H264" and report.video.frames > 50
    assert report.process == {"rss_mb": 300.0, "cpu_cores": 0.5}
    assert {(step["quality"], step["camera_fps"]) for step in report.gave_way} == {("half_rate", 0.0)}
    assert report.error is None and not report.remarks
    assert "What did you say?" in table(report, plan)


async def test_the_probe_agrees_with_the_clock(staged: Staged, line: Line) -> None:
    stage, take, plan = await staged(probe=True, picture_late_s=0.25, reply_s=2.5), Take(""), Plan((line,))
    await hold_call(stage.server.url, stage.token, plan, take, patience=HASTY)
    report = make_report(take, plan, None, probe=True)
    assert report.probe is not None and report.probe.pairs >= 3
    assert report.probe.difference_ms is not None and abs(report.probe.difference_ms) < 40
    assert report.probe.mean_ms is not None and report.probe.mean_ms > 0
    assert not report.remarks


async def test_an_agent_that_does_not_greet(staged: Staged, line: Line) -> None:
    stage, take, plan = await staged(greets=False), Take(""), Plan((line,))
    await hold_call(stage.server.url, stage.token, plan, take, patience=HASTY)
    report = make_report(take, plan, None)
    assert report.turns[0].reply_text == "I said nothing."
    assert report.remarks == ["no greeting was heard within 2 s"]


async def test_a_reply_too_short_for_the_interruption(staged: Staged, line: Line) -> None:
    stage, take, plan = await staged(reply_s=0.5), Take(""), Plan((line,), (Interruption(line, 3.0),))
    await hold_call(stage.server.url, stage.token, plan, take, patience=HASTY)
    report = make_report(take, plan, None)
    assert "ended before 3 s" in report.remarks[0]
    assert not report.turns[0].interrupted and report.interruptions[0].silent_ms is None


async def test_an_agent_that_does_not_answer(staged: Staged, line: Line) -> None:
    stage, take, plan = await staged(answers=False), Take(""), Plan((line,))
    with pytest.raises(RoomError, match=r"no reply to question\.wav was heard within 3 s; the agent (tells|says)"):
        await hold_call(stage.server.url, stage.token, plan, take, patience=HASTY)
    report = make_report(take, plan, None, error="no reply")
    assert report.turns[0].reply_start_s is None and report.seconds > 3


async def test_no_agent_in_the_room(server: LocalServer, line: Line) -> None:
    token, take = access_token(keys(server), room="empty", identity="caller", agent=None), Take("")
    with pytest.raises(RoomError, match="no agent came into the room within 2 s"):
        await hold_call(server.url, token, Plan((line,)), take, patience=HASTY)
    assert make_report(take, Plan((line,)), None).turns[0].user_text == ""


async def test_an_agent_that_leaves(staged: Staged, line: Line) -> None:
    stage, take = await staged(answers=False), Take("")
    call = asyncio.create_task(
        hold_call(stage.server.url, stage.token, Plan((line,)), take, patience=Patience(return_s=1.0))
    )
    await speaking(take)
    await stage.puppet.aclose()
    with pytest.raises(RoomError, match="the agent left the room"):
        await call


async def test_an_agent_that_fails_at_once(staged: Staged, line: Line) -> None:
    stage, take = await staged(), Take("")
    call = asyncio.create_task(
        hold_call(stage.server.url, stage.token, Plan((line,)), take, patience=Patience(return_s=0.1))
    )
    async with asyncio.timeout(20):
        while not stage.puppet.room.remote_participants:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    await stage.puppet.aclose()
    with pytest.raises(RoomError, match="left"):
        await call


async def test_a_server_that_comes_back(staged: Staged, line: Line) -> None:
    stage, take, plan = await staged(), Take(""), Plan((line, line))
    call = asyncio.create_task(hold_call(stage.server.url, stage.token, plan, take, patience=HASTY))
    await speaking(take)
    await stage.server.stop()
    await asyncio.sleep(1.0)
    await stage.server.start()
    await call
    report = make_report(take, plan, None)
    assert [turn.turn_ms is not None for turn in report.turns] == [True, True]
    assert any("the connection broke" in remark for remark in report.remarks)


async def test_a_server_that_is_gone_for_good(staged: Staged, line: Line) -> None:
    stage, take, plan = await staged(), Take(""), Plan((line,))
    patience = Patience(reconnect_s=2.0)
    call = asyncio.create_task(hold_call(stage.server.url, stage.token, plan, take, patience=patience))
    await speaking(take)
    await stage.server.stop()
    with pytest.raises(RoomError, match="the connection was lost and did not come back within 2 s"):
        await call
    assert take.began and make_report(take, plan, None, error="gone").seconds > 1


async def test_stopped_in_mid_call_it_keeps_what_it_has(staged: Staged, line: Line) -> None:
    stage, take, plan = await staged(), Take(""), Plan((line,))
    call = asyncio.create_task(hold_call(stage.server.url, stage.token, plan, take))
    await speaking(take)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert isinstance(make_report(take, plan, None, error="stopped"), Report) and take.seconds > 0.5


async def test_the_camera_is_seen(staged: Staged, line: Line, tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "cam.mp4", (800, 600)) as writer:
        for k in range(20):
            writer.picture(np.full((600, 800, 3), 10 * k, np.uint8))
    stage, camera = await staged(), CameraFile(tmp_path / "cam.mp4")
    seen: list[str] = []
    stage.puppet.room.on("track_published", lambda publication, _: seen.append(publication.mime_type))
    await hold_call(stage.server.url, stage.token, Plan((line,)), Take(""), camera=camera, patience=HASTY)
    assert "video/VP8" in seen and camera.size == (640, 480)


async def test_tokens_that_are_refused(server: LocalServer, line: Line) -> None:
    ours, plan = keys(server), Plan((line,))
    tokens = {
        "has expired": access_token(ours, room="r", identity="c", life=timedelta(seconds=-60)),
        "another secret": access_token(Keys(ours.key, "x" * 40), room="r", identity="c"),
        "does not know this API key": access_token(Keys("nobody", ours.secret), room="r", identity="c"),
        "refuses the token": "no-token-at-all",
    }
    for words, token in tokens.items():
        with pytest.raises(InputError, match=words) as refused:
            await hold_call(server.url, token, plan, Take(""))
        assert token not in str(refused.value)


async def test_a_server_that_is_not_there(line: Line) -> None:
    with pytest.raises(ServerError, match="no LiveKit server answers"):
        await hold_call(f"ws://127.0.0.1:{free_port()}", "token", Plan((line,)), Take(""))


@pytest.mark.parametrize("url", ["", "localhost:7880", "ftp://host", "ws://"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(InputError, match="write ws://"):
        check_url(url)
