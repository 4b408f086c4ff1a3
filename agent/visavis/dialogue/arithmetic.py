"""Small sums in words or digits: "how much is two plus two", "what is 12 times 7"."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {word: 20 + 10 * k for k, word in enumerate(_TENS)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
# what a recogniser writes for a number between operators
_SOUNDS_LIKE = {"to": "two", "too": "two", "for": "four", "won": "one", "ate": "eight"}

Operator = tuple[str, Callable[[Fraction, Fraction], Fraction]]
_OPERATORS: dict[str, Operator] = {
    "plus": ("plus", lambda a, b: a + b),
    "+": ("plus", lambda a, b: a + b),
    "minus": ("minus", lambda a, b: a - b),
    "-": ("minus", lambda a, b: a - b),
    "times": ("times", lambda a, b: a * b),
    "multiplied": ("times", lambda a, b: a * b),
    "x": ("times", lambda a, b: a * b),
    "*": ("times", lambda a, b: a * b),
    "divided": ("divided by", lambda a, b: a / b),
    "over": ("divided by", lambda a, b: a / b),
    "/": ("divided by", lambda a, b: a / b),
}
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z]+|[+*/-]")


def sum_in(text: str) -> str | None:
    """The answer to a sum of two or more numbers in `text`, as a sentence, or None where there is none."""
    tokens = _TOKEN.findall(re.sub(r"(?<=\d),(?=\d{3})", "", text.lower().replace("×", "x").replace("÷", "/")))
    marks = [k for k, token in enumerate(tokens) if token in _OPERATORS]
    if not marks:
        return None
    edges = zip(marks, [*marks[1:], len(tokens)], strict=True)
    numbers = [_number_before(tokens[: marks[0]]), *(_number_after(tokens[a + 1 : b]) for a, b in edges)]
    terms = [number for number in numbers if number is not None]
    if len(terms) < len(numbers):
        return None
    operators = [_OPERATORS[tokens[k]] for k in marks]
    said = spoken(terms[0]) + "".join(f" {word} {spoken(n)}" for (word, _), n in zip(operators, terms[1:], strict=True))
    try:
        result = _evaluate(terms, operators)
    except ZeroDivisionError:
        return "Nothing can be divided by zero."
    return f"{said[0].upper()}{said[1:]} is {spoken(result)}."


def _evaluate(terms: list[Fraction], operators: list[Operator]) -> Fraction:
    """Products and quotients bind tighter than sums and differences."""
    sums: list[tuple[Operator | None, Fraction]] = [(None, terms[0])]
    for operator, term in zip(operators, terms[1:], strict=True):
        word, operate = operator
        if word in ("times", "divided by"):
            before, value = sums[-1]
            sums[-1] = before, operate(value, term)
        else:
            sums.append((operator, term))
    total = sums[0][1]
    for following, term in sums[1:]:
        assert following is not None
        total = following[1](total, term)
    return total


def _number_before(tokens: list[str]) -> Fraction | None:
    """The number that `tokens` end with."""
    values = (_number(tokens[k:]) for k in range(len(tokens)))
    return next((value for value in values if value is not None), None)


def _number_after(tokens: list[str]) -> Fraction | None:
    """The number that `tokens` begin with, after a "by"."""
    tokens = tokens[1:] if tokens[:1] == ["by"] else tokens
    values = (_number(tokens[:k]) for k in range(len(tokens), 0, -1))
    return next((value for value in values if value is not None), None)


def _number(tokens: list[str]) -> Fraction | None:
    """All of `tokens` as one number, or None."""
    if len(tokens) == 1 and tokens[0][0].isdigit():
        return Fraction(tokens[0])
    total = group = 0
    if tokens and tokens[0] == "a":
        tokens = ["one", *tokens[1:]]
    for k, token in enumerate(tokens):
        token = _SOUNDS_LIKE.get(token, token) if len(tokens) == 1 else token
        if token in _VALUES:
            group += _VALUES[token]
        elif token == "hundred" and group:
            group *= _SCALES[token]
        elif token in _SCALES and group:
            total, group = total + group * _SCALES[token], 0
        elif not (token == "and" and 0 < k < len(tokens) - 1):
            return None
    return Fraction(total + group) if tokens else None


def spoken(value: Fraction) -> str:
    """A number as it is said: words up to twenty, digits beyond, two decimals at most."""
    if value < 0:
        return f"minus {spoken(-value)}"
    if value.denominator == 1:
        return _UNITS[value.numerator] if value < len(_UNITS) else f"{value.numerator:,}"
    exact = value * 100 == int(value * 100)
    return f"{'' if exact else 'about '}{float(value):.2f}".rstrip("0").rstrip(".")
