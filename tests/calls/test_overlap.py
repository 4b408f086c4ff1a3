"""Two sounds that say "go on" and two interruptions, into the avatar's replies, through the real server."""

import re

import pytest

from visavis.caller.overlap import QUESTION, overlaps, plan_of
from visavis.dialogue.script import Script

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]
ANSWER = re.sub(r"\[[^]]*\] ?", "", Script().answer(QUESTION) or "")


@pytest.mark.parametrize(
    ("texts", "stops"),
    [(("Mm-hmm.", "Yeah."), False), (("Stop, please. That is enough.", "Wait, what time is it?"), True)],
)
async def test_a_reply_survives_a_backchannel_and_ends_at_an_interruption(  # type: ignore[no-untyped-def]
    caller, voice, understand, texts, stops
) -> None:
    plan = plan_of(voice, texts)
    outcome = await caller(plan.lines, plan.interruptions)
    made = overlaps(outcome.take, plan, outcome.report, stops=stops, answer=ANSWER, understand=understand)
    assert [one.right for one in made] == [True, True], made
