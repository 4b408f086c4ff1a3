"""One whole call with two turns and an interruption: understood, answered, seen, stopped."""

from collections.abc import Callable

import numpy as np
import pytest
import pytest_asyncio

from visavis.caller.speech import Interruption, Line
from visavis.media.files import read_audio, read_pictures
from visavis.perception.landmarks import FaceTracker
from visavis.perception.measures import measure
from visavis.vision import bundles
from visavis_models.spec import FPS, MODEL_RATE

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outcome(caller, says):  # type: ignore[no-untyped-def]
    lines = (says("Who are you, and what can you do?"), says("How much is two plus two?"))
    return await caller(lines, (Interruption(says("Stop, please. That is enough."), 1.2),), probe=False)


async def test_every_word_is_understood(outcome, plain) -> None:  # type: ignore[no-untyped-def]
    texts = [plain(turn.user_text) for turn in outcome.report.turns]
    assert texts == ["who are you and what can you do", "how much is two plus two"]


async def test_a_reply_is_heard(outcome, understand, plain) -> None:  # type: ignore[no-untyped-def]
    """The recorded voice, recognised again, says what the captions say."""
    turn, sound = outcome.report.turns[1], read_audio(outcome.record, MODEL_RATE)
    heard = sound[int(turn.reply_start_s * MODEL_RATE) : int((turn.reply_end_s + 0.2) * MODEL_RATE)]
    words, captions = set(plain(understand(heard)).split()), set(plain(turn.reply_text).split())
    assert captions and len(words & captions) >= 0.6 * len(captions)
    assert "four" in words


async def test_the_mouth_moves_with_the_voice_and_rests_afterwards(outcome) -> None:  # type: ignore[no-untyped-def]
    turn = outcome.report.turns[1]
    gaps = openings(outcome.record)
    speaking = gaps[round(turn.reply_start_s * FPS) : round(turn.reply_end_s * FPS)]
    resting = gaps[round((turn.reply_end_s + 0.5) * FPS) :]
    assert np.ptp(speaking) > 0.03
    assert np.median(resting) < 0.02 < np.percentile(speaking, 90)


def openings(record) -> np.ndarray:  # type: ignore[no-untyped-def]
    """The gap between the lips in every picture, in eye distances."""
    tracker, gaps = FaceTracker(bundles.find()), [0.0]
    try:
        for k, (_, rgb) in enumerate(read_pictures(record)):
            seen = tracker.see(rgb, k * 1000 // FPS)
            gaps.append(gaps[-1] if seen.face is None else measure(seen.face).mouth_open)
    finally:
        tracker.close()
    return np.array(gaps[1:])


async def test_the_interruption_stops_the_reply(outcome, plain) -> None:  # type: ignore[no-untyped-def]
    (stop,) = outcome.report.interruptions
    assert outcome.report.turns[0].interrupted and not stop.resumed
    assert "stop" in plain(stop.user_text)
    assert stop.onset_to_silent_ms is not None and stop.silent_ms is not None and stop.lips_rest_ms is not None


async def test_everything_is_measured(outcome) -> None:  # type: ignore[no-untyped-def]
    report = outcome.report
    assert all(value is not None for turn in report.turns for value in (turn.turn_ms, turn.avatar_added_ms))
    assert None not in report.av_skew_ms.values() and None not in report.process.values()
    assert (report.video.width, report.video.height, report.video.codec) == (512, 512, "H264")
    assert report.error is None


@pytest.mark.parametrize("text", ["Mm-hmm.", "Yeah."])
async def test_a_backchannel_does_not_stop_it(caller, says: Callable[[str], Line], text: str) -> None:  # type: ignore[no-untyped-def]
    outcome = await caller((says("Tell me something about the ocean."),), (Interruption(says(text), 0.8),))
    assert outcome.report.interruptions[0].resumed and not outcome.report.turns[0].interrupted
