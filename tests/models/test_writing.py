"""A file is whole or not there."""

from pathlib import Path

import pytest

from visavis_models.errors import InputError
from visavis_models.serve.portrait import portrait
from visavis_models.spec import Motion
from visavis_models.writing import whole


def test_it_appears_when_it_is_whole(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with whole(tmp_path / "a.txt") as partial:
            partial.write_text(text)
            assert not (tmp_path / "a.txt").exists() or (tmp_path / "a.txt").read_text() != text
        assert [path.read_text() for path in tmp_path.iterdir()] == [text]


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), whole(tmp_path / "a.txt") as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("save", [Motion.zeros(1).save, portrait("pixel").save])
def test_where_nothing_can_be_written(tmp_path: Path, save) -> None:
    with pytest.raises(InputError, match=r"a: cannot be written \(No such file or directory\)"):
        save(tmp_path / "none" / "a")
