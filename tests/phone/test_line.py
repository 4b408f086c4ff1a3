"""A line: trunk and rule by name, brought up to date, never doubled, never open."""

import asyncio
import subprocess
import sys

import pytest
from livekit import api

from visavis.local.exchange import Exchange
from visavis.media.errors import InputError
from visavis.phone.line import Line, provision, withdraw

pytestmark = [pytest.mark.phone, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "+49 30"},
        {"pin": "12"},
        {"pin": "abcd"},
        {"password": "short"},
        {"allowed_numbers": ("*",)},
        {"allowed_addresses": ("everywhere",)},
        {"user": "", "password": ""},
    ],
)
async def test_a_line_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Line(**{"number": "100", "user": "u", "password": "p" * 12, **wrong})  # type: ignore[arg-type]


async def test_it_is_brought_up_to_date_and_withdrawn(lk: api.LiveKitAPI) -> None:
    first = await provision(lk, Line.fresh("200", name="test"))
    again = await provision(lk, Line.fresh("201", name="test", pin="1234", allowed_numbers=("+15550199",)))
    assert first == again
    trunks = (await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
    rules = (await lk.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items
    (trunk,), (rule,) = ([item for item in items if item.name == "test"] for items in (trunks, rules))
    assert list(trunk.numbers) == ["201"] and list(trunk.allowed_numbers) == ["+15550199"] and trunk.auth_password
    assert list(rule.trunk_ids) == [trunk.sip_trunk_id] and rule.rule.dispatch_rule_individual.pin == "1234"
    assert rule.room_config.agents[0].agent_name == "visavis"
    await withdraw(lk, "test")
    left = (await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
    assert [item.name for item in left] == ["visavis"]


async def test_a_line_is_put_into_a_project_from_the_command_line(exchange: Exchange, lk: api.LiveKitAPI) -> None:
    keys = {"LIVEKIT_API_KEY": exchange.server.key, "LIVEKIT_API_SECRET": exchange.server.secret}

    async def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "visavis.cli", "phone", "line", "--name", "shop", *arguments]
        environment = {"PATH": "/usr/bin:/bin", "LIVEKIT_URL": exchange.server.url, **keys}
        done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)

    said = await run("--number", "+493012345", "--network", "203.0.113.0/24")
    trunks = (await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
    (trunk,) = (trunk for trunk in trunks if trunk.name == "shop")
    assert f"user {trunk.auth_username}, password {trunk.auth_password}" in said
    assert list(trunk.allowed_addresses) == ["203.0.113.0/24"]
    assert "out of the project" in await run("--remove")
