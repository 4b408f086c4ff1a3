"""Options that several commands share, checked before anything is begun."""

from __future__ import annotations

from pathlib import Path

import click

from visavis_models.errors import InputError
from visavis_models.serve.portrait import shipped_names

SIZES = ("512", "384", "256")  # pixels of a video's sides
BACKGROUND_HELP = "What is behind the face: own, plain:#203040, blur, or a picture."
FACE_HELP = f"A shipped face ({', '.join(shipped_names())}), an .avatar file, or a picture."


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
