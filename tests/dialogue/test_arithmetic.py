"""Small sums."""

from __future__ import annotations

from fractions import Fraction

import pytest

from visavis.dialogue.arithmetic import spoken, sum_in


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("How much is two plus two?", "Two plus two is four."),
        ("How much is too plus, too?", "Two plus two is four."),
        ("What's 12 times 7?", "Twelve times seven is 84."),
        ("What is a hundred and five divided by 3?", "105 divided by three is 35."),
        ("two plus two times three", "Two plus two times three is eight."),
        ("seven minus nine", "Seven minus nine is minus two."),
        ("1,000 plus 20", "1,000 plus 20 is 1,020."),
        ("two thousand and one minus one", "2,001 minus one is 2,000."),
        ("ten divided by three", "Ten divided by three is about 3.33."),
        ("5 x 0.5", "Five times 0.5 is 2.5."),
        ("five over zero", "Nothing can be divided by zero."),
        ("What happened over the weekend?", None),
        ("one thing plus another", None),
        ("plus", None),
        ("Hello.", None),
    ],
)
def test_sums(text, answer) -> None:
    assert sum_in(text) == answer


@pytest.mark.parametrize(("value", "words"), [(0, "zero"), (19, "nineteen"), (20, "20"), (-3, "minus three")])
def test_spoken(value, words) -> None:
    assert spoken(Fraction(value)) == words
