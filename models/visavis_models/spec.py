"""Floor 0: the rates, the names and the face space that every other floor shares.

Rates: 25 frames a second; the atom of time is one frame of 40 ms. Motion is one face space for the
user, the avatar, training data, files and the data channel: Apple's 52 ARKit blendshapes in the order of Apple's
documentation, `tongueUp`, `breath`, the head's rotation in radians and its displacement in centimetres.
"""

from __future__ import annotations

import tokenize
import zlib
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.writing import whole

# what reading an .npz may raise that is none, or was damaged
DAMAGED = (
    KeyError, ValueError, TypeError, EOFError, NotImplementedError, BadZipFile, zlib.error, tokenize.TokenError
)  # fmt: skip

FPS = 25
FRAME_MS = 1000 // FPS  # 40 ms, the atom of time
MODEL_RATE = 16_000  # Hz, what the motion model hears
SPEECH_RATE = 24_000  # Hz, what the default voice speaks
ROOM_RATE = 48_000  # Hz, what goes into a room
MODEL_FRAME = MODEL_RATE // FPS  # 640 samples
SPEECH_FRAME = SPEECH_RATE // FPS  # 960 samples
ROOM_FRAME = ROOM_RATE // FPS  # 1920 samples

# https://developer.apple.com/documentation/arkit/arfaceanchor/blendshapelocation, in that page's order
ARKIT_NAMES: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft",
    "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
MOTION_NAMES: tuple[str, ...] = (
    *ARKIT_NAMES, "tongueUp", "breath", "headPitch", "headYaw", "headRoll", "headX", "headY", "headZ",
)  # fmt: skip
N_MOTION = len(MOTION_NAMES)  # 60
INDEX: dict[str, int] = {name: index for index, name in enumerate(MOTION_NAMES)}
WEIGHTS = slice(0, INDEX["headPitch"])  # channels in 0..1: blendshapes, tongueUp, breath
ROTATION = slice(INDEX["headPitch"], INDEX["headRoll"] + 1)  # pitch, yaw, roll, rad
PLACE = slice(INDEX["headX"], INDEX["headZ"] + 1)  # x, y, z, cm


def frames_in(samples: int, rate: int) -> int:
    """How many frames `samples` samples at `rate` Hz fill: ceil(25 d) for a duration of d seconds."""
    return -(-samples * FPS // rate)


def channels(*names: str) -> list[int]:
    """Indices of channels by name, for use as a numpy index: `values[:, channels("jawOpen", "mouthClose")]`."""
    return [INDEX[name] for name in names]


@dataclass(frozen=True)
class Motion:
    """A face in motion.

    Attributes:
        values: float32 [T, 60] in the order of `MOTION_NAMES`. Weights in 0..1, rotation in rad, place in cm. Zero
            is the neutral face: lips touching, eyes open, looking at the camera, head upright in its own place.
            `R = R_y(yaw) R_x(pitch) R_z(roll)`, right-handed, x to the picture's right, y up, z at the viewer.
    """

    values: NDArray[np.float32]

    def __post_init__(self) -> None:
        T, N = self.values.shape
        assert N == N_MOTION, f"Motion is [T, {N_MOTION}], not [{T}, {N}]"

    def __len__(self) -> int:
        return len(self.values)

    @property
    def seconds(self) -> float:
        return len(self) / FPS

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """One channel by its name, [T]."""
        return self.values[:, INDEX[name]]

    @classmethod
    def zeros(cls, frames: int) -> Motion:
        """The neutral face for `frames` frames."""
        return cls(np.zeros((frames, N_MOTION), np.float32))

    def save(self, path: Path | str) -> None:
        """Write an `.npz` of `names`, `fps` and `values`, readable without pickle; whole or not at all.

        Raises:
            InputError: the file cannot be written.
        """
        with whole(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, names=np.array(MOTION_NAMES), fps=FPS, values=self.values)

    @classmethod
    def load(cls, path: Path | str) -> Motion:
        """Read what `save` wrote.

        Raises:
            InputError: the file is no such `.npz`, its channels are others, or its rate is not 25 fps.
        """
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as data:
                names, fps, values = data["names"].tolist(), float(data["fps"]), data["values"]
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
        except DAMAGED as error:
            raise InputError(
                f"{path}: not a motion file, or damaged; expected an .npz of names, fps and values, "
                "as `visavis track` writes it"
            ) from error
        if names != list(MOTION_NAMES) or values.ndim != 2 or values.shape[1] != N_MOTION:
            raise InputError(
                f"{path}: holds {values.shape} values of other channels than the {N_MOTION} of this face space"
            )
        if fps != FPS:
            raise InputError(f"{path}: is at {fps:g} fps; resample it to {FPS} fps")
        if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise InputError(f"{path}: holds values that are not finite numbers")
        return cls(np.ascontiguousarray(values, np.float32))


@dataclass(frozen=True)
class Landmarks:
    """What the camera saw of a person at one moment.

    Attributes:
        face: float32 [478, 3], mediapipe's face mesh in pixels of the picture (z in the scale of x), or None.
        pose: float32 [33, 4], mediapipe's pose in pixels of the picture with visibility 0..1, or None.
        size: (width, height) of the picture in pixels.
        timestamp_ms: when the picture was taken, on the observer's clock.
    """

    face: NDArray[np.float32] | None
    pose: NDArray[np.float32] | None
    size: tuple[int, int]
    timestamp_ms: int
