"""What lies before a face: edges that have no fellow on its other side."""

from __future__ import annotations

import numpy as np
import pytest

from visavis_models.serve.enrol.cover import CELL_CM, Layout, hand_mask, strange
from visavis_models.serve.head import Head

SKIN, HAIR = np.log([190.0, 140.0, 115.0]), np.log([60.0, 42.0, 34.0])


@pytest.fixture(scope="module")
def layout() -> Layout:
    return Layout.of(Head.load())


def test_the_layout_is_the_face_from_the_front(layout: Layout) -> None:
    head = Head.load()
    shown = (head.points[layout.corners] * layout.share[..., None]).sum(2)
    np.testing.assert_allclose(shown[layout.judged, 0], layout.x[layout.judged], atol=0.02)
    np.testing.assert_allclose(shown[layout.judged, 1], layout.y[layout.judged], atol=0.02)
    assert 90 < layout.judged.sum() * CELL_CM**2 < 130
    assert (layout.judged == layout.judged[:, ::-1]).all()


def coloured(layout: Layout, dark: np.ndarray) -> np.ndarray:
    return np.where(dark[..., None], HAIR, SKIN).astype(np.float32)


def test_a_lock_on_one_side_is_strange_and_one_on_each_is_not(layout: Layout) -> None:
    lock = np.abs(layout.x - 3.6) < 0.8
    found = strange(layout, coloured(layout, lock))
    assert found.any() and layout.name(found) == "person's left cheek"
    assert layout.name(strange(layout, coloured(layout, lock[:, ::-1]))) == "person's right cheek"
    assert not strange(layout, coloured(layout, lock | lock[:, ::-1])).any()


def test_soft_light_from_the_side_and_a_mole_are_not_strange(layout: Layout) -> None:
    light = 0.5 / (1 + np.exp(-layout.x / 2))
    mole = np.hypot(layout.x - 3, layout.y + 2) < 0.25
    assert not strange(layout, coloured(layout, mole) + light[..., None].astype(np.float32)).any()


def test_a_hand_covers_its_palm_and_its_fingers() -> None:
    hand = np.zeros((21, 3), np.float32)
    hand[0, :2] = 100, 180
    for finger in range(5):
        for joint in range(4):
            hand[1 + 4 * finger + joint, :2] = 60 + 20 * finger, 130 - 25 * joint
    mask = hand_mask(hand, (200, 200, 3)) > 0
    assert mask[150, 100] and mask[60, 80] and mask[60, 140]
    assert not mask[100, 20] and not mask[20, 100]
