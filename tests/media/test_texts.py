"""Files of text are whole or not there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from visavis.media.texts import plain, write_json, write_whole


@dataclass
class Said:
    text: str


def test_a_record_is_written_whole_over_another(tmp_path: Path) -> None:
    for text in ("Gr\u00fc\u00df dich", "Bye"):
        write_json(tmp_path / "said.json", Said(text))
        assert json.loads((tmp_path / "said.json").read_text()) == {"text": text}
    write_whole(tmp_path / "said.txt", "Bye")
    assert (tmp_path / "said.txt").read_text() == "Bye\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["said.json", "said.txt"]


def test_names() -> None:
    assert plain("call_+1 555/Ann") == "call__1_555_Ann"
