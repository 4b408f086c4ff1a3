"""The per-user cache: what is slow to make, made once, outside the checkout, and checked whenever it is used.

It is `$XDG_CACHE_HOME/visavis`, else `~/.cache/visavis`. Beside each file stands `<file>.sha256`, its checksum in
the format of `sha256sum`. A file appears under its name only when it is whole: it is made beside it and renamed. Of two
set-ups that want the same file one makes it, and the other waits for it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from visavis.media.errors import AssetError


def cache_folder() -> Path:
    """The cache's folder, made when it is missing.

    Raises:
        AssetError: it cannot be made or is not writable.
    """
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(base).expanduser() / "visavis"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise AssetError(f"{folder}: the cache cannot be made ({error.strerror}); set XDG_CACHE_HOME") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise AssetError(f"{folder}: the cache is not writable; mend its rights or set XDG_CACHE_HOME")
    return folder


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find(name: str, *, sha256: str | None = None) -> Path | None:
    """The cached file `name` (a relative path), or None when it has not been made yet.

    Args:
        name: its place in the cache, such as `livekit-server/v1.13.5/livekit-server`.
        sha256: the checksum that it must have; without one, the checksum noted when it was made.

    Raises:
        AssetError: the file is damaged.
    """
    path = cache_folder() / name
    note = _note_of(path)
    if not path.exists() or not note.exists():
        return None
    expected = sha256 or note.read_text().partition(" ")[0].strip()
    if sha256_of(path) != expected:
        raise AssetError(f"{path}: damaged (its checksum is not {expected[:12]}...); run `make setup` to make it again")
    return path


def make(name: str, write: Callable[[Path], object], *, sha256: str | None = None) -> Path:
    """The cached file `name`, made by `write(path)` when it is missing or damaged.

    Nothing half-written is ever found: `write` fills a file of another name in the same folder.

    Raises:
        AssetError: what `write` made has not the checksum `sha256`, or the cache is not writable.
    """
    path = cache_folder() / name
    found = _whole(name, sha256)
    if found is not None:
        return found
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            return _whole(name, sha256) or _make(path, write, sha256)
    except OSError as error:
        raise AssetError(f"{path}: cannot be written ({error.strerror}); is the disk full?") from None


def _whole(name: str, sha256: str | None) -> Path | None:
    try:
        return find(name, sha256=sha256)
    except AssetError:
        return None


def _make(path: Path, write: Callable[[Path], object], sha256: str | None) -> Path:
    with tempfile.TemporaryDirectory(prefix=".making-", dir=path.parent) as scratch:
        whole = Path(scratch) / path.name
        write(whole)
        made = sha256_of(whole)
        if sha256 and made != sha256:
            raise AssetError(f"{path.name}: its checksum is {made}, not {sha256}; it is not what was asked for")
        note = Path(scratch) / "note"
        note.write_text(f"{made}  {path.name}\n")
        note.replace(_note_of(path))
        whole.replace(path)
    return path


def _note_of(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")
