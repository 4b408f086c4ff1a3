"""`visavis track` on a face whose motion is known: our own, drawn."""

from pathlib import Path

import numpy as np
import pytest

from visavis.cli import main
from visavis.media.errors import AssetError
from visavis.media.files import VideoWriter
from visavis.vision import bundles
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import INDEX, ROTATION, Motion

SWEEP = {"jawOpen": 0.5, "mouthSmile": 0.7, "eyeBlink": 1.0, "headYaw": 0.2}


def exit_code(*args: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(arg) for arg in args])
    return int(stop.value.code or 0)


def known() -> Motion:
    """Rest, then one thing after the other, 15 frames each."""
    motion = Motion.zeros(10 + 15 * len(SWEEP))
    wave = np.sin(np.linspace(0, np.pi, 15))
    for k, (name, most) in enumerate(SWEEP.items()):
        for channel in {name, f"{name}Left", f"{name}Right"} & set(INDEX):
            motion.values[10 + 15 * k : 25 + 15 * k, INDEX[channel]] = most * wave
    return motion


def write(path: Path, pictures: np.ndarray) -> None:
    with VideoWriter(path, pictures.shape[2:0:-1]) as writer:
        for picture in pictures:
            writer.picture(picture)


def test_what_moved_is_tracked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        bundles.find()
    except AssetError as error:
        pytest.skip(str(error))
    motion = known()
    write(tmp_path / "face.mp4", Renderer(portrait("alex")).render(motion.values))
    assert exit_code("track", tmp_path / "face.mp4", "-o", tmp_path / "m.npz") == 0
    assert "a face in 100% of the pictures, looked three times" in capsys.readouterr().out
    found = Motion.load(tmp_path / "m.npz")
    assert len(found) == len(motion)
    for name in ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft", "eyeBlinkRight", "headYaw"):
        assert np.corrcoef(found[name], motion[name])[0, 1] > 0.95, name
    turned = found.values[:, ROTATION] - found.values[:5, ROTATION].mean(0) - motion.values[:, ROTATION]
    assert np.abs(turned).max() < np.radians(4)


def test_a_face_of_which_no_portrait_can_be_made_is_looked_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        bundles.find()
    except AssetError as error:
        pytest.skip(str(error))
    far = np.full((6, 256, 256, 3), 200, np.uint8)
    far[:, 64:192, 64:192] = Renderer(portrait("alex"), 256).render(np.zeros((1, 60), np.float32))[0][::2, ::2]
    write(tmp_path / "far.mp4", far)
    assert exit_code("track", tmp_path / "far.mp4", "-o", tmp_path / "m.npz") == 0
    assert "looked once (the face is too small" in capsys.readouterr().out
    assert len(Motion.load(tmp_path / "m.npz")) == 6


def test_no_face_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "grey.mp4", np.full((5, 64, 64, 3), 128, np.uint8))
    (tmp_path / "text.mp4").write_text("no video")
    for name, words in (("grey", "no face in any of its 5 pictures"), ("text", "cannot be read"), ("none", "No such")):
        assert exit_code("track", tmp_path / f"{name}.mp4", "-o", tmp_path / "m.npz") == 2
        out, err = capsys.readouterr()
        assert out == "" and words in err and err.count("\n") == 1
    assert not list(tmp_path.glob("*m.npz*"))
