"""`visavis phone`: a softphone calls what the card says, hears the agent, and Ctrl-C ends it all."""

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from visavis.cli.phone import card
from visavis.local.ports import LOOPBACK
from visavis.local.softphone import CLOSED, ESTABLISHED, Account, Softphone
from visavis.phone.line import Line

COMMAND = [sys.executable, "-m", "visavis.cli", "phone"]


def test_the_card_says_all_that_a_softphone_needs() -> None:
    line = Line("100", "anna", "s" * 12, pin="1234", allowed_numbers=("+4930",))
    said = card(line, "127.0.0.1:5060")
    for word in ("sip:100@127.0.0.1:5060", "anna", "s" * 12, "1234#", "+4930"):
        assert word in said


@pytest.mark.parametrize("wrong", [["--number", "a b"], ["--pin", "12"], ["--portrait", "nobody"]])
def test_bad_input_is_one_line_and_code_2(wrong: list[str]) -> None:
    done = subprocess.run([*COMMAND, *wrong], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and wrong[1] in done.stderr


@pytest.mark.phone
@pytest.mark.timeout(300)
async def test_a_softphone_calls_what_the_card_says(phone_installed: None, tmp_path: Path) -> None:
    process = subprocess.Popen(  # noqa: ASYNC220
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told: dict[str, str] = {}
    for line in process.stdout:
        if found := re.match(r"  (\w+) +(\S+)", line):
            told[found[1]] = found[2]
        if "Password" in told:
            break
    assert "Password" in told, process.communicate(timeout=60)
    family = psutil.Process(process.pid).children(recursive=True)
    account = Account("+15550199", told["Server"], told["User"], told["Password"])
    async with Softphone(tmp_path, account) as phone:
        await phone.dial(told["Call"])
        await phone.happens(ESTABLISHED, within_s=30)
        while np.abs(phone.heard()[0]).max(initial=0) < 0.05:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await phone.hang_up()
        await phone.happens(CLOSED)
    said = [next(process.stdout) for _ in range(2)]
    assert said == ["+15550199 -> 100: answered\n", "+15550199 -> 100: the phone hung up\n"]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and errors == "" and LOOPBACK in told["Server"]
    assert not psutil.wait_procs(family, timeout=5)[1]
