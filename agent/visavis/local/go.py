"""Programs built once from source with Go: progress said, the reason in one line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from visavis.media.errors import ServerError

BUILD_TIMEOUT_S = 1200
PACKAGES_A_LINE = 100  # of some 800

Say = Callable[[str], None]


def require_go() -> None:
    """Raises ServerError where there is no Go."""
    if not shutil.which("go"):
        raise ServerError("build from source: there is no Go (https://go.dev/dl)")


def run_go(
    what: str, arguments: Sequence[str], say: Say, *, environment: Mapping[str, str], folder: Path | None = None
) -> None:
    """Run `go` in `folder`; `say` is told how far it is.

    Raises:
        ServerError: it failed; with its last words.
    """
    last = "no output"
    with subprocess.Popen(
        ["go", *arguments],
        env={**os.environ, "GOFLAGS": "-buildvcs=false", **environment},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as build:
        assert build.stdout is not None
        for count, line in enumerate(build.stdout, 1):
            last = line.strip() or last
            if count % PACKAGES_A_LINE == 0:
                say(f"{what}: {count} packages fetched or compiled")
        code = build.wait(BUILD_TIMEOUT_S)
    if code:
        raise ServerError(f"build from source: go ended with code {code}: {last}")
