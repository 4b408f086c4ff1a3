"""Frames and arrays."""

import numpy as np
from livekit import rtc

from visavis.media.frames import audio_frame, mono, to_float, to_pcm, video_frame


def test_channels_are_mixed() -> None:
    stereo = np.array([[16384, 0], [-32768, 32767]], np.int16)
    assert mono(rtc.AudioFrame(stereo.tobytes(), 24_000, 2, 2)).round(3).tolist() == [0.25, 0.0]


def test_samples_survive_both_ways_and_clip() -> None:
    pcm = np.array([-32768, -1, 0, 1, 32767], np.int16)
    assert to_pcm(to_float(pcm)).tolist() == pcm.tolist()
    assert to_pcm(np.array([-2.0, 2.0], np.float32)).tolist() == [-32768, 32767]


def test_an_audio_frame_holds_its_samples() -> None:
    frame = audio_frame(np.arange(480, dtype=np.int16))
    assert (frame.sample_rate, frame.num_channels, frame.samples_per_channel) == (48_000, 1, 480)
    assert frame.data[479] == 479


def test_a_picture_becomes_the_same_colours() -> None:
    rgb = np.zeros((16, 16, 3), np.uint8)
    rgb[:, :8], rgb[:, 8:] = (200, 30, 90), (20, 220, 160)
    back = video_frame(rgb).convert(rtc.VideoBufferType.RGB24)
    seen = np.frombuffer(back.data, np.uint8).reshape(16, 16, 3).astype(int)
    assert np.abs(seen - rgb)[:, [2, 3, 12, 13]].max() <= 4


def test_planes_of_i420_are_handed_on_as_they_are() -> None:
    planes = np.random.default_rng(0).integers(16, 235, (24, 16)).astype(np.uint8)
    frame = video_frame(planes)
    assert (frame.width, frame.height) == (16, 16) and np.array_equal(np.asarray(frame.data), planes.ravel())


def test_each_frame_has_a_buffer_of_its_own() -> None:
    rgb = np.zeros((16, 16, 3), np.uint8)
    first, second = video_frame(rgb), video_frame(rgb + 255)
    assert first.data[0] == 16 and second.data[0] == 235
