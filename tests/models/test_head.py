import numpy as np
import pytest

from visavis_models.errors import AssetError
from visavis_models.serve.head import ASSET, PARTS, Head, pack, unpack
from visavis_models.spec import INDEX, N_MOTION, WEIGHTS


def test_shipped_head_keeps_its_budget() -> None:
    head = Head.load()
    V = len(head.points)
    assert len(head.skin) <= 6000 and ASSET.stat().st_size <= 8_000_000
    assert head.identity.shape[1:] == (V, 3) and len(head.identity) >= 60
    assert head.expression.shape == (WEIGHTS.stop, V, 3)
    assert head.triangles.min() == 0 and head.triangles.max() == V - 1
    assert Head.load() is head


def test_parts_follow_each_other_and_cover_all() -> None:
    head = Head.load()
    for ranges, count in ((head.vertices, len(head.points)), (head.faces, len(head.triangles))):
        ends = [0, *(ranges[name].stop for name in PARTS)]
        assert [ranges[name].start for name in PARTS] == ends[:-1] and ends[-1] == count
    for name in PARTS[4:]:  # everything but what is welded to the skin stands alone
        corners = head.triangles[head.faces[name]]
        assert corners.max() < head.vertices[name].stop


def test_face_is_whole() -> None:
    """Every edge of the face lies in at most two triangles, and its only openings are mouth, eyes and the outline."""
    head = Head.load()
    face = head.triangles[head.faces["face"]]
    edges = np.sort(np.concatenate([face[:, [0, 1]], face[:, [1, 2]], face[:, [2, 0]]]), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    assert count.max() == 2
    borders = ["outline", "lips.upper", "lips.lower"]
    borders += [f"lids.{side}.{half}" for side in ("right", "left") for half in ("upper", "lower")]
    assert set(unique[count == 1].ravel()) == set(np.concatenate([head.paths[name] for name in borders]))


def test_paths_lie_where_they_should() -> None:
    head = Head.load()
    height = {name: float(head.points[row, 1].mean()) for name, row in head.paths.items()}
    assert height["lips.outer.upper"] > height["lips.outer.lower"]
    assert height["brow.left.upper"] > height["brow.left.lower"] > height["lids.left.edge.upper"]
    assert (
        head.points[head.paths["lids.right.upper"], 0].max() < 0 < head.points[head.paths["lids.left.upper"], 0].min()
    )
    for name, row in head.paths.items():
        assert row.max() < len(head.points) and len(np.unique(row)) == len(row), name


def test_channels_move_what_they_name() -> None:
    head = Head.load()
    chin, lip = head.landmark(152), head.landmark(0)
    jaw = head.expression[INDEX["jawOpen"]]
    assert jaw[chin, 1] < -2 < -0.4 < jaw[lip, 1]
    blink = head.expression[INDEX["eyeBlinkRight"]]
    assert blink[head.paths["lids.right.edge.upper"], 1].min() < -0.6
    assert np.abs(blink[head.vertices["left_sclera"]]).max() == 0
    tongue = head.expression[INDEX["tongueOut"], head.vertices["tongue"]]
    assert tongue[:, 2].max() > 3
    assert not head.expression[INDEX["breath"]].any()


def test_eyes_turn_about_their_centres() -> None:
    head = Head.load()
    iris = head.vertices["left_iris"]
    centre = head.centre(head.points, 1)
    row = np.zeros(N_MOTION, np.float32)
    row[INDEX["eyeLookOutLeft"]] = 1
    still, turned = head.points[iris] - centre, head.shaped(np.zeros(0), row)[iris] - centre
    assert np.allclose(np.linalg.norm(still, axis=1), np.linalg.norm(turned, axis=1), atol=0.02)
    assert (turned - still)[still[:, 2].argmax(), 0] > 0.6  # the pupil, to the person's left


def test_modes_are_packed_without_loss() -> None:
    modes = np.random.default_rng(0).integers(-30_000, 30_000, (3, 50, 3)) * 0.001
    assert np.allclose(unpack(pack(modes, 0.001), 0.001), modes, atol=1e-4)


def test_damaged_head_is_named(tmp_path) -> None:
    (tmp_path / "head.npz").write_bytes(ASSET.read_bytes()[:5000])
    with pytest.raises(AssetError, match=r"head\.npz"):
        Head.read(tmp_path / "head.npz")
