"""What the camera is used for: one switch for each use, by itself or as a list of names."""

from __future__ import annotations

from dataclasses import dataclass, fields

from visavis.media.errors import InputError


@dataclass(frozen=True)
class SightSettings:
    """What is made of the user's picture; `Settings.camera` switches all of it off.

    Attributes:
        notes: the language model reads short notes of what changed.
        look: the language model has a tool that says what is seen now.
        greet: who comes into view later, or comes back, is greeted.
        wave: a wave is answered.
        pause: a voice waits while nobody is in the picture.
        turns: lips, gaze and nods help to tell whose turn it is.
        picture: the tool hands the language model one frame; the only way in which a picture leaves the process.
    """

    notes: bool = True
    look: bool = True
    greet: bool = True
    wave: bool = True
    pause: bool = True
    turns: bool = True
    picture: bool = False

    def __post_init__(self) -> None:
        if self.picture and not self.look:
            raise InputError("sight.picture needs sight.look: the frame is what the tool hands over")


USES = tuple(item.name for item in fields(SightSettings))


def uses_of(text: str) -> dict[str, bool]:
    """The switches in a list such as "notes, look, turns"; all others are off. "none" is an empty list.

    Raises:
        InputError: a name that is no use of the camera.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    names = [] if names == ["none"] else names
    for name in names:
        if name not in USES:
            raise InputError(f"--sight {name}: the camera has no such use; known are {', '.join(USES)}, or none")
    return {use: use in names for use in USES}
