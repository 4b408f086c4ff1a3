"""Readers taught more voices while captured ones stay, and contacts found on captures; needs torch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing needs torch: make test-train")

from visavis_models.serve.layout import SPEECH  # noqa: E402
from visavis_models.spec import INDEX  # noqa: E402
from visavis_models.train.model import MotionNet  # noqa: E402
from visavis_models.train.regression import led  # noqa: E402
from visavis_models.train.scenes import Scene, load_scenes  # noqa: E402
from visavis_models.train.studio import make  # noqa: E402


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> list[Scene]:
    torch.set_num_threads(1)
    folder: Path = tmp_path_factory.mktemp("data")
    make(folder, minutes=2.5, captures=None, seed=0)
    return load_scenes(folder)


def _captured(scene: Scene) -> Scene:
    return replace(scene, name="grid/x", source="grid", phones=(), contact=np.zeros_like(scene.contact))


def test_contacts_are_overheard_in_a_voice_without_phones(scenes):
    """What Whisper hears of one voice tells where another one's lips are held, and its lower lip at the teeth."""
    from visavis_models.train.overheard import overheard

    *teaching, other = scenes
    told = overheard(teaching, [_captured(other)])["grid/x"]
    assert told.shape == (len(other), 2)
    for column in range(2):
        assert np.corrcoef(told[:, column], np.asarray(other.contact[:, column], np.float32))[0, 1] > 0.4


def test_who_knows_nothing_of_a_contact_is_not_asked(scenes):
    """Of a capture, open lips and what was overheard count; of an authored voice everything, most what is mistaken."""
    from visavis_models.train.reading import measures
    from visavis_models.train.refine import HELD_CM, OPEN_CM, with_contacts

    authored, captured = scenes[0], _captured(scenes[1])
    contact = np.asarray(with_contacts(authored, {}).contact, np.float32)
    assert np.allclose(contact[:, :3], np.clip(authored.contact, 0, 1))
    assert set(contact[:, 4]) == {1.0, 3.0} and (contact[contact[:, 4] == 3.0, 0] < 0.05).all()

    gap = np.asarray(captured.motion, np.float32) @ measures()[:, 0].numpy()
    unheard = np.asarray(with_contacts(captured, {}).contact, np.float32)
    assert not unheard[:, :2].any() and ((unheard[:, 4] > 0) == (gap > OPEN_CM)).all()
    everywhere = np.ones((len(captured), 2), np.float32)
    heard = np.asarray(with_contacts(captured, {"grid/x": everywhere}).contact, np.float32)
    assert ((heard[:, 0] == 1) == (gap < HELD_CM)).all() and (heard[gap < HELD_CM, 4] == 1).all()
    amount = np.asarray(captured.motion, np.float32)[:, [INDEX["mouthPucker"], INDEX["mouthFunnel"]]].sum(axis=1)
    assert (unheard[amount > 0.55, 2] == 1).all() and (unheard[amount < 0.15, 2] == 0).all()
    assert ((unheard[:, 6] > 0) == ((amount > 0.5) | (amount < 0.4)))[np.abs(amount - 0.45) > 0.06].all()


def test_readers_learn_what_is_authored_and_keep_what_is_captured(scenes, monkeypatch):
    from visavis_models.train import refine as module
    from visavis_models.train.batches import Windows
    from visavis_models.train.readout import read_scene

    monkeypatch.setattr(module, "RATE", 3e-3)
    captured = _captured(scenes[0])
    torch.manual_seed(0)
    lips = MotionNet(32, 1, 2, 16, [16, 24]).hearing.lips
    with torch.no_grad():
        for member in lips.members:
            member.out.weight.mul_(4.0)

    def read(scene: Scene) -> np.ndarray:
        return np.mean([read_scene(member, scene, marked=False)[1] for member in lips.members], axis=0)

    before = [read(scene) for scene in (captured, scenes[1])]
    all_scenes = [module.with_contacts(scene, {}) for scene in (captured, *scenes[1:])]
    losses = module.refine(lips, Windows(all_scenes).scale, all_scenes, steps=60, seed=0)
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])
    moved = [np.std(read(scene) - old) for scene, old in zip((captured, scenes[1]), before, strict=True)]
    assert moved[0] < moved[1]


