"""Files in and out: what is written comes back, on the clock it was written on."""

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from visavis.media.files import VideoWriter, read_audio, read_pictures
from visavis_models.errors import InputError


def write_clip(path: Path, seconds: float = 2.0, rate: int = 24_000) -> np.ndarray:
    """A clip that turns white at 1 s, with a click in both tracks at the same moment."""
    sound = np.zeros(int(seconds * rate), np.float32)
    sound[rate : rate + 24] = 0.9
    with VideoWriter(path, (64, 48), (rate, rate)) as writer:
        for k in range(int(seconds * 25)):
            writer.picture(np.full((48, 64, 3), 255 if k == 25 else 0, np.uint8))
            for track in (0, 1):
                writer.sound(sound[k * rate // 25 : (k + 1) * rate // 25], track)
    return sound


def test_flash_and_click_come_back_at_their_time(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4")
    pictures = list(read_pictures(tmp_path / "a.mp4"))
    assert len(pictures) == 50
    assert [t for t, rgb in pictures if rgb.mean() > 128] == [1.0]
    back = read_audio(tmp_path / "a.mp4", 24_000)
    assert abs(int(np.argmax(np.abs(back))) - 24_000) < 48  # within 2 ms


def test_both_streams_start_at_zero(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as container:
        for track in (*container.streams.video, *container.streams.audio):
            container.seek(0)
            assert next(container.decode(track)).pts == 0


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), VideoWriter(tmp_path / "a.mp4", (64, 48)) as writer:
        writer.picture(np.zeros((48, 64, 3), np.uint8))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("noisy", [0, 40])
def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path: Path, noisy: int) -> None:
    """A file of 16 kB at most stands for the disk: pictures that fit are refused at the end, others on the way."""
    write = (
        "import sys, resource, signal, numpy as np; from visavis.media.files import VideoWriter;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 14, 1 << 14));"
        "noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8);\n"
        "with VideoWriter(sys.argv[1], (256, 256)) as writer:\n"
        "    for k in range(int(sys.argv[2]) + 1): writer.picture(np.roll(noise, k, 0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", write, str(tmp_path / "a.mp4"), str(noisy)], capture_output=True, text=True
    )
    assert "InputError" in done.stderr.splitlines()[-1] and "a.mp4: cannot be written (File too large)" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"no media at all"])
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.wav"):
        read_audio(path, 16_000)


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "mute.mp4", (64, 48)) as writer:
        writer.picture(np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(InputError, match="has no sound"):
        read_audio(tmp_path / "mute.mp4", 16_000)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        VideoWriter(tmp_path / "none" / "a.mp4", (64, 48))
