"""Things drawn before faces: where they are meant to lie, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from visavis_models.train.before_faces import Picture, put_box, put_hand, put_lock, put_microphone

GREY = np.full((200, 200, 3), 128, np.uint8)


@pytest.mark.parametrize(
    ("put", "inside", "outside"),
    [
        (lambda picture: put_hand(picture, (100, 110), 8.0, (200, 150, 120)), (110, 100), (20, 20)),
        (lambda picture: put_hand(picture, (100, 110), 8.0, (200, 150, 120), back=True, roll=90), (110, 100), (20, 20)),
        (lambda picture: put_lock(picture, [(60, 20), (70, 100), (60, 190)], 30, (40, 30, 20)), (100, 68), (100, 150)),
        (lambda picture: put_microphone(picture, (100, 90), 30), (90, 100), (20, 100)),
        (lambda picture: put_box(picture, (100, 100), (40, 90), 10, (20, 20, 30)), (100, 100), (100, 160)),
    ],
)
def test_a_thing_covers_its_place(
    put: Callable[[Picture], Picture], inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    drawn = put(GREY)
    assert np.abs(drawn[inside].astype(int) - 128).max() > 20
    assert (drawn[outside] == 128).all()
    assert (drawn == put(GREY)).all()


def test_a_hand_has_its_fingers_upwards_and_its_thumb_aside() -> None:
    open_hand, fist = (put_hand(GREY, (100, 110), 8.0, (220, 160, 120), curl=4 * (curl,)) for curl in (5, 90))
    differ = (open_hand != fist).any(axis=2)
    assert differ[:60].any() and not differ[185:].any()
    mirrored = put_hand(GREY, (100, 110), 8.0, (220, 160, 120), left=True, curl=4 * (5,))
    reds = [(picture[..., 0] > picture[..., 2] + 20) for picture in (open_hand, mirrored)]
    assert (reds[0][:, 40:60].sum() > 0) and reds[0][:, :95].sum() > reds[1][:, :95].sum()
