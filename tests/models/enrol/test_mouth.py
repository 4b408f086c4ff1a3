"""What lies behind the lips: teeth that meet their neighbours, a tongue that ends in the dark."""

import numpy as np

from visavis_models.serve.enrol.mouth import meeting
from visavis_models.serve.head import Head
from visavis_models.serve.shading import TONGUE_END, light_tongue

TEETH = 16  # of a row


def rows_of_teeth(head: Head, points: np.ndarray) -> list[list[np.ndarray]]:
    """The points of each tooth, row by row, as the triangles hang together."""
    rows = []
    for name in ("upper_teeth", "lower_teeth"):
        left = {frozenset(triangle) for triangle in head.triangles[head.faces[name].start : head.faces[name].stop]}
        teeth: list[set[int]] = []
        for triangle in left:
            touched = [tooth for tooth in teeth if tooth & triangle]
            teeth = [tooth for tooth in teeth if not tooth & triangle] + [set(triangle).union(*touched)]
        rows.append([points[sorted(tooth)] for tooth in teeth])
    return rows


def test_every_tooth_is_as_wide_as_its_place_and_nothing_else_moves() -> None:
    head = Head.load()
    points = head.points.astype(np.float64)
    moved = meeting(head, points)
    for before, after in zip(rows_of_teeth(head, points), rows_of_teeth(head, moved), strict=True):
        assert len(before) == TEETH
        for tooth, wider in zip(before, after, strict=True):
            assert np.allclose(np.ptp(wider, axis=0), np.ptp(tooth, axis=0) * (1.07, 1, 1.07))
        left, right = sorted((tooth[:, 0] for tooth in after), key=lambda x: abs(x.mean()))[:2]
        assert min(left.max(), right.max()) - max(left.min(), right.min()) > 0.04  # the two in front overlap, cm
    changed = np.nonzero((moved != points).any(1))[0]
    assert changed.min() >= min(head.vertices[name].start for name in ("upper_teeth", "lower_teeth"))
    assert changed.max() < max(head.vertices[name].stop for name in ("upper_teeth", "lower_teeth"))


def test_a_tongue_fades_to_the_dark_behind_its_tip() -> None:
    cm = np.float32(20)
    points = np.zeros((5, 3), np.float32)
    points[:, 2] = -cm * np.linspace(0, TONGUE_END, 5, dtype=np.float32)
    sums = np.tile(np.float32([0, 0, 1]), (5, 1))
    colours = np.empty((5, 3), np.float32)
    light_tongue(points, sums, 0.0, cm, np.float32([190, 98, 96]), colours)
    assert (np.diff(colours[:, 0]) < 0).all() and colours[0, 0] > 150 and colours[-1].max() == 0
