"""The command line's promises: exit codes, one clear line, nothing heavy imported for light commands."""

import subprocess
import sys

import pytest

from visavis.cli import COMMANDS, cli, main


def exit_code(*args: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(args)
    return int(stop.value.code or 0)


@pytest.mark.parametrize("args", [["nonsense"], ["talk"], ["talk", "--size", "1", "x.wav", "-o", "y.mp4"]])
def test_bad_input_is_one_line_and_code_two(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(*args) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("visavis: ") and err.count("\n") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(name, "--help") == 0
    assert f"visavis {name}" in capsys.readouterr().out


def test_called_alone_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code() == 2
    assert capsys.readouterr().err.startswith("Usage: visavis [OPTIONS] COMMAND")


def test_a_slip_is_told_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("render", "--nope") == 2
    assert "`visavis render --help`" in capsys.readouterr().err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS) and cli.name == "cli"


def test_talk_pays_for_neither_livekit_nor_mediapipe() -> None:
    probe = "import visavis.cli.talk, sys; print([m for m in ('livekit', 'mediapipe', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
