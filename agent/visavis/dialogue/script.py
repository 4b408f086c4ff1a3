"""The scripted host: what the agent knows by itself, and need not ask a language model.

A table of patterns over the user's words, tried in order; the first that fits answers. Words in brackets direct the
face (`visavis.dialogue.gestures`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from visavis.dialogue.arithmetic import sum_in
from visavis.dialogue.seen import PHRASES
from visavis.dialogue.sight import NoSight, Sight

_CONTRACTIONS = (
    (r"\b(what|who|how|where|that|it|he|she|there)'s\b", r"\1 is"),
    (r"\bi'm\b", "i am"),
    (r"\byou're\b", "you are"),
    (r"\bcan't\b", "can not"),
    (r"n't\b", " not"),
)
_TELEPHONE = "telephone"  # of a person's facts: there is no camera
_HONEST = "I have no picture of you, so I can not see that. You could switch on your camera."


@dataclass(frozen=True)
class Scene:
    """What an answer may draw on.

    Attributes:
        words: the user's words, see `plain`.
        said: what the user said, as it was recognised.
        name: the agent's name.
        sight: what the camera shows.
        now: the local time.
        last: what the agent said last; "" where it has said nothing.
    """

    words: str
    said: str
    name: str
    sight: Sight
    now: datetime
    last: str


Answer = Callable[[Scene], str | None]


@dataclass
class Script:
    """Answers what it knows.

    Attributes:
        name: the agent's name.
        sight: what the camera shows.
        clock: gives the local time.
    """

    name: str = "Alex"
    sight: Sight = field(default_factory=NoSight)
    clock: Callable[[], datetime] = datetime.now

    def answer(self, said: str, history: Sequence[str] = ()) -> str | None:
        """The answer to `said`, or None where a language model must be asked.

        Args:
            said: what the user said.
            history: what the agent has said so far, oldest first.
        """
        scene = Scene(plain(said), said, self.name, self.sight, self.clock(), history[-1] if history else "")
        for pattern, answer in TABLE:
            if pattern.search(scene.words) and (text := answer(scene)):
                return text
        return None


def plain(text: str) -> str:
    """Lower case, contractions written out, no punctuation: what the patterns are matched against."""
    text = text.lower().replace("\u2019", "'")
    for pattern, written in _CONTRACTIONS:
        text = re.sub(pattern, written, text)
    return " ".join(re.sub(r"[^a-z0-9+*/.\- ]|\.(?!\d)", " ", text).split())


def _always(text: str, by_telephone: str = "") -> Answer:
    return lambda scene: ((_by_telephone(scene) and by_telephone) or text).format(name=scene.name)


def _by_telephone(scene: Scene) -> bool:
    return _TELEPHONE in scene.sight.facts


def _sum(scene: Scene) -> str | None:
    return sum_in(scene.said)


def _time(scene: Scene) -> str:
    part = "in the morning" if scene.now.hour < 12 else "in the afternoon" if scene.now.hour < 18 else "in the evening"
    minutes = f":{scene.now.minute:02d}" if scene.now.minute else " o'clock"
    return f"It is {scene.now.hour % 12 or 12}{minutes} {part}."


def _date(scene: Scene) -> str:
    return f"Today is {scene.now:%A}, {scene.now:%B} {scene.now.day}."


def _repeat(scene: Scene) -> str:
    return scene.last or "I have not said anything yet."


def _smile(scene: Scene) -> str:
    if "smile" in scene.sight.facts:
        return "[smile] Yes, I can see your smile. It suits you."
    if "present" in scene.sight.facts:
        return "I can see you, but I do not see a smile just now."
    return _seen(scene)


def _doing(scene: Scene) -> str | None:
    """Whether the user does what they ask about, as in "can you see me waving"."""
    asked = next((name for name, words in _ASKED.items() if re.search(words, scene.words)), None)
    if asked is None:
        return None
    if asked in scene.sight.facts:
        return f"Yes, I see you {PHRASES[asked].doing}!"
    if "present" in scene.sight.facts:
        return f"I can see you, but I do not see you {PHRASES[asked].doing} just now."
    return _seen(scene)


def _seen(scene: Scene) -> str:
    return scene.sight.describe() or _HONEST


def _pressed(scene: Scene) -> str:
    return f"You {scene.words.removeprefix('i ')}."


def _number(scene: Scene) -> str | None:
    return scene.sight.describe() if _by_telephone(scene) else None


# cue -> how users name it
_ASKED = {
    "wave": r"\bwav(e|ing)\b",
    "hand_raised": r"\bhand\b",
    "nod": r"\bnod(ding)?\b",
    "shake": r"\bshak(e|ing)\b.*\bhead\b",
    "frown": r"\bfrown(ing)?\b",
    "surprise": r"\bsurprised?\b",
    "yawn": r"\byawn(ing)?\b",
    "eyes_closed": r"\beyes\b.*\bclosed\b|\bclos(e|ing)\b.*\beyes\b",
    "leaning_in": r"\blean(ing)?\b",
    "tilt": r"\btilt(ing)?\b",
    "looking_away": r"\blooking away\b",
}

_WHO = "I am {name}, a computer-made face and voice."
_WHO_BY_TELEPHONE = "I am {name}, a computer-made voice."
_SKILLS = "You can ask me for the time or the date, for a small sum, or what your camera shows. Or we just talk."
_SKILLS_BY_TELEPHONE = "You can ask me for the time or the date, or for a small sum. Or we just talk."
_WHO_AND_WHAT_BY_TELEPHONE = f"{_WHO_BY_TELEPHONE} I can talk with you, tell the time, and do small sums."
_WHO_AND_WHAT = f"{_WHO} I can talk with you, tell the time, do small sums, and say what your camera shows."
_GLAD = "[smile] I am glad to hear that."
_HELLO, _HELLO_BY_TELEPHONE = "[smile] Hello! Nice to see you.", "Hello! Nice to hear from you."
_BYE = "[smile] Goodbye! It was nice to talk with you."
_STOP = "[nod] All right, I stop here."
_skills = _always(_SKILLS, _SKILLS_BY_TELEPHONE)
_who = _always(_WHO, _WHO_BY_TELEPHONE)
_who_and_what = _always(_WHO_AND_WHAT, _WHO_AND_WHAT_BY_TELEPHONE)

# the user's words -> the answer; more particular ones first
_ANSWERS: tuple[tuple[str, Answer], ...] = (
    (r"^(please )?(stop|shut up|be quiet|(okay |ok )?enough|(okay|ok) stop)\b|\bthat is enough\b", _always(_STOP)),
    (r"\b(say|repeat|tell me) (that|it) (again|once more)\b|\bwhat did you say\b", _repeat),
    (r"^(please )?(repeat( that)?|pardon|come again|say again)( please)?$", _repeat),
    (r"\b(plus|minus|times|multiplied by|divided by|over|[0-9] ?[-+*/x] ?[0-9])\b", _sum),
    (r"\bsmil(e|ing)\b.*\b(see|look|tell|notice)\b|\b(see|look|tell|notice)\b.*\bsmil(e|ing)\b", _smile),
    (r"\bam i smiling\b", _smile),
    (r"\bam i \w+ing\b|\b(see|tell|notice)\b.*\b(me|my|i|that i)\b|\b(is|are) my (hand|eyes)\b", _doing),
    (r"\bwhat am i doing\b|\bhow do i look\b", _seen),
    (r"\b(what|who) (can|do) you see\b|\bwhat does the camera show\b|\bdescribe (me|what you see)\b", _seen),
    (r"\b(can|do) you (even )?(see|look at) me\b|\bcan you see\b|\bwhat do i look like\b", _seen),
    (r"\bam i (visible|in the picture)\b|\bis my camera (on|working)\b", _seen),
    (r"\bwhat time is it\b|\bwhat is the time\b|\b(tell me|have) the time\b|\bhow late is it\b", _time),
    (r"\bwhat (day|date) is (it|today)\b|\bwhat is (the|today s) date\b|\bwhich day\b", _date),
    (r"\bwho are you\b.*\bwhat can you do\b", _who_and_what),
    (r"\bwhat can you do\b|\bhow can you help\b|^(please )?help( me)?( please)?$|\bi need help\b", _skills),
    (r"\bwho are you\b|\bwhat is your name\b|\bwhat are you called\b", _who),
    (r"\bare you (a |an )?(human|real|robot|computer|ai|machine|person|bot)\b|\bwhat are you$", _who),
    (
        r"\bhow are you\b|\bhow do you do\b|\bhow is it going\b",
        _always("[smile] I am very well, thank you. How are you?"),
    ),
    (r"^((i|we) (am|are) )?(very |pretty |quite )?(fine|good|well|great)( thanks| thank you| too)*$", _always(_GLAD)),
    (r"\b(good ?bye|bye|see you( later| soon| tomorrow)?|farewell|good night)$|^(good ?bye|bye)\b", _always(_BYE)),
    (r"\bthank(s| you)\b", _always("[nod] You are welcome.")),
    (r"^(hello|hi|hey|good (morning|afternoon|evening))( there)?( \w+)?$", _always(_HELLO, _HELLO_BY_TELEPHONE)),
    (r"^i pressed .", _pressed),
    (r"^(okay |ok |so )*(i am|we are) back\b", _always("[raise brows] Good to have you back. What can I do for you?")),
    (r"\bwhat is my (phone |telephone )?number\b|\b(who|where) am i calling from\b", _number),
    (r"\b(can|do) you hear me\b", _always("[nod] Yes, I can hear you well.")),
)
TABLE = tuple((re.compile(pattern), answer) for pattern, answer in _ANSWERS)
