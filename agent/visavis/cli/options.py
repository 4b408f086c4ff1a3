"""Options that several commands share, checked before anything is begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from visavis_models.errors import InputError


def parse_emotion(texts: Sequence[str]) -> dict[str, float]:
    """`["happy:0.6", "calm"]` to `{"happy": 0.6, "calm": 1.0}`.

    Raises:
        InputError: a strength that is no number. Which names and strengths there are the motion model knows.
    """
    emotion = {}
    for text in texts:
        name, _, strength = text.partition(":")
        try:
            emotion[name] = float(strength) if strength else 1.0
        except ValueError:
            raise InputError(
                f"--emotion {text}: {strength!r} is no number; write NAME:STRENGTH, as in happy:0.6"
            ) from None
    return emotion


class OutputFile(click.Path):
    """A file to be written: its folder must exist already, and it must not be a folder itself."""

    def __init__(self, *suffixes: str) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self.suffixes = suffixes

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # type: ignore[override]
        path = Path(value)
        if path.is_dir():
            raise InputError(f"{path}: is a folder; name a file in it")
        if not path.parent.is_dir():
            raise InputError(f"{path}: the folder {path.parent} does not exist; make it first")
        if self.suffixes and path.suffix.lower() not in self.suffixes:
            raise InputError(f"{path}: the name must end in {' or '.join(self.suffixes)}")
        return path
