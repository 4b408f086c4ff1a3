"""What of a reply was heard, to the word: the times of the voice's words against what was really played.

LiveKit guesses it from the clock and the usual pace of speech. A voice that tells when each word is heard needs no
guess: the sink knows the position at which it was cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from livekit import rtc
from livekit.agents import utils
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities

HEARD_SHARE = 0.8  # of a word, from which on it was heard


def heard_text(words: Sequence[TimedString], position_s: float) -> str:
    """The words that were heard when a voice was cut at `position_s`; a word without times goes with the one before."""
    text = ""
    for word in words:
        if utils.is_given(word.start_time) and utils.is_given(word.end_time):
            heard_at_s = word.start_time + HEARD_SHARE * (word.end_time - word.start_time)
            if heard_at_s > position_s:
                break
        text += word
    return text


class HeardOutput(AudioOutput):
    """The head of an agent's chain of audio outputs: of a reply that is cut it tells the words that were heard.

    The words come with the frames that carry their sound, as a `TTS` with aligned transcripts gives them; where none
    come, what the next one in the chain tells stands.

    Args:
        next_in_chain: the output that it is put before.
    """

    def __init__(self, next_in_chain: AudioOutput) -> None:
        super().__init__(
            label="VisavisHeard",
            capabilities=AudioOutputCapabilities(pause=True),
            next_in_chain=next_in_chain,
        )
        self._words: deque[list[TimedString]] = deque()  # of each segment that has not finished
        self._open = False

    @property
    def _next(self) -> AudioOutput:
        assert self.next_in_chain is not None
        return self.next_in_chain

    @property
    def sample_rate(self) -> int | None:
        return self._next.sample_rate

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        if not self._open:
            self._open = True
            self._words.append([])
        words = self._words[-1] if self._words else []
        words += [word for word in frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, []) if isinstance(word, TimedString)]
        await self._next.capture_frame(frame)
        await super().capture_frame(frame)

    def flush(self) -> None:
        super().flush()
        self._open = False
        self._next.flush()

    def clear_buffer(self) -> None:
        self._next.clear_buffer()

    def on_playback_finished(
        self, *, playback_position: float, interrupted: bool, synchronized_transcript: str | None = None
    ) -> None:
        if not self._pending_playback_count:
            return  # of a segment that was given up before its first frame was taken
        words = self._words.popleft() if self._words else []
        if interrupted and words:
            synchronized_transcript = heard_text(words, playback_position)
        super().on_playback_finished(
            playback_position=playback_position,
            interrupted=interrupted,
            synchronized_transcript=synchronized_transcript,
        )