def test_last_layers_are_settled_on_what_captures_were_read_as_and_on_contacts(scenes):
    import copy

    from visavis_models.train.readout import read_scene
    from visavis_models.train.settle import ROUNDED, settle

    torch.manual_seed(0)
    before = MotionNet(32, 1, 2, 16, [16, 24]).hearing.lips
    lips = copy.deepcopy(before)
    with torch.no_grad():
        for member in lips.members:
            member.out.weight += 0.05 * torch.randn_like(member.out.weight)
    captured, authored = _captured(scenes[0]), scenes[1]

    def read(readers) -> np.ndarray:
        mouth = np.mean([read_scene(member, captured, marked=False)[1] for member in readers.members], axis=0)
        return np.delete(mouth, ROUNDED, axis=1)  # these two learn

    def entropy() -> float:
        """Of contacts of an authored scene, as the readers tell them."""
        mel = torch.from_numpy(np.asarray(authored.mel, np.float32))[None]
        led = torch.cat([mel[:, :1].expand(-1, 60, -1), mel], dim=1)
        told = torch.from_numpy(np.clip(np.asarray(authored.contact, np.float32), 0, 1))
        with torch.no_grad():
            _, logits = lips(led, torch.ones(1, len(authored)), torch.zeros(1, lips.members[0].style.in_features))
        return float(torch.nn.functional.binary_cross_entropy_with_logits(logits[0], told))

    moved, unsure = np.std(read(lips) - read(before)), entropy()
    settle(lips, before, np.full(60, 0.1, np.float32), [captured, authored, *scenes[2:]], {})
    assert np.std(read(lips) - read(before)) < 0.6 * moved
    assert entropy() < 0.6 * unsure


def test_what_tells_of_rounding_is_solved_for_and_nothing_else_changes(scenes):
    from visavis_models.train.settle import tell_rounding

    torch.manual_seed(0)
    lips = MotionNet(32, 1, 2, 16, [16, 24]).hearing.lips
    kept = {name: value.clone() for name, value in lips.state_dict().items()}
    heard = torch.from_numpy(led(np.asarray(scenes[1].mel, np.float32)))[None]
    told = torch.from_numpy(np.asarray(scenes[1].contact[:, 2], np.float32))
    nobody = torch.zeros(1, lips.members[0].style.in_features)

    def entropy() -> float:
        with torch.no_grad():
            logits = lips(heard, torch.ones(1, len(told)), nobody)[1][0, :, 2]
        return float(torch.nn.functional.binary_cross_entropy_with_logits(logits, told))

    unsure = entropy()
    tell_rounding(lips, [_captured(scenes[0]), *scenes[1:]])
    assert entropy() < 0.5 * unsure
    for name, value in lips.state_dict().items():
        same = torch.eq(value, kept[name])
        assert same[:-1].all() if ".out." in name else same.all(), name


def test_contacts_of_captures_are_kept_where_it_is_asked(scenes):
    """What was told of captured lips pulls at the reader only then, and rounding, which captures show, always."""
    from visavis_models.train.batches import Windows
    from visavis_models.train.chance import Chance
    from visavis_models.train.refine import refining_loss, with_contacts

    windows = Windows([with_contacts(_captured(scenes[0]), {})], {})
    batch = windows.draw(Chance([0, 0]), 4, 75)
    mouth, heard = torch.zeros(4, 75, len(SPEECH)), torch.ones(4, 75)
    said = torch.full((4, 75, 3), 3.0)
    batch = replace(batch, contact=torch.zeros_like(batch.contact))  # nothing is known but by what was said

    def loss(contact, kept) -> float:
        return float(refining_loss(mouth, contact, mouth, kept, batch, heard, windows.scale))

    assert loss(said, said) < loss(-said, said) - 0.5
    assert loss(said, None) == pytest.approx(loss(-said, None))
