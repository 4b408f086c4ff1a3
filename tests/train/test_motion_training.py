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
from visavis_models.train.export import example_inputs, export  # noqa: E402
from visavis_models.train.exported import WEIGHTS, Exported, begin_from  # noqa: E402
from visavis_models.train.model import MotionNet  # noqa: E402
from visavis_models.train.run import (  # noqa: E402
    CHECKPOINT,
    PHASES,
    PICTURE,
    PRESETS,
    TEACHER,
    load_trained,
    train,
)
from visavis_models.train.scenes import load_scenes  # noqa: E402
from visavis_models.train.studio import make  # noqa: E402

SMOKE = PRESETS["smoke"]
ONLY = dict.fromkeys(PHASES, 0)


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


@pytest.mark.parametrize(("phase", "steps"), [("read", 25), ("denoise", 25)])
def test_training_learns(data, tmp_path, phase, steps):
    losses = train(data, tmp_path, replace(SMOKE, **(ONLY | {phase: steps})))
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])


def test_a_run_cut_in_two_equals_one_in_a_piece(data, tmp_path):
    """Cut within the distillation, whose teacher must be the same again."""
    cut = SMOKE.steps - 2
    whole = train(data, tmp_path / "whole", SMOKE)
    parts = train(data, tmp_path / "parts", SMOKE, stop_at=cut) + train(data, tmp_path / "parts", SMOKE)
    assert whole == parts and len(whole) == SMOKE.steps
    one, two = (load_trained(tmp_path / name / CHECKPOINT)[0].state_dict() for name in ("whole", "parts"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert (tmp_path / "parts" / PICTURE).stat().st_size > 1000
    _, _, about = load_trained(tmp_path / "parts" / TEACHER)
    assert SMOKE.phase(about["step"]) == "distil" and SMOKE.phase(about["step"] - 1) == "rollout"


def test_readers_that_learned_apart_read_as_their_mean(data, tmp_path):
    """Whatever the unit each learned in; and the transformer that is trained with them leaves them as they are."""
    from visavis_models.serve.layout import SPEECH
    from visavis_models.train.model import N_WHO

    runs = [tmp_path / name for name in ("one", "two")]
    for seed, run in enumerate(runs):
        train(data, run, replace(SMOKE, **(ONLY | {"read": 2}), lip_width=16 + 8 * seed), seed=seed)
    state = torch.load(runs[1] / CHECKPOINT, weights_only=True)
    torch.save(state | {"scale": 2 * state["scale"]}, runs[1] / CHECKPOINT)
    train(data, tmp_path / "face", replace(SMOKE, **(ONLY | {"denoise": 2})), readers=runs)
    together, scale, _ = load_trained(tmp_path / "face" / CHECKPOINT)
    mel, known, who = torch.randn(1, 60 + 4 * 20, 80), torch.ones(1, 20), torch.randn(1, N_WHO)
    with torch.no_grad():
        read = together.hearing.lips(mel, known, who)[0] * scale[list(SPEECH)]
        apart = [load_trained(run / CHECKPOINT) for run in runs]
        mouths = [net.hearing.lips(mel, known, who)[0] * units[list(SPEECH)] for net, units, _ in apart]
    torch.testing.assert_close(read, (mouths[0] + mouths[1]) / 2, atol=1e-5, rtol=1e-4)


def heard_scene():
    """Forty seconds of a hum that rises and falls, and of a user who says something now and then."""
    from visavis_models.train.scenes import new_scene

    frames, chance = np.arange(1000), np.random.default_rng(0)
    t = np.arange(640_000) / 16_000
    user = chance.standard_normal(len(t)) * np.repeat(np.where(frames % 200 < 50, 0.1, 0.001), 640)
    own = 0.1 * np.sign(np.sin(2 * np.pi * (140 * t + 5 * np.sin(3 * t)))) * (np.sin(t) > 0)
    motion = np.repeat(frames[:, None] / 1000, 60, axis=1)  # says where it was cut
    return new_scene(name="a", source="hibari", speaker="a", voice=own, motion=motion, user_voice=user)


def cut_at(batch) -> np.ndarray:
    """The frames at which the stretches of `heard_scene` begin."""
    return (batch.motion[:, 0, 0] * 1000).round().numpy().astype(int)


def test_answers_to_a_phrase_are_drawn_more_often():
    """Some windows hold the nod after a phrase of the user, and there the user is heard."""
    from visavis_models.train.batches import NOD_AT, Windows
    from visavis_models.train.chance import Chance
    from visavis_models.train.life import NOD_FRAMES
    from visavis_models.train.scores import phrase_ends

    scene = heard_scene()
    nods = np.array(phrase_ends(scene.user_voice / np.float32(32767.0))) + NOD_FRAMES
    assert len(nods) == 5
    batch = Windows([scene], answers=0.5).hops(Chance(3), 40)
    begins = cut_at(batch)[:20]
    assert (((nods - begins[:, None] >= NOD_AT[0]) & (nods - begins[:, None] < NOD_AT[1])).any(axis=1)).all()
    assert batch.user_known[:20, 0].all() and not batch.user_known[:, 0].all()


def test_training_and_serving_are_told_the_same_of_both_voices():
    """A hop cut out of a scene knows the user's phrase and the own melody as a stream does that heard both so far."""
    from visavis_models.serve.cues import phrase_cue, since_phrase_now
    from visavis_models.serve.layout import ANCHORS, HOP, LOOKAHEAD_FRAMES
    from visavis_models.spec import MODEL_FRAME, MODEL_RATE
    from visavis_models.train.batches import Windows
    from visavis_models.train.chance import Chance
    from visavis_models.train.objective import cut_hop

    scene, reach = heard_scene(), HOP + LOOKAHEAD_FRAMES
    own, user = (voice / np.float32(32767.0) for voice in (scene.voice, scene.user_voice))
    model, net = MotionModel.load(), MotionNet(32, 1, 2, 16, [16])
    batch = Windows([scene], answers=0.5).hops(Chance(1), 16)
    known = (torch.arange(24) < ANCHORS + reach).float().expand(16, -1)
    hop = cut_hop(net, batch, torch.ones(60), 0, HOP, known)
    for k, frame in enumerate(cut_at(batch) + ANCHORS):
        at = frame * MODEL_FRAME
        since = since_phrase_now(user[:at])
        np.testing.assert_array_equal(hop.phrase[k], phrase_cue(frame, frame - 1 - since))
        past = np.concatenate([np.zeros(MODEL_RATE, np.float32), own[:at]])
        told = model._tone(past, own[at:][: reach * MODEL_FRAME])
        np.testing.assert_allclose(hop.tone[k], told, atol=1e-3)
    assert hop.phrase.any() and hop.tone.any()


def test_a_device_that_is_not_there_is_named():
    from visavis_models.train.run import changes, device_named

    assert device_named("cpu").type == "cpu" and device_named("auto").type in ("cpu", "cuda")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="no GPU"):
            device_named("cuda")
    assert changes(["read=7", "dropout=0.5"]) == {"read": 7, "dropout": 0.5}
    with pytest.raises(InputError, match="--set reed=7"):
        changes(["reed=7"])


def test_missing_data_and_checkpoints_are_named(tmp_path):
    with pytest.raises(InputError, match=r"train\.studio"):
        load_scenes(tmp_path)
    with pytest.raises(InputError, match=r"train\.run"):
        load_trained(tmp_path / CHECKPOINT)
    with pytest.raises(InputError, match="cannot begin from it"):
        begin_from(MotionNet(32, 1, 2, 16, [16]), tmp_path)


def test_graphs_weights_and_network_agree(tmp_path):
    torch.manual_seed(0)
    net = MotionNet(32, 2, 2, 16, [16, 24])
    for parameter in net.parameters():  # what starts at zero would hide an error
        parameter.data += 0.05 * torch.randn_like(parameter)
    export(net, torch.ones(60), {"step": 0}, tmp_path)
    audio, denoise = example_inputs(net)
    with torch.no_grad():
        features, clean = net.hearing(**audio).numpy(), net(**denoise).numpy()
    for graph, inputs, wanted in ((AUDIO_GRAPH, audio, features), (DENOISE_GRAPH, denoise, clean)):
        got = session(tmp_path / graph).run(None, {name: value.numpy() for name, value in inputs.items()})[0]
        np.testing.assert_allclose(got, wanted, atol=5e-5)
        assert (tmp_path / graph).stat().st_size < 2.6 * sum(p.numel() for p in net.parameters()) + 150_000, "halves"
    stored = load_file(tmp_path / WEIGHTS)
    assert all(torch.equal(stored[name].float(), value) for name, value in net.state_dict().items())
    again = MotionNet(32, 2, 2, 16, [16, 24])
    assert begin_from(again, tmp_path).tolist() == [1.0] * 60
    assert all(torch.equal(one, two) for one, two in zip(net.parameters(), again.parameters(), strict=True))
    motion, _ = MotionModel.load(tmp_path).step(MotionModel.load(tmp_path).begin(), np.zeros(6400, np.float32))
    assert (tmp_path / CARD).exists() and np.isfinite(motion.values).all()


def test_the_reader_and_a_hop_hear_the_same(data):
    """A stretch read whole gives the mouth that a hop within it gives: training and serving see one reader."""
    from visavis_models.serve.layout import ANCHORS, SPAN, WINDOW
    from visavis_models.train.batches import Windows, hop_mel
    from visavis_models.train.chance import Chance
    from visavis_models.train.model import N_WHO

    batch = Windows(load_scenes(data)).draw(Chance(0), 2, 60)
    lips = MotionNet(32, 1, 2, 16, [16]).hearing.lips
    who = torch.zeros(2, N_WHO)
    whole, _ = lips(batch.mel, torch.ones(2, 60), who)
    hop, _ = lips(hop_mel(batch, 8), torch.ones(2, SPAN), who)
    cut = slice(8 + ANCHORS, 8 + ANCHORS + WINDOW - 2)  # the last two frames hear less ahead in the hop
    torch.testing.assert_close(hop[:, ANCHORS : ANCHORS + WINDOW - 2], whole[:, cut], atol=1e-5, rtol=1e-5)


def test_the_transformer_leaves_the_read_mouth_alone():
    """What it gives out for the channels of speech is what the reader read, and its losses do not teach the reader."""
    from visavis_models.serve.layout import ANCHORS, SPEECH

    torch.manual_seed(0)
    net = MotionNet(32, 1, 2, 16, [16])
    for parameter in net.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    audio, denoise = example_inputs(net)
    denoise["features"] = net.hearing(**audio)
    clean = net(**denoise)
    read = denoise["features"][:, ANCHORS:, net.config["dim"] : net.config["dim"] + len(SPEECH)]
    torch.testing.assert_close(clean[..., list(SPEECH)], read)
    clean.square().sum().backward()
    assert net.head.weight.grad.abs().sum() > 0
    assert not any(parameter.grad.any() for parameter in net.hearing.lips.parameters() if parameter.grad is not None)


def test_what_a_camera_measures_is_linear_in_the_channels():
    """The reader's measures and the judge's agree on how gaps, width and chin change."""
    from visavis_models.spec import INDEX, N_MOTION
    from visavis_models.train.lips import motion_measures
    from visavis_models.train.reading import measures

    motion = np.zeros((4, N_MOTION), np.float32)
    motion[1, INDEX["jawOpen"]], motion[2, INDEX["mouthPucker"]] = 0.5, 0.8
    motion[3, [INDEX["mouthStretchLeft"], INDEX["mouthStretchRight"]]] = 0.6
    judged = motion_measures(motion)
    told = motion @ measures().numpy()
    for column, name in enumerate(("inner", "outer", "width", "chin")):
        assert np.corrcoef(told[:, column], getattr(judged, name))[0, 1] > 0.99, name


def test_a_readout_learns_one_talker_and_leaves_the_others_alone(data):
    """A jaw that follows the loudness of its voice is read better after it; nothing else of the layer has changed."""
    from visavis_models.serve.layout import SPEECH
    from visavis_models.spec import INDEX
    from visavis_models.train.readout import refit, refit_contact

    authored = load_scenes(data)
    motion, known = np.zeros_like(authored[0].motion), np.zeros(60, np.float32)
    motion[:, INDEX["jawOpen"]] = 0.2 + 0.1 * authored[0].mel.reshape(len(motion), -1).mean(axis=1)
    known[INDEX["jawOpen"]] = 1.0
    talker = replace(authored[0], source="grid", motion=motion, known=known)
    torch.manual_seed(0)
    lips = MotionNet(32, 1, 2, 16, [16]).hearing.lips.members[0]
    kept = {name: value.clone() for name, value in lips.state_dict().items()}
    before, after = refit(lips, torch.ones(60), [talker, *authored[1:]], "grid")
    assert 0 <= after < 0.6 * before
    changed = lips.out.weight - kept["out.weight"]
    row = SPEECH.index(INDEX["jawOpen"])
    assert changed[row].abs().max() > 0.01
    assert changed[[k for k in range(len(changed)) if k != row]].abs().max() == 0, (
        "unknown channels and contacts are kept"
    )
    assert all(
        torch.equal(kept[name], value) for name, value in lips.state_dict().items() if not name.startswith("out.")
    )
    kept = {name: value.clone() for name, value in lips.state_dict().items()}
    before, after = refit_contact(lips, [talker, *authored[1:]])
    changed = lips.out.weight - kept["out.weight"]
    held = len(SPEECH)
    assert after < 0.8 * before and changed[held].abs().max() > 0.01
    assert changed[[k for k in range(len(changed)) if k != held]].abs().max() == 0


def test_an_exported_model_can_be_taken_up_again_whole(tmp_path: Path) -> None:
    net = MotionNet(32, 1, 2, 16, [16])
    export(net, torch.full((60,), 0.5), {"step": 3}, tmp_path, {"jawOpen": 1.25})
    model = Exported.load(tmp_path)
    assert model.gain == {"jawOpen": 1.25} and model.training == {"step": 3} and model.scale.tolist() == [0.5] * 60
    assert all(
        torch.equal(model.net.state_dict()[name], value) for name, value in net.half().float().state_dict().items()
    )
    with pytest.raises(InputError, match="none: cannot begin from it"):
        Exported.load(tmp_path / "none")
    (tmp_path / WEIGHTS).write_bytes(b"damaged")
    with pytest.raises(InputError, match="cannot begin from it"):
        Exported.load(tmp_path)
    (tmp_path / CARD).write_text('{"config": {}}')
    with pytest.raises(InputError, match="has no"):
        Exported.load(tmp_path)
