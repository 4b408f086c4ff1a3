"""A person calls the real agent from a real browser: greeted, heard, understood, answered."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from hibari import Hibari, write_wav
from playwright.async_api import Browser, expect
from playwright.async_api import Page as Tab
from tests.page.conftest import LOUDNESS, PICTURE, chromium, opened, seen_and_heard

from visavis.local.page import PageServer
from visavis.local.server import LocalServer
from visavis.local.worker_process import LocalWorker
from visavis_models.spec import SPEECH_RATE

pytestmark = [pytest.mark.page, pytest.mark.call]

SILENCE_S = (9.0, 30.0)  # before the question, for joining and the greeting, and after it


def ask(path: Path, question: str) -> None:
    """A wave file: silence, the question, silence."""
    speech = np.asarray(Hibari(threads=1)(question, seed=1), np.float32)
    before, after = (np.zeros(int(seconds * SPEECH_RATE), np.float32) for seconds in SILENCE_S)
    write_wav(str(path), np.concatenate([before, speech, after]), SPEECH_RATE)


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """Chromium whose microphone asks a question."""
    sound = tmp_path / "question.wav"
    await asyncio.to_thread(ask, sound, "Hello, how are you today?")
    async with chromium(
        "--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={sound}%noloop"
    ) as running:
        yield running


async def test_a_person_is_greeted_understood_and_answered(
    browser: Browser, server: LocalServer, page: PageServer, shots: Path
) -> None:
    async with LocalWorker(server):
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        async with opened(context, page.url) as tab:
            await converse(tab, shots)


async def converse(tab: Tab, shots: Path) -> None:
    captions = tab.locator("#captions li")
    await tab.get_by_role("button", name="Start the call").click()
    await seen_and_heard(tab)
    await expect(captions.first).to_contain_text("Alex", timeout=20_000)
    assert await tab.evaluate(LOUDNESS) > 0.02
    first = await tab.evaluate(PICTURE)
    await tab.wait_for_timeout(1000)
    assert first != await tab.evaluate(PICTURE)
    await tab.screenshot(path=shots / "greeting.png")
    you = tab.locator('#captions li[data-speaker="you"][data-final="true"]')
    await expect(you).to_contain_text("how are you", ignore_case=True, timeout=40_000)
    await expect(tab.locator('#captions li[data-speaker="you"] + li')).to_contain_text("Alex", timeout=20_000)
    await expect(tab.locator("#agent-state")).to_have_text("Speaking", timeout=20_000)
    await tab.screenshot(path=shots / "answer.png")
