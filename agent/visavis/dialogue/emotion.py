"""What a sentence of a reply feels like, by its words: a small weighted lexicon, with negation and degree.

It is for replies whose model gives no directions itself. Six emotions are Ekman's (Are there basic emotions?,
Psychological Review 99, 1992) without disgust, and calm; how words are weighed, negated and added up is VADER's (Hutto
and Gilbert, A parsimonious rule-based model for sentiment analysis of social media text, ICWSM 2014). Words and weights
are our own. Nothing it finds is 0: most sentences feel like nothing.
"""

from __future__ import annotations

import math
import re

LEAST = 1.5  # what a sentence must add up to
SCALE = 9.0  # strength = sum / sqrt(sum^2 + SCALE): 2 is 0.55, 3 is 0.71
MOST = 0.7  # strength of the strongest
NEGATED_WITHIN, DEGREE_WITHIN = 3, 2  # words before
NEGATED = -0.74  # VADER's
MORE, LESS = 1.3, 0.7
EXCLAIMED = 1.2

_WORDS: dict[str, dict[float, str]] = {
    "happy": {
        3.0: "congratulations hooray yay delighted thrilled",
        2.2: "happy wonderful fantastic excellent excited brilliant awesome celebrate laugh joke",
        1.6: "glad great love lovely enjoy enjoyed fun funny pleased pleasure perfect proud beautiful smile smiling",
        1.0: "good nice welcome thank thanks best well hello cheers hope",
    },
    "sad": {
        3.0: "grief funeral heartbroken died mourn condolences",
        2.2: "sad sorry sadly lonely tears cried unhappy disappointed disappointing depressed",
        1.6: "unfortunately regret pity death dead loss lost hurts pain ill crying afraid_i miss",
        1.0: "bad alone sick tired hard tough terrible awful cannot",
    },
    "angry": {
        3.0: "furious outrageous unacceptable",
        2.2: "angry hate disgusting annoyed outraged",
        1.6: "annoying rude unfair ridiculous nonsense stupid mad shameful insult insulting cheated",
        1.0: "wrong terrible awful",
    },
    "surprised": {
        3.0: "wow astonishing astonished whoa",
        2.2: "surprising surprised surprise incredible unbelievable unexpected amazing no_way oh_my",
        1.6: "amazed goodness strange really suddenly remarkable",
        1.0: "imagine curious guess",
    },
    "afraid": {
        3.0: "terrified terrifying horror",
        2.2: "scared frightened frightening afraid panic",
        1.6: "worried worry worries danger dangerous nervous anxious fear emergency warning threat scary",
        1.0: "careful risk risky",
    },
    "calm": {
        2.2: "relax relaxed peaceful calm your_time no_hurry",
        1.6: "breathe quiet gently slowly peace",
        1.0: "rest safe",
    },
}
LEXICON: dict[str, list[tuple[str, float]]] = {}
for _emotion, _weights in _WORDS.items():
    for _weight, _words in _weights.items():
        for _word in _words.split():
            LEXICON.setdefault(_word, []).append((_emotion, _weight))

_NOT = {"not", "no", "never", "without", "hardly", "nothing", "neither", "nor", "cannot"}
_MORE = {"very", "so", "really", "extremely", "absolutely", "such", "truly", "deeply", "how", "what"}
_LESS = {"slightly", "somewhat", "little", "bit", "rather", "kind", "fairly"}
# phrases that mean something else than their words
_PHRASES = (
    (r"\bi(?:'m| am) afraid\b(?! of)", "afraid_i"),  # a regret, not a fear
    (r"\bno (?:problem|worries|doubt)\b|\bdo(?: not|n't) worry\b", "your_time"),
    (r"\bno way\b", "no_way"),
    (r"\boh my\b", "oh_my"),
    (r"\bno (?:hurry|rush)\b", "no_hurry"),
    (r"\byour time\b", "your_time"),
    (r"\bnot bad\b", "good"),
    (r"\bas well\b|\bwell,", ""),
    (r"\b(\w+)n't\b", r"\1 not"),
)
PHRASES = tuple((re.compile(pattern), meant) for pattern, meant in _PHRASES)


def emotion_of(sentence: str) -> tuple[str, float] | None:
    """The strongest emotion of `sentence` and its strength, 0..0.7; None where it has none to speak of."""
    text = sentence.lower().replace("\u2019", "'")
    for pattern, meant in PHRASES:
        text = pattern.sub(f" {meant} ", text)
    words = re.findall(r"[a-z_']+", text)
    sums: dict[str, float] = {}
    for at, word in enumerate(words):
        for emotion, weight in LEXICON.get(word, ()):
            if word in words[:at]:
                continue  # said twice is not meant twice
            weight *= _degree(words[max(0, at - DEGREE_WITHIN) : at])
            if _NOT & set(words[max(0, at - NEGATED_WITHIN) : at]):
                emotion, weight = _negated(emotion), -NEGATED * weight
            sums[emotion] = sums.get(emotion, 0.0) + weight
    sums.pop("", None)
    if not sums:
        return None
    strongest = max(sums, key=lambda emotion: sums[emotion])
    total = sums[strongest] * (EXCLAIMED if "!" in sentence else 1.0)
    if total < LEAST:
        return None
    return strongest, min(total / math.sqrt(total**2 + SCALE), MOST)


def _degree(before: list[str]) -> float:
    return (MORE if _MORE & set(before) else 1.0) * (LESS if _LESS & set(before) else 1.0)


def _negated(emotion: str) -> str:
    """Not happy is sad; not sad or angry is nothing in particular."""
    return "sad" if emotion == "happy" else ""
