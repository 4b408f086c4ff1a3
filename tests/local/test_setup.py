"""Set-up from the command line: one line when it fails."""

import os
import subprocess
import sys
from pathlib import Path


def test_a_machine_that_cannot_have_a_server_is_told_so_in_one_line(tmp_path: Path) -> None:
    """No cache, no network that answers, no Go, no Docker."""
    code = """
from visavis.local import binary, setup
binary.ARCHIVE_URL = "http://127.0.0.1:9/{version}/{machine}"
setup.main()
"""
    bare = {"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LIVEKIT_")} | bare
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "no Go" in done.stderr and "not reachable" in done.stderr
