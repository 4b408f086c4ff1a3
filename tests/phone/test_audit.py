"""The audit: a deliberately open project is taken apart, a line of ours passes."""

import subprocess
import sys

import pytest
from livekit import api

from visavis.local.exchange import Exchange
from visavis.local.ports import LOOPBACK, free_port
from visavis.phone.audit import Level, Project, audit
from visavis.phone.line import Line

OPEN_TRUNK = api.SIPInboundTrunkInfo(sip_trunk_id="ST_1", name="front door", numbers=["100"])


def words(project: Project, level: Level = Level.OPEN) -> str:
    return " | ".join(finding.what for finding in audit(project) if finding.level is level)


def test_our_own_line_is_closed() -> None:
    line = Line.fresh("100", pin="123456")
    trunk, rule = line.trunk(), line.rule("ST_1")
    trunk.sip_trunk_id = "ST_1"
    assert audit(Project([trunk], [], [rule])) == []


@pytest.mark.parametrize(
    ("project", "said"),
    [
        (Project(rules=[api.SIPDispatchRuleInfo(name="all")]), "'all' () names no trunk"),
        (Project([OPEN_TRUNK]), "neither a password nor allowed addresses"),
        (Project([api.SIPInboundTrunkInfo(auth_password="1234", numbers=["1"])]), "password of 4 characters"),
        (Project([api.SIPInboundTrunkInfo(allowed_addresses=["0.0.0.0/0"], numbers=["1"])]), "from 0.0.0.0/0"),
        (Project([api.SIPInboundTrunkInfo(allowed_addresses=["10.0.0.0/24"])]), "any number"),
        (Project([], [api.SIPOutboundTrunkInfo(name="out", numbers=["*"])]), "'out' () may show any number"),
    ],
)
def test_each_open_door_is_named(project: Project, said: str) -> None:
    assert said in words(project)


def test_what_could_be_better_is_advice() -> None:
    individual = api.SIPDispatchRule(dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name="hall"))
    project = Project([], [api.SIPOutboundTrunkInfo(numbers=["+1"])], [
        api.SIPDispatchRuleInfo(trunk_ids=["ST_gone"], rule=individual)
    ])  # fmt: skip
    assert words(project) == "" and all(
        said in words(project, Level.ADVICE) for said in ("ST_gone", "hear each other", "agent by name", "at your cost")
    )


def check(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "visavis.cli", "phone", "check", *arguments]
    return subprocess.run(command, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True)


def test_a_project_that_cannot_be_asked_is_one_line_and_code_2() -> None:
    keys = {"LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s" * 32}
    for done, said in (
        (check(), "no project named"),
        (check("--url", "ws://127.0.0.1:1"), "LIVEKIT_API_KEY"),
        (check("--url", f"ws://{LOOPBACK}:{free_port()}", **keys), "cannot be reached"),
    ):
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and said in done.stderr


@pytest.mark.phone
@pytest.mark.asyncio(loop_scope="session")
async def test_a_deliberately_open_project_is_told_what_to_do(exchange: Exchange, lk: api.LiveKitAPI) -> None:
    own = {"LIVEKIT_API_KEY": exchange.server.key, "LIVEKIT_API_SECRET": exchange.server.secret}
    closed = check("--url", exchange.server.url, **own)
    assert closed.returncode == 0 and "nothing is open" in closed.stdout and closed.stderr == ""
    rule = api.SIPDispatchRule(dispatch_rule_individual=api.SIPDispatchRuleIndividual(room_prefix="open"))
    request = api.CreateSIPDispatchRuleRequest(dispatch_rule=api.SIPDispatchRuleInfo(name="open", rule=rule))
    made = await lk.sip.create_dispatch_rule(request)
    try:
        found = check("--url", exchange.server.url, **own)
    finally:
        await lk.sip.delete_dispatch_rule(
            api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=made.sip_dispatch_rule_id)
        )
    assert found.returncode == 1 and "OPEN" in found.stdout and "'open'" in found.stdout
    assert "set its trunk_ids" in found.stdout and "1 open" in found.stdout
