"""Limits on dialling out hold across processes and restarts, and fail shut."""

import subprocess
import sys
from pathlib import Path

import pytest

from visavis.media.errors import InputError
from visavis.phone.limits import HOUR_S, Ledger, Limits


def test_calls_at_once_are_bounded_and_given_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "dialled.json")
    with ledger.call(Limits()):
        with pytest.raises(InputError, match="raise --at-once"), ledger.call(Limits()):
            pass
        with ledger.call(Limits(at_once=2)):
            pass
    with ledger.call(Limits()):
        pass


def test_calls_an_hour_are_bounded_across_restarts(tmp_path: Path) -> None:
    now = [1000.0]
    for _ in range(3):
        with Ledger(tmp_path / "l.json", lambda: now[0]).call(Limits(an_hour=3)):
            now[0] += 600
    with (
        pytest.raises(InputError, match="wait 31 minutes"),
        Ledger(tmp_path / "l.json", lambda: now[0]).call(Limits(an_hour=3)),
    ):
        pass
    now[0] += HOUR_S
    with Ledger(tmp_path / "l.json", lambda: now[0]).call(Limits(an_hour=3)):
        pass


def test_a_process_that_was_killed_holds_no_call(tmp_path: Path) -> None:
    code = """
import os, pathlib, sys
from visavis.phone.limits import Ledger, Limits
with Ledger(pathlib.Path(sys.argv[1])).call(Limits()):
    os._exit(1)
"""
    path = tmp_path / "l.json"
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == 1
    with Ledger(path).call(Limits()):
        pass
    with pytest.raises(InputError, match="2 calls within the last hour"), Ledger(path).call(Limits(an_hour=2)):
        pass


def test_a_damaged_ledger_dials_nothing(tmp_path: Path) -> None:
    (tmp_path / "l.json").write_text("[{")
    with pytest.raises(InputError, match="damaged"), Ledger(tmp_path / "l.json").call(Limits()):
        pass


def test_limits_are_at_least_one() -> None:
    with pytest.raises(InputError, match="at once"):
        Limits(at_once=0)
