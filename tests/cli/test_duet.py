"""What `visavis duet` asks of its two agents."""

import pytest

from visavis.cli.duet import both
from visavis.media.errors import InputError


def test_each_is_told_of_the_other() -> None:
    first, second = both("alex,nora", "low,heart", "music")
    assert (first.name, first.partner, first.role, first.voice) == ("Alex", "Nora", "asks", "low")
    assert (second.name, second.partner, second.role, second.voice) == ("Nora", "Alex", "tells", "heart")


def test_one_face_twice_is_two_people() -> None:
    first, second = both("alex,alex", "low,heart", "")
    assert first.name == second.partner != second.name == first.partner


@pytest.mark.parametrize(
    ("faces", "voices", "word"),
    [("alex", "low,heart", "--faces"), ("alex,nobody", "low,heart", "nobody"), ("alex,nora", "low,high", "high")],
)
def test_bad_input_is_named(faces: str, voices: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        both(faces, voices, "")
