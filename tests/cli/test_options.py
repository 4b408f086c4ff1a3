"""Options that several commands share."""

from pathlib import Path

import pytest

from visavis.cli.options import OutputFile
from visavis_models.errors import InputError


@pytest.mark.parametrize(
    ("name", "words"), [("", "folder"), ("none/a.mp4", "does not exist"), ("a.avi", "must end in")]
)
def test_an_output_that_cannot_be(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        OutputFile(".mp4").convert(tmp_path / name, None, None)


def test_an_output_that_can(tmp_path: Path) -> None:
    assert OutputFile(".mp4").convert(str(tmp_path / "A.MP4"), None, None) == tmp_path / "A.MP4"
