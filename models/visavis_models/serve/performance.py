"""A face's own acts over what its voice moves: gestures, mood, thought and listening, added to the model's motion.

It never feeds back: the motion model anchors on its own frames, and what is added here is a function of the frames'
numbers, the seed, the directions and the person alone. So a frame that is skipped or planned again finds its act where
it was, and a face to which nothing happens shows the model's motion to the bit.

The mouth belongs to the voice. While that sounds, nothing is added to the shapes that speak, and over lips that the
voice has closed nothing that could part them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.direction import Act, Direction, Feel, Think
from visavis_models.serve.ease import Ease
from visavis_models.serve.emotion import EMOTIONS, MOODS, emotion_vector
from visavis_models.serve.gesture import GAZE_RIGHT, GAZE_UP, N_OFFSET, Curve, offset
from visavis_models.serve.layout import SPEECH
from visavis_models.serve.motion import legal
from visavis_models.serve.reaction import SMILE_MOST, Listener
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, N_MOTION, Motion, channels

FloatArray = NDArray[np.float32]

ANSWERING_MOUTH = offset({"mouthSmile*": 1.0, "mouthDimple*": 0.15})  # AU 12
ANSWERING_EYES = offset({"cheekSquint*": 0.6, "eyeSquint*": 0.3})  # AU 6
SMILE = channels("mouthSmileLeft", "mouthSmileRight")
MOST = 0.65  # weight of a smile, whatever comes together
MOUTH = np.array(SPEECH)

FEELINGS = {name: offset(MOODS[name]) for name in EMOTIONS}
FEELING_RISE_S, FEELING_FALL_S = 0.25, 0.6

THOUGHT = offset({"browDown*": 0.12, "browInnerUp": 0.10, "mouthPress*": 0.12, "headPitch": -0.025})
THINKS_AFTER = 9  # frames, 0.36 s: who answers at once has not looked away
THOUGHT_RISE_S, THOUGHT_FALL_S = 0.12, 0.12
THOUGHT_CELL = 45  # frames, 1.8 s, for which the eyes rest at one place
THOUGHT_RIGHT, THOUGHT_UP = (0.25, 0.5), (0.05, 0.4)  # where: to the side, up
THOUGHT_YAW = 0.12  # rad of the head for 1 of gaze

SOUNDS = 0.003  # RMS, full scale 1, of the own voice
AHEAD = 3  # frames: the mouth is the voice's from so long before it sounds
TAKES, GIVES_BACK = 0.5, 0.12  # share of the mouth that the voice takes, and gives back, a frame
TOUCHING = 0.02  # weight of opening below which lips touch
PARTING = channels("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")

EYE_REACH = 0.5  # rad of head turn that gaze 1 makes up for
STEADY = 0.8  # share of the head's turn that eyes make up for, as the model's own do
LID_FOLLOWS = 0.25  # lids of eyes that look down


class Performance:
    """The acts of one stream, frame by frame.

    Args:
        seed: of what chance decides.
        listening: whether it reacts to the person.
        bearing: how it feels where nobody tells it to, names of `EMOTIONS` with strengths 0..1.

    Raises:
        InputError: an unknown emotion, or a strength out of range.
    """

    def __init__(self, *, seed: int = 0, listening: bool = True, bearing: Mapping[str, float] | None = None) -> None:
        self._seed, self._frame = seed, 0
        self._listener = Listener() if listening else None
        self._curves: list[Curve] = []
        self._coming: list[tuple[int, Direction]] = []
        self._mood = Mood(bearing or {})
        self._thought = Thought(seed)
        self._voice = OwnVoice()

    def direct(self, direction: Direction, in_frames: int = 0) -> None:
        """Have `direction` begin with the next frame, or so many frames after it."""
        self._coming.append((self._frame + in_frames, direction))

    def next(
        self, row: FloatArray, voice: FloatArray, user: FloatArray | None = None, user_motion: Motion | None = None
    ) -> FloatArray:
        """The next frame's motion.

        Args:
            row: what the model wants of it, float32 [60]; it is not written to.
            voice, user, user_motion: as in `MotionStream.next`.

        Returns:
            float32 [60] within the channels' legal ranges; `row` itself where nothing is to be added.
        """
        frame, self._frame = self._frame, self._frame + 1
        self._begin(frame)
        self._voice.next(voice)
        added, hold = self._mood.next(frame) + self._thought.next(frame), 0.0
        if self._listener is not None:
            reaction = self._listener.next(self._voice.leaves < 1.0, user, user_motion)
            if reaction.smile:
                # a mouth that smiles already does not grin, but its eyes answer
                smiles = float((row[SMILE] + added[SMILE]).mean())
                mouth = min(reaction.smile, max(SMILE_MOST - smiles, 0.0))
                added += mouth * ANSWERING_MOUTH + reaction.smile * ANSWERING_EYES
            hold = reaction.hold
        self._curves = [curve for curve in self._curves if not curve.over(frame)]
        for curve in self._curves:
            added += curve.at(frame)
        if not added.any() and not hold:
            return row
        return self._on(row, added, hold)

    def _begin(self, frame: int) -> None:
        due = [direction for at, direction in self._coming if at <= frame]
        self._coming = [item for item in self._coming if item[0] > frame]
        for direction in due:
            match direction:
                case Act(name, strength):
                    self._curves.append(Curve.begin(name, strength, frame, self._seed))
                case Feel():
                    self._mood.feel(direction, frame)
                case Think(begin):
                    self._thought.begin(frame if begin else None)

    def _on(self, row: FloatArray, added: FloatArray, hold: float) -> FloatArray:
        out = row.copy()
        shut = self._voice.sounds and opening(row) < TOUCHING
        added[MOUTH] *= 0.0 if shut else self._voice.leaves
        out += added[:N_MOTION]
        out[SMILE] = np.maximum(row[SMILE], np.minimum(out[SMILE], MOST))
        _look(out, row, added, hold)
        return legal(out[None])[0]


class Mood:
    """How the face feels: as usual, or as it was told to, coming and going."""

    def __init__(self, bearing: Mapping[str, float]) -> None:
        usual = dict(zip(EMOTIONS, emotion_vector(bearing).tolist(), strict=True))
        self._levels = {name: Ease(FEELING_RISE_S, FEELING_FALL_S, level) for name, level in usual.items()}
        self._usual = usual
        self._felt, self._until = Feel(""), 0.0

    def feel(self, felt: Feel, frame: int) -> None:
        self._felt, self._until = felt, frame + felt.seconds * FPS

    def next(self, frame: int) -> FloatArray:
        """What it adds, [62]."""
        total = np.zeros(N_OFFSET, np.float32)
        for name, level in self._levels.items():
            if level.next(self._goal(name, frame)):
                total += level.level * FEELINGS[name]
        return total

    def _goal(self, name: str, frame: int) -> float:
        """A feeling takes the place of all others that are usual; one that is usual anyway becomes no weaker."""
        usual = self._usual[name]
        if not self._felt.emotion or frame >= self._until:
            return usual
        return max(usual, self._felt.strength) if name == self._felt.emotion else 0.0


class Thought:
    """The look of somebody who thinks: gaze away, from one place to the next, brows a little together."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._side = float(np.random.default_rng((seed, 2)).choice((-1.0, 1.0)))
        self._since: int | None = None
        self._level = Ease(THOUGHT_RISE_S, THOUGHT_FALL_S)

    def begin(self, frame: int | None) -> None:
        """Think from the frame with this number on; None: no more."""
        if frame is None or self._since is None:
            self._since = frame

    def next(self, frame: int) -> FloatArray:
        """What it adds, [62]."""
        thinks = self._since is not None and frame - self._since >= THINKS_AFTER
        level = self._level.next(float(thinks))
        total = np.float32(level) * THOUGHT
        if level:
            rng = np.random.default_rng((self._seed, frame // THOUGHT_CELL, 2))
            right, up = self._side * rng.uniform(*THOUGHT_RIGHT), rng.uniform(*THOUGHT_UP)
            total[[GAZE_RIGHT, GAZE_UP]] = level * right, level * up
            total[INDEX["headYaw"]] = level * self._side * THOUGHT_YAW * float(np.mean(THOUGHT_RIGHT))
        return total


class OwnVoice:
    """Whether the face speaks, and how much of its mouth that leaves.

    Attributes:
        sounds: whether the voice sounds in this frame or the next ones.
        leaves: share of the mouth that is free, 0..1.
    """

    def __init__(self) -> None:
        self.sounds = False
        self.leaves = 1.0

    def next(self, voice: FloatArray) -> None:
        near = voice[: AHEAD * MODEL_FRAME]
        frames = near[: len(near) // MODEL_FRAME * MODEL_FRAME].reshape(-1, MODEL_FRAME)
        self.sounds = any(frame @ frame > SOUNDS**2 * MODEL_FRAME for frame in frames)
        self.leaves = max(self.leaves - TAKES, 0.0) if self.sounds else min(self.leaves + GIVES_BACK, 1.0)


def opening(row: FloatArray) -> float:
    """How far the lips are parted, as a weight: what the jaw opens and they do not close, and what parts them."""
    jaw = max(float(row[INDEX["jawOpen"]] - row[INDEX["mouthClose"]]), 0.0)
    return jaw + float(row[PARTING].max())


def _look(out: FloatArray, row: FloatArray, added: FloatArray, hold: float) -> None:
    """Turn the eyes, in place: towards the camera by the share `hold`, and by what is added.

    The eyes of `row` make up for the head's turn as it is there; what is added to the turn is made up for here.
    """
    yaw, pitch = row[INDEX["headYaw"]], row[INDEX["headPitch"]]
    turn, tip = added[INDEX["headYaw"]], added[INDEX["headPitch"]]
    right, up = added[GAZE_RIGHT] - STEADY * turn / EYE_REACH, added[GAZE_UP] + STEADY * tip / EYE_REACH
    # the picture's right is the person's left
    for to, fro in (("OutLeft", "InLeft"), ("InRight", "OutRight")):
        _shift(out, row, (INDEX[f"eyeLook{to}"], INDEX[f"eyeLook{fro}"]), right, hold, -STEADY * yaw / EYE_REACH)
    for side in ("Left", "Right"):
        axis = INDEX[f"eyeLookUp{side}"], INDEX[f"eyeLookDown{side}"]
        # moods look down by these channels themselves
        own_up = up + float(added[axis[0]] - added[axis[1]])
        at = _shift(out, row, axis, own_up, hold, STEADY * pitch / EYE_REACH)
        lid = INDEX[f"eyeBlink{side}"]
        out[lid] = max(out[lid], -LID_FOLLOWS * at)


def _shift(out: FloatArray, row: FloatArray, axis: tuple[int, int], by: float, hold: float, held: float) -> float:
    """Where two opposite channels, as one signed number, come to: the share `hold` of the way to `held`, and `by`."""
    own = float(row[axis[0]] - row[axis[1]])
    at = own + hold * (held - own) + by
    out[axis[0]], out[axis[1]] = max(at, 0.0), max(-at, 0.0)
    return at
