"""Several telephones at once, for docs/benchmarks.md: `.venv/bin/python scripts/measure_phone.py [--at-once 1,2,3]`.

Each of so many real telephones calls, waits for the greeting, and all ask the same question at the same moments. Both
directions are recorded at each telephone; what is measured is measured on those recordings.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click
import numpy as np

from visavis.caller.activity import Span, levels, voice_spans
from visavis.caller.questions import ask
from visavis.caller.telephone import at_rate
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.local.exchange import Exchange
from visavis.local.softphone import CLOSED, ESTABLISHED, Account, Codec, Softphone
from visavis.local.worker_process import LocalWorker
from visavis.media.frames import to_float, to_pcm
from visavis.phone.line import Line
from visavis_models.spec import ROOM_RATE

NUMBER, QUESTION = "100", "How much is two plus two?"
PAUSE_S = 6.0  # from question to question: the answer is over
GREETING_S = 5.0  # and the greeting
REPLY_JOIN_S = 0.6  # a longer silence ends a reply
CODECS: tuple[Codec, ...] = ("PCMU", "G722")


@dataclass(frozen=True)
class Heard:
    """What one telephone heard.

    Attributes:
        greeting_s: from picking up to the greeting.
        turns_s: from the end of each question to the reply.
        replies_s: how long each reply took.
    """

    greeting_s: float
    turns_s: list[float]
    replies_s: list[float]


@click.command()
@click.option("--at-once", default="1,2,3,4", show_default=True, help="Calls at once, one row for each number.")
@click.option("--questions", default=4, show_default=True, help="Questions in each call.")
def main(at_once: str, questions: int) -> None:
    """Call with several telephones at once; prints a table in Markdown."""
    click.echo(
        "| calls at once | end of turn to first sound, median / most | picking up to greeting | a reply's length |"
    )
    click.echo("| --- | --- | --- | --- |")
    for count in map(int, at_once.split(",")):
        heard = asyncio.run(call(count, questions))
        turns = 1000 * np.array([turn for one in heard for turn in one.turns_s])
        greetings = 1000 * np.array([one.greeting_s for one in heard])
        replies = np.array([reply for one in heard for reply in one.replies_s])
        missing = count * questions - len(turns)
        click.echo(
            f"| {count} | {np.median(turns):.0f} / {turns.max():.0f} ms{f', {missing} unanswered' if missing else ''} "
            f"| {greetings.min():.0f} to {greetings.max():.0f} ms | {replies.min():.2f} to {replies.max():.2f} s |"
        )


async def call(count: int, questions: int) -> list[Heard]:
    """So many telephones, with narrow and wide codecs in turn, and what each heard."""
    question = to_float((await asyncio.to_thread(ask, HibariVoice(), QUESTION)).pcm)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        line = Line.fresh(NUMBER)
        exchange = await stack.enter_async_context(Exchange(line))
        await stack.enter_async_context(LocalWorker(exchange.server, [], {"VISAVIS_WORKER_MAX_CALLS": str(count)}))
        phones = [
            await stack.enter_async_context(
                Softphone(
                    folder / f"phone-{k}",
                    Account(f"+1555{k:04}", exchange.sip.address, line.user, line.password),
                    CODECS[k % len(CODECS)],
                )
            )
            for k in range(count)
        ]
        await asyncio.gather(*(phone.dial(NUMBER) for phone in phones))
        await asyncio.gather(*(phone.happens(ESTABLISHED, 60) for phone in phones))
        await asyncio.sleep(GREETING_S)
        for _ in range(questions):
            await asyncio.gather(*(phone.say(at_rate(question, ROOM_RATE, phone.rate)) for phone in phones))
            await asyncio.sleep(len(question) / ROOM_RATE + PAUSE_S)
        await asyncio.gather(*(phone.hang_up() for phone in phones))
        await asyncio.gather(*(phone.happens(CLOSED, 10) for phone in phones))
        return [measure(phone) for phone in phones]


def measure(phone: Softphone) -> Heard:
    """Both recordings begin with the call."""
    heard, said = spans(*phone.heard()), spans(*phone.said())
    turns, replies = [], []
    for mine, following in pairwise([*said, Span(np.inf, np.inf)]):
        answers = [span for span in heard if mine.end < span.start < following.start]
        if answers:
            turns.append(answers[0].start - mine.end)
            replies.append(answers[0].end - answers[0].start)
    return Heard(heard[0].start if heard else np.inf, turns, replies)


def spans(sound: np.ndarray, rate: int) -> list[Span]:
    return voice_spans(levels(to_pcm(sound), rate), join_s=REPLY_JOIN_S)


if __name__ == "__main__":
    main()
