"""Portraits: what is saved is read back; nothing a file may hold can harm."""

from __future__ import annotations

import pickle
import zipfile
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest

from visavis_models.errors import InputError
from visavis_models.serve.background import resized
from visavis_models.serve.portrait import ASSETS, Portrait, portrait, shipped_names
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import INDEX, N_MOTION

ALEX = ASSETS / "alex.avatar"


def test_alex_ships_and_is_small() -> None:
    assert "alex" in shipped_names()
    assert ALEX.stat().st_size <= 6_000_000
    assert portrait("alex") is portrait("alex")


def test_rest_is_a_slight_smile() -> None:
    rest = portrait("alex").rest
    assert rest.shape == (N_MOTION,)
    assert rest[INDEX["mouthSmileLeft"]] > 0.1 and rest[INDEX["eyeBlinkLeft"]] == 0


def test_every_blendshape_moves_something() -> None:
    alex = portrait("alex")
    moving = {*alex.skin.channels.tolist(), *alex.mouth.channels.tolist()}
    assert moving == set(range(INDEX["breath"] + 1))


def test_saved_is_read_back(tmp_path: Path) -> None:
    alex = portrait("alex")
    alex.save(tmp_path / "me.avatar")
    again = portrait(tmp_path / "me.avatar")
    assert again.name == alex.name and again.marks == alex.marks
    for part in ("skin", "mouth", "eyes"):
        one, other = getattr(alex, part), getattr(again, part)
        assert all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    assert np.array_equal(again.figure, alex.figure) and np.array_equal(again.plate, alex.plate)


def with_array(path: Path, key: str, array: np.ndarray, *, allow_pickle: bool = False) -> Path:
    """Alex's file with one array exchanged."""
    with zipfile.ZipFile(ALEX) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if name != f"{key}.npy":
                target.writestr(name, source.read(name))
        with target.open(f"{key}.npy", "w") as file:
            np.lib.format.write_array(file, array, allow_pickle=allow_pickle)
    return path


@pytest.mark.parametrize(
    ("key", "array"),
    [
        ("version", np.int32(999)),
        ("skin.triangles", np.full((9, 3), 10**6, np.int32)),
        ("skin.triangles", np.full((9, 3), -1, np.int32)),
        ("skin.points", np.full((8507, 3), np.nan, np.float32)),
        ("eyes.upper", np.zeros((2, 3), np.int32)),
        ("skin.channels", np.array([70], np.int32)),
        ("figure", np.zeros((64, 64, 4), np.uint8)),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, key: str, array: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"me\.avatar"):
        Portrait.load(with_array(tmp_path / "me.avatar", key, array))


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    whole = ALEX.read_bytes()
    for at in range(1000, len(whole), len(whole) // 40):
        (tmp_path / "me.avatar").write_bytes(whole[:at] + bytes(64) + whole[at + 64 :])
        with pytest.raises(InputError, match=r"me\.avatar"):
            Portrait.load(tmp_path / "me.avatar")


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    path = with_array(tmp_path / "me.avatar", "skin.tint", np.array([Trap()], object), allow_pickle=True)
    with pytest.raises(InputError, match=r"skin\.tint"):
        Portrait.load(path)


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("unpickled",))


def test_the_trap_is_a_trap() -> None:
    with pytest.raises(pytest.fail.Exception):
        pickle.loads(pickle.dumps(Trap()))


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.avatar"
    with zipfile.ZipFile(ALEX) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if name != "figure.npy":
                target.writestr(name, source.read(name))
        with target.open("figure.npy", "w") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": (10**6, 10**6, 4)}
            np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(InputError, match="figure"):
        Portrait.load(path)


def test_what_is_no_portrait_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.avatar").write_text("hello")
    for wrong in (tmp_path / "text.avatar", tmp_path / "none.avatar", tmp_path, "bob", "../alex", tmp_path / "a.png"):
        with pytest.raises(InputError, match=Path(wrong).name):
            portrait(wrong)


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_face_is_drawn_as_its_picture(name: str) -> None:
    """Eyes, lashes and lips, which are drawn anew, included."""
    face = portrait(name)
    assert (ASSETS / f"{name}.avatar").stat().st_size <= 6_000_000
    assert face.provenance.consent
    renderer = Renderer(face)
    drawn = renderer.render(face.rest[None])[0].astype(float)
    head = renderer.canvas.map[..., 3] > -1e8
    if (picture := ASSETS / "gallery" / f"{name}.png").exists():
        full = cv2.resize(cv2.imread(str(picture))[..., ::-1], (1024, 1024), interpolation=cv2.INTER_CUBIC)
        away = (drawn - resized(full, 512))[head]
        assert 10 * np.log10(255**2 / (away**2).mean()) >= 38
