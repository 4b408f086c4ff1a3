"""Which programs carry phone calls here: livekit-sip, redis beside it, and a softphone; how livekit-sip is got once.

At run time: `livekit-sip` on PATH, else the one in the per-user cache. At set-up, when there is none: one build from
source (the Go module proxy's checksums), which needs a C compiler and three audio libraries.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from visavis.local.go import Say, require_go, run_go
from visavis.media import cache
from visavis.media.errors import AssetError, ServerError

VERSION = "1.8.0"
PROGRAM = "livekit-sip"
CACHED = f"{PROGRAM}/v{VERSION}/{PROGRAM}"
PACKAGE = "github.com/livekit/sip/cmd/livekit-sip"
# `go install ...@version` refuses a module with replacements of its own: a module of three lines requires it instead
GO_MOD = f"module visavis/sip\n\ngo 1.26\n\ntool {PACKAGE}\n\nrequire github.com/livekit/sip v{VERSION}\n"
# what the build needs of the system: pkg-config's name -> Debian's package
LIBRARIES = {"opus": "libopus-dev", "opusfile": "libopusfile-dev", "soxr": "libsoxr-dev"}
REDIS = ("redis-server", "valkey-server")


def find_sip() -> str:
    """The program livekit-sip on this machine; nothing is built or fetched.

    Raises:
        ServerError: there is none.
        AssetError: the cached one is damaged.
    """
    found = shutil.which(PROGRAM) or cache.find(CACHED)
    if not found:
        raise ServerError("there is no livekit-sip here: run `make phone`, or put livekit-sip on PATH")
    return str(found)


def find_redis() -> str:
    """The program of a redis server on PATH (valkey will do).

    Raises:
        ServerError: there is none.
    """
    for name in REDIS:
        if found := shutil.which(name):
            return found
    raise ServerError("there is no redis-server here: run `make phone`, or install redis")


def find_softphone() -> str:
    """The program baresip on PATH, for calls by a real SIP client.

    Raises:
        ServerError: there is none.
    """
    if found := shutil.which("baresip"):
        return found
    raise ServerError("there is no baresip here: run `make phone`, or install baresip (baresip-core on Debian)")


def install_sip(say: Say) -> str:
    """Get livekit-sip once; `say` is told what goes on.

    Raises:
        ServerError: it cannot be built; the message says why and what to install.
    """
    try:
        return find_sip()
    except (ServerError, AssetError):
        require_go()
        _require_libraries()
    say(f"livekit-sip {VERSION}: building from source, once; two to five minutes")
    cache.make(CACHED, lambda path: _build(path, say))
    return find_sip()


def _require_libraries() -> None:
    if not shutil.which("pkg-config"):
        raise ServerError(_install("pkg-config", *LIBRARIES.values()))
    missing = [package for name, package in LIBRARIES.items() if not _exists(name)]
    if missing:
        raise ServerError(_install(*missing))


def _exists(library: str) -> bool:
    return subprocess.run(["pkg-config", "--exists", library], check=False).returncode == 0


def _install(*packages: str) -> str:
    return f"livekit-sip is built with libraries that are missing; run: sudo apt-get install -y {' '.join(packages)}"


def _build(path: Path, say: Say) -> None:
    with tempfile.TemporaryDirectory(prefix="visavis-go-") as name:
        folder = Path(name)
        (folder / "go.mod").write_text(GO_MOD)
        arguments = ["build", "-v", "-mod=mod", "-trimpath", "-ldflags=-s -w", "-o", str(path), PACKAGE]
        run_go(f"livekit-sip {VERSION}", arguments, say, environment={"CGO_ENABLED": "1"}, folder=folder)
