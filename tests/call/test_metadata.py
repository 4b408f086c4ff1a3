"""What a dispatch may ask."""

from __future__ import annotations

import pytest

from visavis.call.metadata import JobMetadata
from visavis.media.errors import InputError


@pytest.mark.parametrize("text", ["", "  ", "{}"])
def test_nothing_asked(text) -> None:
    assert JobMetadata.parse(text) == JobMetadata()


def test_all_of_it() -> None:
    assert JobMetadata.parse('{"portrait": "alex", "probe": true}') == JobMetadata("alex", True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("portrait=alex", ["not JSON"]),
        ('["alex"]', ["object"]),
        ('{"face": "alex"}', ["face", "portrait, probe"]),
        ('{"probe": 1}', ["probe", "bool"]),
        ('{"portrait": null}', ["portrait", "str"]),
        ('{"partner": "Nora"}', ["partner", "name"]),
        ('{"name": "Nora", "partner": "Nora", "role": "asks"}', ["partner", "name"]),
        ('{"name": "Alex", "partner": "Nora"}', ["role", "asks or tells"]),
        ('{"name": "a/b"}', ["name", "letters"]),
        ('{"role": "asks"}', ["role", "partner"]),
        ('{"voice": "loud"}', ["loud", "heart, low"]),
    ],
)
def test_anything_else_is_refused(text, words) -> None:
    with pytest.raises(InputError) as refusal:
        JobMetadata.parse(text)
    assert all(word in str(refusal.value) for word in words)
