"""`visavis dial`: refusals in one line, before anything is dialled."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "visavis.cli", "dial"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["+4930123456"], "add --allow +4930"),
        (["sip:anna@example.com"], "add --allow @example.com"),
        (["030123456", "--allow", "+49"], "write a number as"),
        (["+4930123456", "--allow", "+"], "write a prefix such as"),
        (["+4930123456", "--allow", "+49"], "needs a LiveKit project"),
        (["sip:a@b", "--allow", "@b", "--at-once", "0"], "must be 1 or more"),
        (["sip:a@b", "--allow", "@b", "--portrait", "nobody"], "nobody"),
    ],
)
def test_what_is_not_allowed_is_one_line_and_code_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run([*COMMAND, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and said in done.stderr, done.stderr
