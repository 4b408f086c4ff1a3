"""What a face does once: authored gestures, as short curves on top of whatever else moves it.

A gesture is a few strokes; each rises, is held and falls, by minimum jerk. Which muscles belong to an expression is
Ekman and Friesen's (Facial Action Coding System, 1978; action units, AU, named beside each), in ARKit's shapes. How far
and how long is authored, after what is named beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.ease import minimum_jerk
from visavis_models.spec import FPS, INDEX, N_MOTION

FloatArray = NDArray[np.float32]

# An offset is a row of motion with two numbers more: where the eyes look, seen from the camera (1 is about 30 degrees),
# the picture's right and up. Eyes make up for what the head turns, so a nod does not look down.
GAZE_RIGHT, GAZE_UP = N_MOTION, N_MOTION + 1
N_OFFSET = N_MOTION + 2
MIRRORED = (INDEX["headYaw"], INDEX["headRoll"], INDEX["headX"], GAZE_RIGHT)
VARIES = 0.12  # how much smaller or larger a gesture may come out, so that no two are the same


def offset(pose: Mapping[str, float]) -> FloatArray:
    """float32 [62] of channels by name, both sides where a name ends in `*`, and of `gazeRight` and `gazeUp`."""
    places = INDEX | {"gazeRight": GAZE_RIGHT, "gazeUp": GAZE_UP}
    values = np.zeros(N_OFFSET, np.float32)
    for name, value in pose.items():
        for side in ("Left", "Right") if name.endswith("*") else ("",):
            values[places[name.replace("*", side)]] += value
    return values


@dataclass(frozen=True)
class Stroke:
    """One stretch of a gesture.

    Attributes:
        pose: what it adds while it is held, [62].
        begin_s, rise_s, hold_s, fall_s: seconds from the gesture's beginning, and how long each part takes.
    """

    pose: FloatArray
    begin_s: float
    rise_s: float
    hold_s: float
    fall_s: float

    @property
    def end_s(self) -> float:
        return self.begin_s + self.rise_s + self.hold_s + self.fall_s

    def level(self, at_s: float) -> float:
        """How much of the pose there is, 0..1."""
        rising = minimum_jerk((at_s - self.begin_s) / self.rise_s)
        return rising - minimum_jerk((at_s - self.end_s + self.fall_s) / self.fall_s)


def _stroke(begin_s: float, rise_s: float, hold_s: float, fall_s: float, **pose: float) -> Stroke:
    return Stroke(
        offset({name.replace("_", "*"): value for name, value in pose.items()}), begin_s, rise_s, hold_s, fall_s
    )


def _laugh() -> tuple[Stroke, ...]:
    """AU 6, 12, 25, 26, in pulses of a fifth of a second (Provine and Yong, Laughter: a stereotyped human vocalization,
    Ethology 89, 1991: notes of 75 ms, 210 ms apart)."""
    held = _stroke(
        0, 0.3, 0.9, 0.9, mouthSmile_=0.55, cheekSquint_=0.5, eyeSquint_=0.3, mouthUpperUp_=0.15, headPitch=-0.05
    )
    notes = [
        _stroke(0.2 + 0.21 * k, 0.08, 0.02, 0.12, jawOpen=0.2 - 0.03 * k, headPitch=0.02, headY=-0.06, breath=-0.2)
        for k in range(4)
    ]
    return (held, *notes)


# "_" at a name's end stands for both sides
GESTURES: dict[str, tuple[Stroke, ...]] = {
    # AU 6 and 12; a spontaneous smile takes about half a second to rise and longer to go (Schmidt, Cohn and Tian,
    # Signal characteristics of spontaneous facial expressions, Biological Psychology 65, 2003)
    "smile": (
        _stroke(0, 0.45, 1.4, 0.9, mouthSmile_=0.42, cheekSquint_=0.28, eyeSquint_=0.14, mouthDimple_=0.08),
    ),
    # the same with AU 25
    "grin": (
        _stroke(0, 0.4, 1.5, 0.9, mouthSmile_=0.55, cheekSquint_=0.4, eyeSquint_=0.2),
        _stroke(0, 0.4, 1.5, 0.7, mouthUpperUp_=0.18, mouthLowerDown_=0.1),
    ),
    "laugh": _laugh(),
    # the first is the largest, 2.5 a second (Hadar, Steiner and Rose, Head movement during listening turns in
    # conversation, Journal of Nonverbal Behavior 9, 1985)
    "nod": (
        _stroke(0, 0.16, 0.02, 0.22, headPitch=0.10, headY=-0.08),
        _stroke(0.40, 0.16, 0.02, 0.24, headPitch=0.055, headY=-0.04),
    ),
    "shake": (
        _stroke(0, 0.2, 0.02, 0.24, headYaw=0.08),
        _stroke(0.28, 0.24, 0.02, 0.24, headYaw=-0.10),
        _stroke(0.64, 0.24, 0.02, 0.3, headYaw=0.06),
    ),
    "tilt": (_stroke(0, 0.4, 0.9, 0.6, headRoll=0.10, headX=0.1, browInnerUp=0.08),),
    # eyes go first and the head after them (Freedman, Coordination of the eyes and head during visual orienting,
    # Experimental Brain Research 190, 2008)
    "look away": (
        _stroke(0, 0.08, 1.0, 0.12, gazeRight=0.55, gazeUp=0.06),
        _stroke(0.06, 0.35, 0.6, 0.4, headYaw=0.09),
    ),
    "look down": (
        _stroke(0, 0.1, 1.0, 0.14, gazeUp=-0.55),
        _stroke(0.06, 0.35, 0.6, 0.4, headPitch=0.08),
    ),
    "look up": (
        _stroke(0, 0.1, 0.9, 0.14, gazeUp=0.5, gazeRight=0.12),
        _stroke(0.06, 0.3, 0.5, 0.4, headPitch=-0.05),
    ),
    # who thinks looks away, most often up and to a side (Glenberg, Schroeder and Robertson, Averting the gaze
    # disengages the environment and facilitates remembering, Memory and Cognition 26, 1998)
    "think": (
        _stroke(0, 0.08, 1.3, 0.12, gazeRight=0.4, gazeUp=0.35),
        _stroke(0.06, 0.4, 0.9, 0.5, headYaw=0.05, headPitch=-0.03, headRoll=0.03, browDown_=0.16, mouthPress_=0.15),
    ),
    # AU 1 and 2, as a greeting lasts a third of a second (Grammer et al., Patterns on the face: the eyebrow flash in
    # crosscultural comparison, Ethology 77, 1988)
    "raise brows": (_stroke(0, 0.14, 0.2, 0.3, browInnerUp=0.45, browOuterUp_=0.5, eyeWide_=0.1, headPitch=-0.015),),
    # AU 4, with a little of 15
    "frown": (_stroke(0, 0.3, 1.0, 0.6, browDown_=0.5, eyeSquint_=0.12, mouthFrown_=0.2, headPitch=0.02),),
    # AU 46, with 6 and 12 of its side
    "wink": (
        _stroke(0, 0.1, 0.1, 0.16, eyeBlinkLeft=1.0, cheekSquintLeft=0.45, mouthSmileLeft=0.3, browDownLeft=0.15),
    ),
    # AU 1, 2, 5 and 26
    "surprise": (
        _stroke(0, 0.16, 0.6, 0.6, browInnerUp=0.5, browOuterUp_=0.5, eyeWide_=0.45, jawOpen=0.16, headPitch=-0.03),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """A gesture under way.

    Attributes:
        strokes: of the gesture.
        gain: on every channel, [62].
        start: absolute number of its first frame.
    """

    strokes: Sequence[Stroke]
    gain: FloatArray
    start: int

    @classmethod
    def begin(cls, name: str, strength: float, start: int, seed: int) -> Curve:
        """Begin the gesture `name` of `GESTURES`; seed and frame decide its side, and its size within 12 %."""
        rng = np.random.default_rng((seed, start))
        gain = np.full(N_OFFSET, strength * (1.0 + VARIES * rng.uniform(-1, 1)), np.float32)
        gain[list(MIRRORED)] *= rng.choice((-1.0, 1.0))
        return cls(GESTURES[name], gain, start)

    def at(self, frame: int) -> FloatArray:
        """What it adds to the frame with this number, [62]; 0 before it begins and after its end."""
        at_s = (frame - self.start + 1) / FPS
        total = np.zeros(N_OFFSET, np.float32)
        for stroke in self.strokes:
            if stroke.begin_s < at_s < stroke.end_s:
                total += stroke.level(at_s) * stroke.pose
        return total * self.gain

    def over(self, frame: int) -> bool:
        """Whether nothing of it is left for the frame with this number and those after it."""
        return (frame - self.start + 1) / FPS >= max(stroke.end_s for stroke in self.strokes)
