"""Events survive the wire; what is not ours is passed over."""

import pytest

from visavis.media.events import CueSeen, Event, Fault, SpeechStopped, VoiceEnvelope, decode, encode, wall_us


@pytest.mark.parametrize("event", [SpeechStopped(7, "pause"), CueSeen(8, "smile", True), Fault(9, "voice", "it broke")])
def test_an_event_survives_the_wire(event: Event) -> None:
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"3", b"{}", b'{"type": "Unknown"}', b'{"type": "Fault", "x": 1}', b"\xff"]
)
def test_what_is_not_ours_is_passed_over(data: bytes) -> None:
    assert decode(data) is None


def test_an_envelope_survives_the_wire() -> None:
    envelope = VoiceEnvelope(wall_us(), bytes(range(97)))
    assert VoiceEnvelope.decode(envelope.encode()) == envelope
    assert VoiceEnvelope.decode(b"short") is None
