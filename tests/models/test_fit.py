"""The fit against a face of known pose and weights: landmarks are the head's own, projected."""

import numpy as np

from visavis_models.serve.fit import K, Pose, Prior, Shape, fit_frame
from visavis_models.serve.head import Head
from visavis_models.serve.normal import DISTANCE, boxed
from visavis_models.serve.rotation import rotation
from visavis_models.spec import INDEX

POSE = Pose(rotation(0.1, -0.15, 0.05).astype(np.float64), np.array([250.0, 240.0, 3.0]), 12.0)


def test_pose_knows_its_angles_and_place() -> None:
    assert np.allclose(POSE.angles(), (0.1, -0.15, 0.05), atol=1e-6)
    nearer = Pose(POSE.turn, POSE.centre + np.array([12.0, -24.0, 0]), POSE.scale * 2)
    assert np.allclose(nearer.place(POSE), (1.0, 2.0, DISTANCE / 2))


def test_derivatives_are_those_of_the_projection() -> None:
    points = Shape.of(Head.load(), np.zeros(1)).points
    flat, by_points, by_pose = POSE.linearised(points)
    assert np.allclose(flat, POSE.project(points))
    step = np.array([2e-4, -3e-4, 1e-4, 0.02, 0.01, -0.01, 1e-4])
    assert np.allclose(POSE.moved(step).project(points) - flat, by_pose @ step, atol=1e-4)
    assert np.allclose(POSE.project(points + 1e-4) - flat, by_points.sum(2) * 1e-4, atol=1e-5)


def test_boxed_minimum_meets_its_conditions() -> None:
    """Inside the box, above the mean, the slope is minus what a weight costs; on the borders it points outwards."""
    rng = np.random.default_rng(1)
    J = rng.normal(size=(40, 12))
    H, g, mean, x = J.T @ J, 60 * rng.normal(size=12), np.zeros(12), np.full(12, 0.5)
    boxed(H, g, x, mean, np.zeros(12))
    slope = H @ x - g + 1.0
    inside = (x > 0) & (x < 1)
    assert np.allclose(slope[inside], 0, atol=2e-3) and (slope[x == 0] >= -1e-6).all() and (slope[x == 1] <= 1e-6).all()


def test_what_is_less_than_at_rest_is_found_down_to_its_least() -> None:
    x, low = np.zeros(2), np.array([-0.3, 0.0])
    boxed(100 * np.eye(2), np.full(2, -80.0), x, np.zeros(2), low)
    assert np.allclose(x, low)


def test_known_face_is_found_again() -> None:
    shape = Shape.of(Head.load(), np.array([0.5, -1.0, 0.7]))
    weights = np.zeros(K)
    for name, weight in {"jawOpen": 0.3, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.4, "eyeBlinkLeft": 0.8}.items():
        weights[INDEX[name]] = weight
    seen = POSE.project(shape.at(weights))
    start = Pose(np.eye(3), POSE.centre + 5, POSE.scale * 1.1)
    pose, found = start, np.zeros(K)
    for _ in range(4):
        pose, found = fit_frame(shape, seen, pose, found, Prior.about(np.zeros(K)))
    assert np.abs(found - weights).max() < 0.12
    assert np.abs(np.subtract(pose.angles(), POSE.angles())).max() < 0.02


def test_calm_face_stays_as_it_is() -> None:
    calm = np.zeros(K)
    calm[INDEX["browInnerUp"]] = 0.4
    shape = Shape.of(Head.load(), np.zeros(1))
    wanted = POSE.project(shape.at(calm)) + np.random.default_rng(0).normal(0, 2, (len(shape.landmarks), 3))
    met = shape.met(POSE, calm, wanted)
    _, found = fit_frame(met, wanted, POSE, calm, Prior.about(calm))
    assert np.abs(found - calm).max() < 0.02
