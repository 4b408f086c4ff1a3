"""Files that appear under their name only when they are whole, and one sentence where they cannot be written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from visavis_models.errors import InputError


def partial_of(path: Path | str) -> Path:
    """The file beside `path` that is written until it is whole."""
    return Path(path).with_name(f".{Path(path).name}.{os.getpid()}.part")


@contextmanager
def written(path: Path | str) -> Iterator[None]:
    """Say of an `OSError` inside that `path` cannot be written.

    Raises:
        InputError: then; no such folder, no right to it, no room left.
    """
    try:
        yield
    except OSError as error:
        remedy = "name a folder that you may write to and that has room"
        raise InputError(f"{path}: cannot be written ({error.strerror}); {remedy}") from error


@contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """A path to write to; what is there becomes `path` at the end, and is removed after an error.

    Raises:
        InputError: it cannot be written.
    """
    partial = partial_of(path)
    try:
        with written(path):
            yield partial
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
