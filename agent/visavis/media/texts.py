"""Small files of text that are never found half-written, and names that every file system takes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from visavis_models.writing import whole


def write_whole(path: Path, text: str) -> None:
    """Write `text` and a last line's end; the file appears when it is whole.

    Raises:
        InputError: it cannot be written.
    """
    with whole(path) as partial:
        partial.write_text(f"{text}\n")


def write_json(path: Path, record: Any) -> None:
    """Write a dataclass as JSON for machines and people, as `write_whole` does."""
    write_whole(path, json.dumps(asdict(record), indent=2, ensure_ascii=False))


def plain(name: str) -> str:
    """A name with an underscore for each character that is no letter and no digit."""
    return "".join(c if c.isalnum() else "_" for c in name)
