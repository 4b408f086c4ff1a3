"""The models that find a face, a body, hands and a figure's outline in a picture, as mediapipe's Tasks want them.

mediapipe 1.2 carries no models. Version 0.10.21 does, as single TensorFlow Lite files; set-up takes them out of its
wheel (which is never installed), adds what Tasks misses in them and zips them, stored, into the per-user cache.
`VISAVIS_FACE_BUNDLE` names an official `face_landmarker.task` to use instead. At run time nothing is fetched.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from visavis.media import cache
from visavis.media.errors import AssetError, InputError

FACE_BUNDLE_VARIABLE = "VISAVIS_FACE_BUNDLE"
RELEASE = "0.10.21"
MAKING = "1"  # how bundles are put together: count it up when that changes
FACE_NAME = f"mediapipe-{RELEASE}-{MAKING}/face_landmarker.task"
POSE_NAME = f"mediapipe-{RELEASE}-{MAKING}/pose_landmarker.task"
SELFIE_NAME = f"mediapipe-{RELEASE}-{MAKING}/selfie_segmenter.tflite"
HAND_NAME = f"mediapipe-{RELEASE}-{MAKING}/hand_landmarker.task"
FACE_MEMBERS = ("face_detector.tflite", "face_landmarks_detector.tflite")

MODULES = "mediapipe/modules/"
FACE_DETECTION = MODULES + "face_detection/face_detection_short_range.tflite"
FACE_LANDMARK = MODULES + "face_landmark/face_landmark_with_attention.tflite"
POSE_DETECTION = MODULES + "pose_detection/pose_detection.tflite"
POSE_LANDMARK = MODULES + "pose_landmark/pose_landmark_full.tflite"
SELFIE = MODULES + "selfie_segmentation/selfie_segmentation.tflite"
PALM_DETECTION = MODULES + "palm_detection/palm_detection_full.tflite"
HAND_LANDMARK = MODULES + "hand_landmark/hand_landmark_full.tflite"
SHA256 = {
    FACE_DETECTION: "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    FACE_LANDMARK: "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
    POSE_DETECTION: "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    POSE_LANDMARK: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    SELFIE: "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    PALM_DETECTION: "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    HAND_LANDMARK: "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
}
DOWNLOAD_S = 600.0  # the wheel has 36 MB


@dataclass(frozen=True)
class Bundles:
    """Paths of the models.

    Attributes:
        face: gives the 478 points of a face; the assembled one neither blendshape scores nor a matrix.
        pose: gives the 33 points of a body.
        selfie: tells a person from what is behind.
        hand: gives the 21 points of each hand.
    """

    face: Path
    pose: Path
    selfie: Path
    hand: Path


def find() -> Bundles:
    """The models that set-up made, checked against their checksums.

    Raises:
        AssetError: they have not been made, or are damaged.
        InputError: `VISAVIS_FACE_BUNDLE` names no face landmarker bundle.
    """
    face, pose = _official() or cache.find(FACE_NAME), cache.find(POSE_NAME)
    selfie, hand = cache.find(SELFIE_NAME), cache.find(HAND_NAME)
    if face is None or pose is None or selfie is None or hand is None:
        raise AssetError("the models that see faces are not set up; run `make setup`")
    return Bundles(face, pose, selfie, hand)


def ensure(say: Callable[[str], object] = lambda line: None) -> Bundles:
    """The models, assembled when they are missing or damaged: for set-up, since it fetches a 36 MB wheel.

    Args:
        say: told in a line what takes so long.

    Raises:
        AssetError: the wheel cannot be fetched, or does not hold what it should.
        InputError: `VISAVIS_FACE_BUNDLE` names no face landmarker bundle.
    """
    try:
        return find()
    except AssetError:
        say("models that see faces (36 MB)")
        models = _download()
    return Bundles(
        _official() or cache.make(FACE_NAME, lambda path: write_face_bundle(path, models)),
        cache.make(POSE_NAME, lambda path: write_pose_bundle(path, models)),
        cache.make(SELFIE_NAME, lambda path: path.write_bytes(models[SELFIE])),
        cache.make(HAND_NAME, lambda path: write_hand_bundle(path, models)),
    )


def write_face_bundle(path: Path, models: Mapping[str, bytes]) -> None:
    """Zip detector and refined landmarks of a face from the wheel's models."""
    from visavis.vision.tflite import with_one_landmark_output

    detector, landmarks = FACE_MEMBERS
    _zip(path, {detector: models[FACE_DETECTION], landmarks: with_one_landmark_output(models[FACE_LANDMARK])})


def write_pose_bundle(path: Path, models: Mapping[str, bytes]) -> None:
    """Zip detector and landmarks of a body. The landmarks model says nothing of its input: it wants 0..1."""
    from visavis.vision.tflite import normalized

    landmarks = normalized(models[POSE_LANDMARK], mean=0.0, std=255.0)
    _zip(path, {"pose_detector.tflite": models[POSE_DETECTION], "pose_landmarks_detector.tflite": landmarks})


def write_hand_bundle(path: Path, models: Mapping[str, bytes]) -> None:
    """Zip detector and landmarks of hands, which come as Tasks want them."""
    _zip(
        path, {"hand_detector.tflite": models[PALM_DETECTION], "hand_landmarks_detector.tflite": models[HAND_LANDMARK]}
    )


def read_models(wheel: Path) -> dict[str, bytes]:
    """The models in mediapipe's wheel, each checked.

    Raises:
        AssetError: the file is no such wheel, or a model in it is not the one expected.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            models = {name: archive.read(name) for name in SHA256}
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise AssetError(f"{wheel.name}: not the wheel of mediapipe {RELEASE} ({error})") from error
    for name, model in models.items():
        if hashlib.sha256(model).hexdigest() != SHA256[name]:
            raise AssetError(f"{wheel.name}: {name} is not the model expected")
    return models


def _official() -> Path | None:
    given = os.environ.get(FACE_BUNDLE_VARIABLE)
    if not given:
        return None
    path = Path(given).expanduser()
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{FACE_BUNDLE_VARIABLE}={given}: not a task bundle ({error})") from error
    if not set(FACE_MEMBERS) <= set(members):
        raise InputError(f"{FACE_BUNDLE_VARIABLE}={given}: not a face landmarker; name a face_landmarker.task")
    return path


def _download() -> dict[str, bytes]:
    """The wheel for one platform and Python is as good as any: only its models are read."""
    with tempfile.TemporaryDirectory(prefix="visavis-mediapipe-") as folder:
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--only-binary=:all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "311"),
            *("--dest", folder, f"mediapipe=={RELEASE}"),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=DOWNLOAD_S)
        except subprocess.CalledProcessError as error:
            reason = (error.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise AssetError(f"mediapipe {RELEASE}, whose models see faces, cannot be fetched: {reason}") from error
        except subprocess.TimeoutExpired as error:
            raise AssetError(f"mediapipe {RELEASE} cannot be fetched: no end after {DOWNLOAD_S:.0f} s") from error
        return read_models(next(Path(folder).glob("mediapipe-*.whl")))


def _zip(path: Path, members: Mapping[str, bytes]) -> None:
    """Stored, not deflated: mediapipe maps the members into memory. The date is fixed, so that the sum is, too."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
