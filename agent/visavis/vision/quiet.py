"""Keeps libraries to what they are here for: nothing on the terminal, and no plotting."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

logger = logging.getLogger(__name__)

# glog's and TensorFlow Lite's lines: "W0000 00:00:17.. file.cc:1] text", "INFO: text", "WARNING: text"
LIBRARY_LINE = re.compile(rb"^([IWE]\d{4} \d\d:|INFO: |WARNING: (Logging before|Read-only tensor))")


@contextmanager
def libraries_quiet() -> Iterator[None]:
    """While inside, lines that mediapipe and its kin write to file descriptor 2 go to the log (debug).

    What others write meanwhile comes out at the end. The descriptor belongs to the whole process: be brief inside.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            caught.seek(0)
            for line in caught:
                if LIBRARY_LINE.match(line):
                    logger.debug("%s", line.decode(errors="replace").rstrip())
                else:
                    os.write(saved, line)
            os.close(saved)


@contextmanager
def without_plots() -> Iterator[None]:
    """While inside, `import matplotlib.pyplot` finds an empty module, unless it was imported before.

    mediapipe imports it to draw landmarks in three dimensions, which nobody asks it for, and it takes a second.
    """
    names = ("matplotlib", "matplotlib.pyplot")
    missing = [name for name in names if name not in sys.modules]
    if len(missing) < len(names):
        yield
        return
    package, plots = (ModuleType(name) for name in names)
    package.pyplot = plots  # type: ignore[attr-defined]
    sys.modules.update({"matplotlib": package, "matplotlib.pyplot": plots})
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
