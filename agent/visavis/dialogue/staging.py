"""From a reply's text to directions on the frames of its voice: each begins where it stands in the text."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from dataclasses import dataclass

from livekit import rtc
from livekit.agents.types import NOT_GIVEN, USERDATA_TIMED_TRANSCRIPT, TimedString
from livekit.agents.utils import is_given

from visavis.dialogue.emotion import emotion_of
from visavis.dialogue.gestures import FELT_S, Tags
from visavis.media.marks import USERDATA_DIRECTIONS
from visavis_models.serve.direction import Direction, Feel
from visavis_models.spec import SPEECH_RATE

LETTERS_A_SECOND = 13.0  # of English speech, where a voice does not tell when its words are heard
CARRIER_MS = 10  # of silence, for directions behind the last word
_SENTENCE_END = re.compile(r"[.!?]+[\"')]*\s")


@dataclass(frozen=True)
class Staging:
    """What of a reply's text becomes directions.

    Attributes:
        tags: those in brackets; switched off they are not spoken either.
        mood: the emotion of its sentences, where no tag tells one.
    """

    tags: bool = True
    mood: bool = True


class Placer:
    """One utterance: takes its text, gives out what is to be spoken, and puts directions on the frames of it.

    A place in the text is the number of letters and digits before it; the timed words of the voice say when those have
    been spoken, and without them a usual rate does.
    """

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._mood = Sentences() if staging.mood else None
        self._waiting: list[tuple[int, Direction]] = []
        self._letters = 0  # of the text so far
        self._words: list[tuple[int, int, float, float | None]] = []  # letters before and after, seconds of both
        self._spoken_s = 0.0
        self._rate = SPEECH_RATE

    async def read(self, text: AsyncIterable[str]) -> AsyncGenerator[str, None]:
        """What of `text` is to be spoken."""
        tags = Tags()
        async for chunk in text:
            for piece in tags.push(chunk):
                if isinstance(piece, str):
                    self._read(piece)
                    yield piece
                else:
                    self._direct(piece)
        for piece in tags.finish():
            if isinstance(piece, str):
                self._read(piece)
                yield piece
        if self._mood is not None:
            self._feel(self._mood.finish())

    def _read(self, piece: str) -> None:
        if self._mood is not None:
            self._feel(self._mood.push(piece, self._letters))
        self._letters += letters(piece)

    def _direct(self, direction: Direction) -> None:
        if self._staging.tags:
            self._waiting.append((self._letters, direction))
            if isinstance(direction, Feel):
                self._mood = None  # the reply tells how it feels

    def _feel(self, felt: list[tuple[int, Feel]]) -> None:
        self._waiting = sorted([*self._waiting, *felt], key=lambda item: item[0])

    def put(self, frame: rtc.AudioFrame) -> None:
        """The next frame of the voice: it takes along what begins in it, or should have begun before."""
        for word in frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, ()):
            self._hear(word)
        self._rate = frame.sample_rate
        self._spoken_s += frame.duration
        self._load(frame, lambda place: self._spoken_at_s(place) < self._spoken_s)

    def last(self) -> rtc.AudioFrame | None:
        """A moment of silence with what stands behind the last word; None where nothing does."""
        if not self._waiting:
            return None
        frame = rtc.AudioFrame.create(self._rate, 1, self._rate * CARRIER_MS // 1000)
        self._load(frame, lambda place: True)
        return frame

    def _load(self, frame: rtc.AudioFrame, due: Callable[[int], bool]) -> None:
        directions = [direction for place, direction in self._waiting if due(place)]
        if directions:
            frame.userdata[USERDATA_DIRECTIONS] = directions
            self._waiting = [item for item in self._waiting if not due(item[0])]

    def _hear(self, word: str) -> None:
        before = self._words[-1][1] if self._words else 0
        start = getattr(word, "start_time", NOT_GIVEN)
        end = getattr(word, "end_time", NOT_GIVEN)
        if isinstance(word, TimedString) and is_given(start):
            self._words.append((before, before + letters(word), start, end if is_given(end) else None))

    def _spoken_at_s(self, place: int) -> float:
        """When so many letters have been spoken, in seconds; infinite while no word of the voice reaches so far."""
        if not place:
            return 0.0
        if not self._words:
            return place / LETTERS_A_SECOND
        for before, after, start, end in self._words:
            if place <= after and after > before:
                rate = LETTERS_A_SECOND if end is None else (after - before) / max(end - start, 1e-3)
                return start + (place - before) / rate
        return float("inf")


class Sentences:
    """Feelings of the sentences of a stream of text, each at the place where its sentence begins."""

    def __init__(self) -> None:
        self._text, self._place = "", 0

    def push(self, piece: str, place: int) -> list[tuple[int, Feel]]:
        """More text, which stands at `place`; returns the feelings of the sentences that are over now."""
        if not self._text.strip():
            self._text, self._place = "", place
        self._text += piece
        felt = []
        while end := _SENTENCE_END.search(self._text):
            felt += self._judge(self._text[: end.end()])
            self._place += letters(self._text[: end.end()])
            self._text = self._text[end.end() :]
        return felt

    def finish(self) -> list[tuple[int, Feel]]:
        """The text is over; returns the feeling of its last sentence."""
        text, self._text = self._text, ""
        return self._judge(text)

    def _judge(self, sentence: str) -> list[tuple[int, Feel]]:
        found = emotion_of(sentence)
        return [(self._place, Feel(*found, FELT_S))] if found else []


def letters(text: str) -> int:
    """How many letters and digits there are."""
    return sum(map(str.isalnum, text))
