"""The six recorded questions, with a recorded person before the camera."""

import pytest

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


async def test_six_questions(caller, questions, camera_file, plain) -> None:  # type: ignore[no-untyped-def]
    outcome = await caller(tuple(line for line, _ in questions), camera=camera_file, probe=True)
    assert [plain(turn.user_text) for turn in outcome.report.turns] == [plain(text) for _, text in questions]
    assert all(turn.reply_text and turn.turn_ms is not None for turn in outcome.report.turns)
    assert "four" in plain(outcome.report.turns[4].reply_text)
    assert any(cue["name"] == "present" and cue["on"] for cue in outcome.report.cues)
    assert outcome.report.probe.pairs > 10 and abs(outcome.report.probe.difference_ms) < 40
