"""The International Phonetic Alphabet in the alphabet of `mouth.SHAPES`: every sound by what its lips look like.

Sounds that look alike share a shape: lips know nothing of voice, nose or throat. After the visemes of MPEG-4 facial
animation (ISO/IEC 14496-2, table C.1), extended to other languages by place of articulation and rounding.
"""

from __future__ import annotations

from visavis_models.train.mouth import DIPHTHONGS, SHAPES
from visavis_models.train.voice import STRESS, Phone

ALIKE = {
    "g": "ɡ", "r": "ɾ", "ʀ": "ɡ", "ʁ": "ɡ", "x": "k", "χ": "k", "ɣ": "ɡ", "q": "k", "ɢ": "ɡ", "c": "k", "ɟ": "ɡ",
    "ç": "j", "ʝ": "j", "ɲ": "n", "ɳ": "n", "ɴ": "ŋ", "ʎ": "l", "ɭ": "l", "ɫ": "l", "ʟ": "l", "ɬ": "l", "ɮ": "l",
    "ɖ": "d", "ʈ": "t", "ɽ": "ɾ", "ɻ": "ɹ", "ɺ": "l", "ʂ": "ʃ", "ʐ": "ʒ", "ɕ": "ʃ", "ʑ": "ʒ", "ʨ": "ʧ", "ʥ": "ʤ",
    "ɸ": "f", "β": "v", "ʋ": "v", "ɱ": "f", "ɦ": "h", "ħ": "h", "ʕ": "ʔ", "ɥ": "w", "ʍ": "w", "ɰ": "ɡ",
    "ʏ": "y", "ʉ": "u", "ɵ": "ø", "œ": "ø", "ɶ": "ø", "ɞ": "ɜ", "ɘ": "ə", "ɨ": "ᵻ", "ɯ": "ɪ", "ɤ": "ʌ", "ɝ": "ɜ",
    "ε": "ɛ",
}  # fmt: skip
TIED = {"tʃ": "ʧ", "dʒ": "ʤ", "ts": "ʦ", "dz": "ʣ", "tɕ": "ʧ", "dʑ": "ʤ", "tʂ": "ʧ", "dʐ": "ʤ", "pf": "pf"}


def shaped(symbols: str) -> tuple[str, float]:
    """A stretch of IPA as symbols of `SHAPES`, and its stress; marks of length, tone and nasality are left out.

    `"ˈaɪ"` gives `("aɪ", 1.0)`, `"tʃ"` gives `("ʧ", 0.0)`, an unknown mark gives nothing.
    """
    stress = max((STRESS[mark] for mark in symbols if mark in STRESS), default=0.0)
    for pair, one in TIED.items():
        symbols = symbols.replace(pair, one)
    plain = (ALIKE.get(symbol, symbol) for symbol in symbols)
    return "".join(symbol for symbol in plain if symbol in SHAPES or symbol in DIPHTHONGS), stress


def as_phones(symbols: str, begin: float, end: float) -> list[Phone]:
    """The phones of one stretch of IPA that is spoken from `begin` to `end` seconds; silence if it names no sound.

    Of two sounds in one stretch (a diphthong) the first takes three fifths.
    """
    sounds, stress = shaped(symbols)
    if not sounds:
        return [Phone("_", begin, end)]
    cuts = [0.0, 0.6, 1.0] if len(sounds) == 2 else [k / len(sounds) for k in range(len(sounds) + 1)]
    places = [begin + cut * (end - begin) for cut in cuts]
    return [Phone(s, a, b, stress) for s, a, b in zip(sounds, places[:-1], places[1:], strict=True)]
