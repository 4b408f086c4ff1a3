"""Two rooms at once, and a caller who leaves in mid-sentence."""

import asyncio
import contextlib
import difflib

import numpy as np
import psutil
import pytest

from visavis.caller.session import hold_call
from visavis.caller.speech import Plan
from visavis.caller.take import Take
from visavis.local.tokens import fresh_name

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]
ENDS_WITHIN_S = 30


async def test_neither_room_hears_the_other(caller, says, plain) -> None:  # type: ignore[no-untyped-def]
    texts = ("Who are you?", "How much is two plus two?")
    outcomes = await asyncio.gather(*(caller((says(text),)) for text in texts))
    for outcome, text in zip(outcomes, texts, strict=True):
        (turn,) = outcome.report.turns
        # two calls are more than two loaded cores hear without a slip: whose words they are must be beyond doubt
        (theirs,) = set(texts) - {text}
        assert alike(plain(turn.user_text), plain(text)) > 2 * alike(plain(turn.user_text), plain(theirs))
        assert turn.reply_start_s is not None
        mine = {caption.text for caption in outcome.take.captions if caption.identity == outcome.take.identity}
        assert plain(theirs) not in {plain(caption) for caption in mine}
    first, second = (outcome.report.turns[0].reply_text for outcome in outcomes)
    assert plain(first) != plain(second)


def alike(words: str, others: str) -> float:
    """How much of two texts is the same words in the same order, 0..1."""
    return difflib.SequenceMatcher(None, words.split(), others.split()).ratio()


async def test_a_caller_who_leaves_in_mid_sentence(house, says) -> None:  # type: ignore[no-untyped-def]
    room, take = fresh_name("room"), Take("")
    plan = Plan((says("Tell me something about the ocean, and about everything that lives in it."),))
    before = children(house)
    call = asyncio.create_task(hold_call(house.server.url, house.token(room), plan, take))
    async with asyncio.timeout(60):
        while not take.said or len(take.said[0].leaves) < 100:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    call.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await call
    async with asyncio.timeout(ENDS_WITHIN_S):
        while f"call in {room} is over" not in house.worker.log.read_text(errors="replace"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        while children(house) > before:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert np.concatenate([pcm for _, pcm in take.heard]).any()


def children(house) -> int:  # type: ignore[no-untyped-def]
    """How many processes the worker has."""
    return len(psutil.Process(house.worker.child.pid).children(recursive=True))
