"""`visavis call`: bad input is one line on stderr, exit code 2, and nothing left behind."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from visavis.cli import main
from visavis.cli.call import check_wishes
from visavis.local.ports import free_port
from visavis.local.server import Keys
from visavis.local.tokens import access_token
from visavis.media.errors import InputError
from visavis.media.files import VideoWriter
from visavis_models.serve.portrait import portrait

KEYS = Keys("APIkey", "s" * 40)


@pytest.fixture
def mic(tmp_path: Path) -> str:
    """A file in which somebody speaks (a tone will do: nobody listens)."""
    return sound(tmp_path / "mic.mp4", 0.3)


def sound(path: Path, amplitude: float) -> str:
    tone = amplitude * np.sin(np.arange(24_000) * 0.05)
    with VideoWriter(path, (16, 16), (48_000,)) as writer:
        writer.picture(np.zeros((16, 16, 3), np.uint8))
        writer.sound(tone.astype(np.float32))
    return str(path)


def refused(capsys: pytest.CaptureFixture[str], *args: str, code: int = 2) -> str:
    """Run `visavis call` and return the one line that it writes to stderr."""
    with pytest.raises(SystemExit) as ended:
        main(["call", *args])
    lines = capsys.readouterr().err.splitlines()
    assert ended.value.code == code and len(lines) == 1, lines
    return lines[0]


def test_no_microphone_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--mic" in refused(capsys)


def test_an_unreadable_microphone_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "none.wav: cannot be read" in refused(capsys, "--mic", str(tmp_path / "none.wav"))
    (tmp_path / "text.wav").write_text("no sound at all")
    assert "text.wav" in refused(capsys, "--mic", str(tmp_path / "text.wav"))


def test_a_silent_microphone_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "is silent" in refused(capsys, "--mic", sound(tmp_path / "quiet.mp4", 1e-4))


@pytest.mark.parametrize("text", ["stop.wav", "stop.wav@now"])
def test_an_interruption_without_a_time(capsys: pytest.CaptureFixture[str], mic: str, text: str) -> None:
    assert "FILE@SECONDS" in refused(capsys, "--mic", mic, "--interrupt", text)


def test_more_interruptions_than_lines(capsys: pytest.CaptureFixture[str], mic: str) -> None:
    args = ["--mic", mic, "--interrupt", f"{mic}@1", "--interrupt", f"{mic}@1"]
    assert "2 --interrupt for 1 --mic" in refused(capsys, *args)


def test_a_camera_that_cannot_be_read(capsys: pytest.CaptureFixture[str], mic: str, tmp_path: Path) -> None:
    assert "cam.mp4" in refused(capsys, "--mic", mic, "--camera", str(tmp_path / "cam.mp4"))
    (tmp_path / "text.mp4").write_text("no picture at all")
    assert "text.mp4" in refused(capsys, "--mic", mic, "--camera", str(tmp_path / "text.mp4"))


def test_outputs_need_their_folder_and_name(capsys: pytest.CaptureFixture[str], mic: str, tmp_path: Path) -> None:
    assert "does not exist" in refused(capsys, "--mic", mic, "--record", str(tmp_path / "none" / "out.mp4"))
    assert ".json" in refused(capsys, "--mic", mic, "--report", str(tmp_path / "out.txt"))


def test_a_wrong_address(capsys: pytest.CaptureFixture[str], mic: str) -> None:
    assert "write ws://" in refused(capsys, "--mic", mic, "--url", "localhost:7880", "--token", "t")


def test_an_address_without_keys(capsys: pytest.CaptureFixture[str], mic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVEKIT_API_KEY", raising=False)
    assert "LIVEKIT_API_KEY" in refused(capsys, "--mic", mic, "--url", "ws://127.0.0.1:1")


def test_a_server_that_is_not_there(capsys: pytest.CaptureFixture[str], mic: str, tmp_path: Path) -> None:
    report, token = tmp_path / "out.json", access_token(KEYS, room="r", identity="c")
    args = ["--mic", mic, "--url", f"ws://127.0.0.1:{free_port()}", "--token", token, "--report", str(report)]
    assert "no LiveKit server answers" in refused(capsys, *args, code=1)
    assert not report.exists()


def test_a_token_that_has_expired(capsys: pytest.CaptureFixture[str], mic: str) -> None:
    token = access_token(KEYS, room="r", identity="c", life=timedelta(seconds=-60))
    assert "has expired" in refused(capsys, "--mic", mic, "--url", "ws://127.0.0.1:1", "--token", token)


def test_a_token_that_is_none(capsys: pytest.CaptureFixture[str], mic: str) -> None:
    assert "--token" in refused(capsys, "--mic", mic, "--url", "ws://127.0.0.1:1", "--token", "a.b.c")


def test_a_face_that_is_none(capsys: pytest.CaptureFixture[str], mic: str) -> None:
    assert "nobody" in refused(capsys, "--mic", mic, "--portrait", "nobody")


def test_an_unknown_provider(capsys: pytest.CaptureFixture[str], mic: str) -> None:
    assert "--llm nonesuch" in refused(capsys, "--mic", mic, "--llm", "nonesuch")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"token": "t"}, "--token needs --url"),
        ({"token": "t", "url": "ws://h", "probe": True}, "leave out --token"),
        ({"url": "ws://h", "worker": {"llm": "host"}}, "--llm is for the embedded agent"),
    ],
)
def test_options_that_exclude_each_other(options: dict[str, object], words: str) -> None:
    given = {"url": "", "token": "", "portrait": "", "probe": False, "worker": {}, **options}
    with pytest.raises(InputError, match=words):
        check_wishes(**given)  # type: ignore[arg-type]


def test_what_is_told_to_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    portrait("alex").save(tmp_path / "alex.avatar")
    monkeypatch.chdir(tmp_path)
    wishes = check_wishes("", "", "alex.avatar", True, {"llm": "host"})
    assert wishes.metadata == {"portrait": str(tmp_path / "alex.avatar"), "probe": True}
    assert wishes.worker == ("--llm", "host")
    assert json.loads(json.dumps(check_wishes("", "", "alex", False, {}).metadata)) == {"portrait": "alex"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--codec", "pcmu"), "add --phone"),
        (("--phone", "--codec", "opus"), "pcmu, pcma or g722"),
        (("--phone", "--codec", "gsm"), "no such codec"),
        (("--phone", "--probe"), "--probe is nothing for a telephone"),
        (("--phone", "--url", "ws://127.0.0.1:1"), "--url"),
    ],
)
def test_what_a_telephone_can_not_do(
    capsys: pytest.CaptureFixture[str], mic: str, options: tuple[str, ...], said: str
) -> None:
    assert said in refused(capsys, "--mic", mic, *options)
