"""The training wing of the motion model, small and quick; needs torch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing needs torch: make test-train")

from safetensors.torch import load_file  # noqa: E402

from visavis_models.errors import InputError  # noqa: E402
from visavis_models.serve.inference import session  # noqa: E402
from visavis_models.serve.motion import AUDIO_GRAPH, CARD, DENOISE_GRAPH, MotionModel  # noqa: E402
from visavis_models.train.export import WEIGHTS, example_inputs, export  # noqa: E402
from visavis_models.train.model import MotionNet  # noqa: E402
from visavis_models.train.run import PRESETS, load_trained, train  # noqa: E402
from visavis_models.train.scenes import load_scenes  # noqa: E402
from visavis_models.train.studio import make  # noqa: E402

SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    make(folder, minutes=1.5, captures=None, seed=0)
    return folder


def test_data_is_resumable_and_seeded(data, tmp_path):
    shard = next(data.glob("*/scenes.json"))
    before = shard.stat().st_mtime_ns
    make(data, minutes=1.5, captures=None, seed=0)
    assert shard.stat().st_mtime_ns == before
    make(tmp_path, minutes=1.5, captures=None, seed=0)
    for one, two in zip(load_scenes(data), load_scenes(tmp_path), strict=True):
        np.testing.assert_array_equal(one.motion, two.motion)
        np.testing.assert_array_equal(one.mel, two.mel)


def test_training_learns(data, tmp_path):
    losses = train(data, tmp_path, replace(SMOKE, steps=80, rollout_from=1.0))
    assert np.mean(losses[-20:]) < 0.9 * np.mean(losses[:10])


def test_a_run_cut_in_two_equals_one_in_a_piece(data, tmp_path):
    whole = train(data, tmp_path / "whole", SMOKE)
    parts = train(data, tmp_path / "parts", SMOKE, stop_at=13) + train(data, tmp_path / "parts", SMOKE)
    assert whole == parts
    one, two = (load_trained(tmp_path / name / "checkpoint.pt")[0].state_dict() for name in ("whole", "parts"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_missing_data_and_checkpoints_are_named(tmp_path):
    with pytest.raises(InputError, match=r"train\.studio"):
        load_scenes(tmp_path)
    with pytest.raises(InputError, match=r"train\.run"):
        load_trained(tmp_path / "checkpoint.pt")


def test_graphs_weights_and_network_agree(tmp_path):
    torch.manual_seed(0)
    net = MotionNet(32, 2, 2, 16)
    for parameter in net.parameters():  # what starts at zero would hide an error
        parameter.data += 0.05 * torch.randn_like(parameter)
    export(net, torch.ones(60), {"step": 0}, tmp_path)
    audio, denoise = example_inputs(net)
    with torch.no_grad():
        features, clean = net.audio(**audio).numpy(), net(**denoise).numpy()
    for graph, inputs, wanted in ((AUDIO_GRAPH, audio, features), (DENOISE_GRAPH, denoise, clean)):
        got = session(tmp_path / graph).run(None, {name: value.numpy() for name, value in inputs.items()})[0]
        np.testing.assert_allclose(got, wanted, atol=2e-5)
    stored = load_file(tmp_path / WEIGHTS)
    assert all(torch.equal(stored[name].float(), value) for name, value in net.state_dict().items())
    motion, _ = MotionModel.load(tmp_path).step(MotionModel.load(tmp_path).begin(), np.zeros(6400, np.float32))
    assert (tmp_path / CARD).exists() and np.isfinite(motion.values).all()
