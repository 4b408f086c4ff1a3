"""Real captures mapped into the face space: what was measured must come back out of the motion."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the training wing needs its packages: make test-train")

from visavis_models.errors import InputError
from visavis_models.serve.head import Head
from visavis_models.spec import INDEX, channels
from visavis_models.train.captures import CLIPS, LEGEND, load_capture
from visavis_models.train.grid import fit_clips, grid_scenes, load_clips
from visavis_models.train.lips import FITTED, fit_lips, landmark_measures, motion_measures

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
needs_captures = pytest.mark.skipif(not SHARED.exists(), reason="the captures are not here: ../shared/data")


@needs_captures
def test_the_fit_gives_the_tracked_lips_back():
    clips = load_clips(SHARED / "grid", parts=1)[::4]
    fit = fit_clips(clips)
    drawn = motion_measures(fit.motion)
    for name, wanted in (("inner", 0.98), ("outer", 0.98), ("width", 0.95), ("chin", 0.9)):
        tracked = np.concatenate([getattr(landmark_measures(c.points, c.index), name) for c in clips])
        ratio = getattr(drawn, name).std() / tracked.std()
        assert np.corrcoef(tracked, getattr(drawn, name))[0, 1] > wanted and 0.85 < ratio < 1.15, name
    assert fit.known[INDEX["jawOpen"]] and not fit.known[channels("eyeBlinkLeft", "headPitch", "cheekPuff")].any()


@needs_captures
def test_held_out_sentences_are_marked_and_clips_named():
    scenes = grid_scenes(SHARED / "grid", parts=1)
    held = [scene.name for scene in scenes if scene.split == "heldout"]
    assert len(scenes) == 100 and len(held) == 8 and scenes[0].name == "grid/bbaf2n"
    assert all(scene.measured and len(scene) == 75 for scene in scenes)


@needs_captures
def test_rounding_is_the_sum_of_the_four_rounding_shapes():
    folder = SHARED / "facegood"
    names = np.load(folder / "blendshape_names.npy", allow_pickle=True, encoding="latin1").tolist()
    clip = load_capture(folder, CLIPS[1])
    weights = np.load(folder / f"{CLIPS[1]}.npy")
    four = [weights[:, [k for k, n in enumerate(names) if f"mouth_{kind}_" in n]].mean(axis=1).sum()
            for kind in ("pucker", "oo", "oh", "funnel")]  # fmt: skip
    ours = clip.motion[:, channels("mouthPucker", "mouthFunnel")].sum() * 30 / 25
    assert abs(ours / (0.85 * sum(four)) - 1) < 0.02
    assert clip.known.sum() == 2 + len(LEGEND) + sum("*" in name for name in LEGEND)


def test_a_known_face_is_found_again():
    head, rng = Head.load(), np.random.default_rng(0)
    weights = np.zeros((200, 60), np.float32)
    weights[40:, INDEX["jawOpen"]] = rng.uniform(0.1, 0.5, 160)
    weights[100:, INDEX["mouthPucker"]] = rng.uniform(0, 0.6, 100)
    ways = np.tensordot(weights[:, :54], head.expression[:, head.landmark_vertex], 1)
    pixels = 40 * (head.points[head.landmark_vertex] + ways) * np.array([1, -1, -1], np.float32) + 200
    fit = fit_lips(pixels.astype(np.float32), head.landmark_index.tolist())
    for name in ("jawOpen", "mouthPucker"):
        assert np.corrcoef(fit.motion[:, INDEX[name]], weights[:, INDEX[name]])[0, 1] > 0.97
    assert set(np.nonzero(fit.known)[0]) == {INDEX[name] for name in FITTED}


def test_missing_captures_are_named(tmp_path):
    with pytest.raises(InputError, match="facegood"):
        load_capture(tmp_path, CLIPS[0])
    with pytest.raises(InputError, match="GRID"):
        load_clips(tmp_path)


@needs_captures
def test_a_clip_at_another_pace_is_the_same_speech():
    """Its jaw follows its voice as it did; and the clip that is held out is held out at every pace."""
    from visavis_models.train.captures import HELD_OUT_CLIP, facegood_scene, held_out
    from visavis_models.train.scores import correlation, log_energy

    found = []
    for percent in (100, 122):
        scene = facegood_scene(SHARED / "facegood", "1114_3_15", percent)
        voice = log_energy(np.asarray(scene.voice, np.float32) / 32767)
        found.append((len(scene), correlation(np.asarray(scene.motion[:, INDEX["jawOpen"]], np.float32), voice)))
    assert abs(found[0][0] / found[1][0] - 1.22) < 0.01 and abs(found[0][1] - found[1][1]) < 0.05
    assert held_out(f"facegood/{HELD_OUT_CLIP}") and held_out(f"facegood/{HELD_OUT_CLIP}@88")
    assert not held_out("facegood/1114_3_15@122") and not held_out("grid/bbaf2n")
