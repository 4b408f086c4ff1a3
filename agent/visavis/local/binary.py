"""Which program serves LiveKit here, and how one is got once.

At run time: `livekit-server` on PATH, else the one in the per-user cache, else a Docker image that is already here.
At set-up, when there is none: the official release archive (checksum pinned), else one build from source
(the Go module proxy's checksums), else the Docker image.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from pathlib import Path

from visavis.local.go import BUILD_TIMEOUT_S, Say, require_go, run_go
from visavis.media import cache
from visavis.media.errors import AssetError, ServerError

VERSION = "1.13.5"
PROGRAM = "livekit-server"
CACHED = f"{PROGRAM}/v{VERSION}/{PROGRAM}"
MODULE = f"github.com/livekit/livekit-server/cmd/server@v{VERSION}"
IMAGE = f"livekit/livekit-server:v{VERSION}"
ARCHIVE_URL = "https://github.com/livekit/livekit/releases/download/v{version}/livekit_{version}_linux_{machine}.tar.gz"
# of the release's own checksums.txt
ARCHIVE_SHA256 = {
    "amd64": "c020fac437b7cc9b776eef1ad5ea8af77be9acfa07602eca20a3a44930dfbc70",
    "arm64": "332015305518765fe05bad74fc3a9d9583e635e7dd130de3c4fc563d69c550f3",
}
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
FETCH_TIMEOUT_S = 20


def find_server() -> list[str]:
    """The command that runs a LiveKit server on this machine; nothing is built or fetched.

    Raises:
        ServerError: there is none.
        AssetError: the cached one is damaged.
    """
    on_path = shutil.which(PROGRAM)
    if on_path:
        return [on_path]
    cached = cache.find(CACHED)
    if cached:
        return [str(cached)]
    if _docker("image", "inspect", IMAGE):
        return ["docker", "run", "--rm", "--init", "--network", "host", "--env", "LIVEKIT_CONFIG", IMAGE]
    raise ServerError(
        "there is no LiveKit server here: run `make setup`, or put livekit-server on PATH, "
        "or set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET to a server of yours"
    )


def install_server(say: Say) -> list[str]:
    """Get a LiveKit server once, by the first way that works; `say` is told what goes on.

    Raises:
        ServerError: every way failed; the message names each with its reason.
    """
    try:
        return find_server()
    except (ServerError, AssetError):
        reasons = []
    for way in (_from_release, _from_source, _from_docker):
        try:
            way(say)
            return find_server()
        except (ServerError, AssetError) as error:
            reasons.append(str(error))
    raise ServerError(f"no way to a LiveKit server worked: {'; '.join(reasons)}; livekit-server on PATH would do")


def _from_release(say: Say) -> None:
    machine = MACHINES.get(platform.machine())
    if platform.system() != "Linux" or machine is None:
        raise ServerError(f"release archive: none is pinned for {platform.system()} on {platform.machine()}")
    say(f"LiveKit server {VERSION}: release archive")
    url = ARCHIVE_URL.format(version=VERSION, machine=machine)
    archive = cache.make(f"{CACHED}.tar.gz", lambda path: _fetch(url, path), sha256=ARCHIVE_SHA256[machine])
    cache.make(CACHED, lambda path: _unpack(archive, path))


def _fetch(url: str, path: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_S) as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except OSError as error:  # URLError and time-outs are OSErrors
        raise ServerError(f"release archive: not reachable ({getattr(error, 'reason', error)})") from None


def _unpack(archive: Path, path: Path) -> None:
    with tarfile.open(archive) as tar:
        member = tar.extractfile(PROGRAM)
        if member is None:
            raise ServerError(f"release archive: holds no {PROGRAM}")
        with member, path.open("wb") as file:
            shutil.copyfileobj(member, file)
    path.chmod(0o755)


def _from_source(say: Say) -> None:
    require_go()
    say(f"LiveKit server {VERSION}: building from source, once; two to five minutes")
    cache.make(CACHED, lambda path: _build(path, say))


def _build(path: Path, say: Say) -> None:
    with tempfile.TemporaryDirectory(prefix="visavis-go-") as bin_folder:
        arguments = ["install", "-v", "-trimpath", "-ldflags=-s -w", MODULE]
        run_go(f"LiveKit server {VERSION}", arguments, say, environment={"GOBIN": bin_folder, "CGO_ENABLED": "0"})
        shutil.move(Path(bin_folder) / "server", path)


def _from_docker(say: Say) -> None:
    if not shutil.which("docker"):
        raise ServerError("Docker: not installed")
    say(f"LiveKit server {VERSION}: Docker image")
    if not _docker("pull", "--quiet", IMAGE):
        raise ServerError("Docker: no engine is running, or the image cannot be pulled")


def _docker(*arguments: str) -> bool:
    if not shutil.which("docker"):
        return False
    done = subprocess.run(["docker", *arguments], capture_output=True, check=False, timeout=BUILD_TIMEOUT_S)
    return done.returncode == 0
