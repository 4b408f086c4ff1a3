import zipfile
from pathlib import Path

import pytest

from visavis.media.errors import AssetError, InputError
from visavis.vision import bundles


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(bundles.FACE_BUNDLE_VARIABLE, raising=False)
    return tmp_path


def test_finds_what_set_up_made(assembled: bundles.Bundles) -> None:
    assert bundles.ensure() == assembled
    with zipfile.ZipFile(assembled.face) as face, zipfile.ZipFile(assembled.pose) as pose:
        assert tuple(face.namelist()) == bundles.FACE_MEMBERS
        assert all(member.compress_type == zipfile.ZIP_STORED for member in (*face.infolist(), *pose.infolist()))


def test_says_what_to_do_when_not_set_up(empty_cache: Path) -> None:
    with pytest.raises(AssetError, match="make setup"):
        bundles.find()


def test_an_official_bundle_takes_precedence(
    assembled: bundles.Bundles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    official = tmp_path / "face_landmarker.task"
    official.write_bytes(assembled.face.read_bytes())
    monkeypatch.setenv(bundles.FACE_BUNDLE_VARIABLE, str(official))
    assert bundles.find() == bundles.Bundles(official, assembled.pose, assembled.selfie, assembled.hand)


@pytest.mark.parametrize("content", [None, b"no zip", "pose"])
def test_what_is_no_face_bundle_is_refused(
    content: bytes | str | None, assembled: bundles.Bundles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "given.task"
    if content is not None:
        given.write_bytes(assembled.pose.read_bytes() if content == "pose" else content)
    monkeypatch.setenv(bundles.FACE_BUNDLE_VARIABLE, str(given))
    with pytest.raises(InputError, match=bundles.FACE_BUNDLE_VARIABLE):
        bundles.find()


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "mediapipe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in bundles.SHA256:
            archive.writestr(name, b"another model")
    with pytest.raises(AssetError, match="not the model expected"):
        bundles.read_models(wheel)
    wheel.write_bytes(b"torn")
    with pytest.raises(AssetError, match="not the wheel"):
        bundles.read_models(wheel)
