"""`visavis demo`: one address, clear lines, and nothing left behind."""

import re
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from visavis.cli import main
from visavis.cli.demo import DEFAULT_PORT, page_port
from visavis.local.binary import find_server
from visavis.local.page import DIST
from visavis.local.ports import LOOPBACK, free_port
from visavis.media.errors import InputError, ServerError

COMMAND = [sys.executable, "-m", "visavis.cli", "demo"]


def test_a_port_asked_for_and_in_use_is_the_callers_mistake() -> None:
    with socket.create_server((LOOPBACK, 0)) as taker, pytest.raises(InputError, match="in use"):
        page_port(taker.getsockname()[1])
    assert page_port(0) > 0


def test_a_face_that_is_none_is_the_callers_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["demo", "--portrait", "nobody"])
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == "" and "neither a shipped face" in err


def test_the_default_port_in_use_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("visavis.cli.demo.is_free", lambda port: port > DEFAULT_PORT)
    assert page_port(None) == DEFAULT_PORT + 1
    assert f"Port {DEFAULT_PORT} is in use" in capsys.readouterr().out


def start() -> subprocess.Popen[str]:
    """The demo, started; returns when it has said its address."""
    try:
        find_server()
    except ServerError as error:
        pytest.skip(str(error))
    if not DIST.exists():
        pytest.skip("the page is not built (make setup)")
    process = subprocess.Popen(
        [*COMMAND, "--port", str(free_port())], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = next((line for line in process.stdout if "ready" in line), "")
    if not re.fullmatch(r"Visavis is ready: http://127\.0\.0\.1:\d+\n", said):
        pytest.fail(f"{said!r}; {process.communicate(timeout=30)}")
    return process


def family_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.call
@pytest.mark.timeout(400)
def test_it_says_one_address_and_ends_cleanly() -> None:
    process = start()
    family = family_of(process)
    assert len(family) >= 2
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0 and errors == ""
    assert not psutil.wait_procs(family, timeout=5)[1]


@pytest.mark.call
@pytest.mark.timeout(400)
def test_a_child_that_ends_is_named_in_one_line() -> None:
    process = start()
    family = family_of(process)
    next(child for child in family if child.name() == "livekit-server").kill()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1 and errors.count("\n") == 1 and "the LiveKit server ended by signal 9" in errors
    assert not psutil.wait_procs(family, timeout=5)[1]


@pytest.mark.call
@pytest.mark.timeout(400)
def test_killed_outright_it_leaves_no_orphans() -> None:
    process = start()
    family = family_of(process)
    process.kill()
    process.communicate(timeout=120)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(child.is_running() for child in family):
        time.sleep(0.1)
    assert not [child for child in family if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
