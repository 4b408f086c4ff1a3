"""The figures of docs/turns.md: `.venv/bin/python scripts/measure_turns.py calls|picture [--count N] [--report FILE]`.

calls     sounds that say "go on", and interruptions, into the avatar's replies, through a real server
picture   the same scripted talk by sound alone and with a picture, through the real dialogue and without a room
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import re
from dataclasses import asdict, replace
from pathlib import Path

import click
import numpy as np

from visavis.caller import overlap, scenes
from visavis.caller.overlap import GO_ON, QUESTION, STOP, Overlap, as_rows, overlaps, plan_of
from visavis.caller.questions import ask
from visavis.caller.report import make_report
from visavis.caller.session import hold_call
from visavis.caller.take import Take
from visavis.caller.telephone import at_rate
from visavis.dialogue.hibari_voice import TIMBRES, HibariVoice
from visavis.dialogue.moonshine import Moonshine
from visavis.dialogue.providers import Models
from visavis.dialogue.script import Script
from visavis.local.server import LocalServer
from visavis.local.tokens import calling_token
from visavis.local.worker_process import LocalWorker
from visavis.media.frames import to_float
from visavis.media.settings import Settings
from visavis.media.texts import write_whole
from visavis_models.spec import MODEL_RATE, ROOM_RATE, SPEECH_RATE


@click.group()
def main() -> None:
    """Measure turn taking on this machine; prints tables in Markdown."""
    logging.basicConfig(level=logging.ERROR)


@main.command()
@click.option("--count", default=20, help="Sounds of each kind.")
@click.option("--report", type=click.Path(path_type=Path), help="Write all figures there, JSON.")
def calls(count: int, report: Path | None) -> None:
    """Backchannels and interruptions through a real server."""
    made = asyncio.run(hold_calls(count))
    click.echo("| | right | of these |\n| --- | --- | --- |")
    for name, kind in (("backchannels: the answer is heard whole", False), ("interruptions: the answer ends", True)):
        those = [one for one in made if one.stops is kind]
        click.echo(f"| {name} | {sum(one.right for one in those)} | {len(those)} |")
    click.echo("\n| figure | median | least | most |\n| --- | --- | --- | --- |")
    for name, values in figures(made):
        if values:
            click.echo(f"| {name} | {np.median(values):.0f} ms | {min(values):.0f} | {max(values):.0f} |")
    for one in made:
        if not one.right:
            click.echo(f"\nnot right: {one}")
    if report:
        write_whole(report, json.dumps(as_rows(made), indent=2))


def figures(made: list[Overlap]) -> list[tuple[str, list[float]]]:
    """Name and values."""
    cuts = [one for one in made if one.stops]
    pauses = [one.paused_ms for one in made if not one.stops]
    return [
        ("a backchannel's pause, where there was one", [ms for ms in pauses if ms is not None]),
        ("interruption: first sound to silence", [ms for one in cuts if (ms := one.onset_to_silent_ms) is not None]),
        ("interruption: the agent's stop to silence", [ms for one in cuts if (ms := one.silent_ms) is not None]),
    ]


async def hold_calls(count: int) -> list[Overlap]:
    """One call with backchannels, one with interruptions."""
    voice, recogniser, made = HibariVoice(), Moonshine.load(), []
    answer = re.sub(r"\[[^]]*\] ?", "", Script().answer(overlap.QUESTION) or "")
    async with LocalServer(environment=False) as server, LocalWorker(server, ["--sight", "none"]):
        for texts, stops in ((GO_ON, False), (STOP, True)):
            plan, take = plan_of(voice, list(itertools.islice(itertools.cycle(texts), count))), Take("")
            token = calling_token(server.endpoint.keys)
            await hold_call(server.url, token, plan, take)
            made += overlaps(
                take,
                plan,
                make_report(take, plan, None),
                stops=stops,
                answer=answer,
                understand=lambda sound: recogniser.transcribe(sound).text,
            )
    return made


@main.command()
@click.option("--kind", help="Only scenes of this kind, and the questions before them.")
@click.option("--report", type=click.Path(path_type=Path), help="Write what came of every scene there, JSON.")
def picture(kind: str | None, report: Path | None) -> None:
    """By sound alone against sound and picture."""
    settings = replace(Settings(), greeting="")
    models, voice = Models.load(settings), HibariVoice()

    def say(text: str, own: bool) -> np.ndarray:
        if own:
            return at_rate(to_float(ask(voice, text).pcm), ROOM_RATE, MODEL_RATE)
        return at_rate(voice.say(text, TIMBRES["low"]).pcm, SPEECH_RATE, MODEL_RATE)

    played, question = scenes.script(say), scenes.speech(say(QUESTION, True))
    played = [scene for scene in played if kind is None or scene.kind in ("question", kind)]
    heard, seen = (
        asyncio.run(scenes.rehearse(settings, models, played, question, sees=sees, notice=note))
        for sees in (False, True)
    )
    click.echo("| figure | sound alone | sound and picture |\n| --- | --- | --- |")
    for row in scenes.table(heard, seen):
        click.echo(f"| {' | '.join(row)} |")
    click.echo("\n| pause | sound alone | sound and picture |\n| --- | --- | --- |")
    for alone, both in zip(heard, seen, strict=True):
        if alone.kind == "pause":
            click.echo(f"| {alone.name} | {verdict(alone)} | {verdict(both)} |")
    if report:
        both_ways = {"sound": [asdict(one) for one in heard], "picture": [asdict(one) for one in seen]}
        write_whole(report, json.dumps(both_ways, indent=2))


def note(came: scenes.Came) -> None:
    """A line for whoever waits."""
    click.echo(f"... {came}", err=True)


def verdict(came: scenes.Came) -> str:
    """What came of a turn with a pause."""
    return "cut off" if came.cut else "no answer" if came.gap_ms is None else f"whole, {came.gap_ms:.0f} ms"


if __name__ == "__main__":
    main()
