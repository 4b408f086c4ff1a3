import logging
import os
import subprocess
import sys

import pytest

from visavis.perception.landmarks import FaceTracker
from visavis.vision.quiet import libraries_quiet


def test_library_lines_go_to_the_log_and_others_come_out(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with libraries_quiet():
        os.write(2, b"W0000 00:00:17.1 1 graph.cc:121] hm\nours\nINFO: Created TensorFlow Lite XNNPACK delegate.\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "ours\nafter\n"
    assert "graph.cc" in caplog.text and "XNNPACK" in caplog.text


def test_the_descriptor_comes_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken"), libraries_quiet():
        os.write(2, b"before\n")
        raise ValueError("broken")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "before\nafter\n"


def test_a_tracker_says_nothing(capfd: pytest.CaptureFixture[str], assembled, alex) -> None:
    tracker = FaceTracker(assembled)
    assert tracker.see(alex(), 0).face is not None
    tracker.close()
    assert capfd.readouterr().err == ""


def test_a_face_is_looked_for_without_matplotlib_which_works_afterwards() -> None:
    script = """
import sys
from visavis.vision.bundles import find
from visavis.vision.still import StillEye
with StillEye(find()):
    assert not [name for name in sys.modules if name.startswith("matplotlib")]
import matplotlib.pyplot
assert callable(matplotlib.pyplot.plot)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
