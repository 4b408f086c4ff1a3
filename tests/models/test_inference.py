"""How every network of ours is run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("first", ["visavis_models.serve.inference", "visavis.dialogue.hibari_voice"])
def test_nothing_is_reported_to_the_runtimes_maker(tmp_path: Path, first: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    environment["XDG_CACHE_HOME"] = str(tmp_path)  # where the runtime keeps the identity that it reports under
    load = f"import {first}; from visavis_models.serve.motion import MotionModel; MotionModel.load()"
    subprocess.run([sys.executable, "-c", load], env=environment, check=True)
    assert not list(tmp_path.rglob("deviceid"))
