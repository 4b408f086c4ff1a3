"""`visavis doctor`: one line a part, exit code 1 and a remedy where something is broken."""

from dataclasses import replace

import pytest

from visavis.caller.checks import Trouble
from visavis.caller.measure import Turn, Video
from visavis.caller.report import Report
from visavis.cli import doctor, main

TURN = Turn("Who are you and what can you do?", "I am Alex.", 5.0, 7.0, 700.0, 80.0, interrupted=False)
VIDEO = Video(250, 25.0, 60.0, 512, 512, "H264")
REPORT = Report(10.0, [TURN], VIDEO, {"p50": 10.0, "p95": 20.0}, [], [], {}, {})


def run(args: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", *args])
    return ended.value.code, *capsys.readouterr()


def test_all_parts_are_looked_at(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PARTS", {"one": lambda: "fine", "two": lambda: "well"})
    code, out, err = run(["--no-call"], capsys)
    assert code == 0 and err == "" and out.splitlines()[-1] == "Everything is well."


def test_what_is_broken_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise Trouble("no weights; run `make setup`")

    monkeypatch.setattr(doctor, "PARTS", {"one": lambda: "fine", "two": broken})
    code, out, err = run([], capsys)
    assert code == 1 and "FAIL  two" in out and "run `make setup`" in out
    assert err == "visavis: doctor: 1 of 2 checks failed: two; no call was tried\n"


def test_a_server_of_the_environment_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("URL", "ws://127.0.0.1:1"), ("API_KEY", "k"), ("API_SECRET", "s" * 32)):
        monkeypatch.setenv(f"LIVEKIT_{name}", value)
    with pytest.raises(Trouble, match="does not answer"):
        doctor.livekit_server()


def test_a_good_call() -> None:
    assert doctor.verdict(REPORT) == "answered after 700 ms, 25 fps, skew 10.0 ms"


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (replace(REPORT, turns=[replace(TURN, user_text="")]), "recognition"),
        (replace(REPORT, turns=[replace(TURN, turn_ms=None)]), "not answered"),
        (replace(REPORT, video=replace(VIDEO, fps=None)), "no picture"),
        (replace(REPORT, video=replace(VIDEO, fps=12.0)), "12 of 25 frames"),
        (replace(REPORT, av_skew_ms={"p50": 120.0}), "120 ms apart"),
    ],
)
def test_what_a_call_may_show(report: Report, words: str) -> None:
    with pytest.raises(Trouble, match=words):
        doctor.verdict(report)
