"""`visavis render`: a motion file becomes a video with its sound."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from visavis.cli import main
from visavis_models.spec import Motion


def run(*args: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(args)
    return int(stop.value.code or 0)


def test_a_motion_file_becomes_a_video(tmp_path: Path) -> None:
    Motion.zeros(5).save(tmp_path / "m.npz")
    assert run("render", str(tmp_path / "m.npz"), "-o", str(tmp_path / "a.mp4"), "--size", "256") == 0
    with av.open(str(tmp_path / "a.mp4")) as video:
        frames = list(video.decode(video=0))
        assert len(frames) == 5 and frames[0].width == 256 and not video.streams.audio


def test_sound_goes_with_it(tmp_path: Path) -> None:
    from hibari import write_wav

    write_wav(str(tmp_path / "a.wav"), 0.1 * np.ones(24_000, np.float32), 24_000)
    Motion.zeros(10).save(tmp_path / "m.npz")
    arguments = ["--audio", str(tmp_path / "a.wav"), "-o", str(tmp_path / "a.mp4"), "--size", "256"]
    assert run("render", str(tmp_path / "m.npz"), *arguments) == 0
    with av.open(str(tmp_path / "a.mp4")) as video:
        samples = sum(frame.samples for frame in video.decode(audio=0))
        assert samples == pytest.approx(0.4 * 48_000, abs=2048)


def test_bad_input_is_one_line_and_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Motion.zeros(0).save(tmp_path / "empty.npz")
    for motion in ("none.npz", "empty.npz"):
        assert run("render", str(tmp_path / motion), "-o", str(tmp_path / "a.mp4")) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "a.mp4").exists()
