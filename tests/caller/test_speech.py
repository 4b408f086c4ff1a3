"""What the caller says is checked before a call begins."""

from pathlib import Path

import numpy as np
import pytest

from visavis.caller.speech import Interruption, Line, Plan
from visavis.media.errors import InputError
from visavis.media.files import VideoWriter

RATE = 48_000


def line(name: str = "a.wav") -> Line:
    sound = np.zeros(RATE, np.float32)
    sound[RATE // 4 : RATE // 2] = 0.3 * np.sin(np.arange(RATE // 4) * 0.05)
    return Line.of(name, sound)


def test_first_and_last_voiced_sample() -> None:
    assert (line().first_voiced_s, line().last_voiced_s) == pytest.approx((0.25, 0.5), abs=0.006)
    assert line().seconds == 1.0


def test_a_silent_file_is_refused() -> None:
    with pytest.raises(InputError, match=r"quiet\.wav: is silent"):
        Line.of("quiet.wav", np.full(RATE, 1e-4, np.float32))


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.wav: cannot be read"):
        Line.read(tmp_path / "none.wav")


@pytest.mark.parametrize("text", ["stop.wav", "stop.wav@", "stop.wav@soon", "stop.wav@-1", "@1.5", "stop.wav@nan"])
def test_interruptions_need_a_file_and_a_time(text: str) -> None:
    with pytest.raises(InputError, match="write FILE@SECONDS"):
        Interruption.parse(text)


def test_an_interruption_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a@b.mp4"
    with VideoWriter(path, (16, 16), (RATE,)) as writer:
        writer.picture(np.zeros((16, 16, 3), np.uint8))
        writer.sound((0.3 * np.sin(np.arange(RATE) * 0.05)).astype(np.float32))
    assert Interruption.parse(f"{path}@1.5").after_s == 1.5


def test_a_plan_needs_lines_and_no_more_interruptions() -> None:
    with pytest.raises(InputError, match="nothing to say"):
        Plan(())
    with pytest.raises(InputError, match="2 --interrupt for 1 --mic"):
        Plan((line(),), (Interruption(line(), 1.0), Interruption(line(), 1.0)))
    plan = Plan((line("a"), line("b")), (Interruption(line(), 1.0),))
    assert plan.interruption(0) is not None and plan.interruption(1) is None
