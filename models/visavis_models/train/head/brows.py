"""What the source's frown lacks: its inner ends go down and together least of all, so that it looks worried.

Action unit 4 of the Facial Action Coding System (Ekman, Friesen and Hager 2002) is three muscles: corrugator supercilii
draws a brow down and towards the other one, depressor supercilii and procerus draw its inner end down; the skin between
them folds into upright furrows. The source's shape lowers the inner ends by 2 mm and the middles by 4. Amounts here are
chosen by eye, such that an inner end goes down by 5 to 6 mm, and by 4 to 5 towards the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.smooth import smoothstep

FloatArray = NDArray[np.float64]

INNER_CM = (1.45, 5.6)  # |x| and y of the middle of a brow's inner end on the mean head
REACH_CM = (2.2, 2.6, 2.6, 1.9)  # how far from there the skin goes with it: towards the nose, outwards, up, down
DOWN_CM, TOGETHER_CM = 0.33, 0.24
MIDDLE_CM = 0.9  # so near to the middle of the face skin gives way to that of the other side
FURROW_CM, RIDGE_CM = (0.5, 0.18), (0.95, 0.28)  # where a furrow and the fold beside it lie, and their width
DEPTH_CM, FOLD = 0.1, 0.6  # of a furrow, and how much of that the fold stands out
FURROW_Y_CM = (5.25, 1.15)  # the middle of its height, and half of that
FRONT_CM = 5.0  # z beyond which skin is the face's front


def frown(points: FloatArray, side: int) -> FloatArray:
    """What `browDown` of one side (0: the person's right) does besides to skin [N, 3] of the mean head, [N, 3] cm."""
    outward = (-1.0, 1.0)[side]
    x, y = outward * points[:, 0] - INNER_CM[0], points[:, 1] - INNER_CM[1]
    inwards, outwards, up, down = REACH_CM
    away = np.hypot(np.where(x < 0, -x / inwards, x / outwards), np.where(y > 0, y / up, -y / down))
    front = points[:, 2] > FRONT_CM
    share = front * smoothstep(0, 1, 1 - away)
    x = outward * points[:, 0]
    upright = front * smoothstep(0, 1, 1 - np.abs(points[:, 1] - FURROW_Y_CM[0]) / FURROW_Y_CM[1])
    furrow, ridge = (np.exp(-(((x - at) / width) ** 2)) for at, width in (FURROW_CM, RIDGE_CM))
    return np.stack(
        [
            -outward * TOGETHER_CM * share * smoothstep(0, 1, x / MIDDLE_CM),
            -DOWN_CM * share,
            -DEPTH_CM * (furrow - FOLD * ridge) * upright,
        ],
        axis=1,
    )
