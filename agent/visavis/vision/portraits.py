"""`--portrait` of every command: a shipped face by name, an `.avatar` file, or a picture, which is enrolled once.

Enrolled pictures are kept in the per-user cache under the checksum of the picture file.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from visavis.media import cache
from visavis.media.errors import InputError
from visavis_models.serve.portrait import SUFFIX, VERSION, Portrait, shipped_names
from visavis_models.serve.portrait import portrait as load

MAKING = "8"  # how portraits are made: count it up when that changes


def located(name_or_path: str | Path) -> str | Path:
    """What `serve.portrait.portrait` takes: a shipped name, or the path of an `.avatar` file, enrolled if need be.

    Raises:
        InputError: neither a shipped face nor a file, or a picture that no portrait can be made of.
        AssetError: the models that see faces are not set up.
    """
    path = Path(name_or_path)
    if str(name_or_path) in shipped_names() or path.suffix == SUFFIX:
        return name_or_path
    if not path.is_file():
        names = ", ".join(shipped_names())
        raise InputError(
            f"{name_or_path}: neither a shipped face ({names}) nor a file; give a name, a picture or an {SUFFIX} file"
        )
    from visavis.vision.enrolment import enrol_file  # late: only pictures need mediapipe

    name = f"portraits/{VERSION}-{MAKING}/{cache.sha256_of(path)}{SUFFIX}"
    return cache.make(name, partial(enrol_file, path))


def portrait(name_or_path: str | Path) -> Portrait:
    """The portrait that `--portrait` means; raises as `located`."""
    return load(located(name_or_path))
