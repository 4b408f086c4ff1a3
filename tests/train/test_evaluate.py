"""The evaluation's own counting, and how it refuses."""

import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing needs torch: make test-train")

from visavis_models.spec import MODEL_RATE  # noqa: E402
from visavis_models.train import evaluate  # noqa: E402
from visavis_models.train.mouth import author_mouth  # noqa: E402
from visavis_models.train.voice import Phone, Utterance  # noqa: E402


def test_a_row_holds_what_was_found_and_what_was_found_falsely():
    phones = [
        Phone("ɑ", 0.0, 0.3), Phone("p", 0.3, 0.4), Phone("ɛ", 0.4, 0.7), Phone("f", 0.7, 0.8), Phone("u", 0.8, 1.0),
    ]  # fmt: skip
    said = [Utterance(np.zeros(MODEL_RATE, np.float32), tuple(phones))]
    row = evaluate._contacts("authored", [author_mouth(phones, 25)], said)
    assert row[1:] == ["1/1 = 1.000", "0/3 = 0.000", "1/1 = 1.000", "0/3 = 0.000", "1/1 = 1.000", "0/2 = 0.000"]
    row = evaluate._contacts("still", [np.zeros((25, 60), np.float32)], said)
    assert row[1:] == ["1/1 = 1.000", "3/3 = 1.000", "0/1 = 0.000", "0/3 = 0.000", "0/1 = 0.000", "0/2 = 0.000"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [(["lips"], "part 'lips'"), (["pictures"], "--pictures DIR"), (["--beside", "runs/x"], "'runs/x' is not NAME=DIR")],
)
def test_what_cannot_be_judged_is_said_at_once(arguments, what, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["evaluate", *arguments])
    with pytest.raises(SystemExit, match="2"):
        evaluate.main()
    assert what in capsys.readouterr().err


def test_captures_that_are_not_there_are_named(tmp_path, capsys):
    assert evaluate._judges(tmp_path, quick=True) == []
    assert f"{tmp_path / 'grid'}: not there" in capsys.readouterr().err
