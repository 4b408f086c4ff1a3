"""The lip readers' lower and upper lip, taught by what phones tell of one talker's: their last layers, in closed form.

    python -m visavis_models.train.lip_lesson DATA MODEL OUT [--captures ../shared/data]

FACEGOOD's lower lip is bared some 90 times in the three clips that there are to learn from, and readers learn those by
heart. So it is first read from the phones that Whisper hears (`phonetic`), by a least-squares layer held back so far
that it cannot: what that reads is what a voice tells of these lips, without what it does not. The readers' last layers
are then solved for on it, `mean |X D - lack|^2 + HOLD sum over others of mean |X D|^2 + RIDGE |D|^2`, with `X` what
they hear, `D` the layers' change and `lack` what they lack, and nothing on all other voices.

Only one clip teaches: in the others the captured lips follow hardly what is said, whatever listens (docs/decisions.md).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.serve.layout import SPEECH
from visavis_models.spec import INDEX
from visavis_models.train.captures import CLIPS, HELD_OUT_CLIP, facegood_scene
from visavis_models.train.closed_form import least_squares, with_ones
from visavis_models.train.export import export
from visavis_models.train.exported import Exported
from visavis_models.train.model import LipReaders
from visavis_models.train.phonetic import LAYERS, around, phonetic
from visavis_models.train.readout import arguments, read_scene
from visavis_models.train.scenes import Scene, as_float, load_scenes

Array = NDArray[np.float64]

TEACHER, PACES_PERCENT = "1114_2_01", (100, 88, 114)
LIPS = tuple(f"mouth{way}{side}" for way in ("LowerDown", "UpperUp") for side in ("Left", "Right"))
PARTS, AROUND = 192, 2  # of each layer's principal parts; frames before and after that are heard, too
TEACHER_RIDGE = 3.0  # of the mean power of a feature; by five folds within the clip
HOLD, RIDGE = 0.3, 0.01
HELD_FRAMES = 40_000  # of each of the other sources


def lesson(folder: Path) -> list[tuple[Scene, Array]]:
    """The teaching clip at all paces, each with what phones tell of its lips: [T, 4] in the order of `LIPS`.

    The principal parts are those of all clips that may be learned from.
    """
    plain = [phonetic(as_float(facegood_scene(folder, clip).voice)) for clip in CLIPS if clip != HELD_OUT_CLIP]
    scenes = [facegood_scene(folder, TEACHER, percent) for percent in PACES_PERCENT]
    heard = [phonetic(as_float(scene.voice)) for scene in scenes]
    picked = [INDEX[name] for name in LIPS]
    wanted = [np.asarray(scene.motion, np.float64)[:, picked] for scene in scenes]
    told = [np.zeros_like(rows) for rows in wanted]
    for k in range(len(LAYERS)):
        rows = np.concatenate([layers[k] for layers in plain])
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        spread += 1e-3 * (rows - mean).std()
        unit = (rows - mean) / spread
        parts = np.linalg.svd(unit.T @ unit / len(unit))[0][:, :PARTS] / spread[:, None]
        X = [with_ones(around((layers[k] - mean) @ parts, AROUND)) for layers in heard]
        gram, power = sum(x.T @ x for x in X), sum(x.T @ y for x, y in zip(X, wanted, strict=True))
        layer = least_squares(np.asarray(gram), np.asarray(power), TEACHER_RIDGE)
        for out, x in zip(told, X, strict=True):
            out += x @ layer / len(LAYERS)
    return [(scene, np.maximum(rows, 0.0)) for scene, rows in zip(scenes, told, strict=True)]


def teach(
    lips: LipReaders, units: NDArray[np.float32], taught: Sequence[tuple[Scene, Array]], others: Sequence[Scene]
) -> tuple[float, float]:
    """Change the readers' last layers in place so that their mean reads `LIPS` as taught, and all else as before.

    Args:
        units: of the readers' motion, [60].
        taught: scenes with what is to be read of them [T, 4].
        others: whose reading shall stay as it is, each `source` alike.

    Returns:
        Mean square of what the readers lacked on the taught scenes, in the channels' own units, before and after.
    """
    columns = [SPEECH.index(INDEX[name]) for name in LIPS]
    scale = units[[INDEX[name] for name in LIPS]].astype(np.float64)
    heard, lack, gains = [], [], []
    for scene, wanted in taught:
        features, reads, by_style = zip(
            *(read_scene(member, scene, marked=False) for member in lips.members), strict=True
        )
        heard.append(with_ones(np.concatenate(features, axis=1)))
        lack.append(wanted - np.mean(reads, axis=0)[:, columns] * scale)
        gains.append(by_style)
    frames = sum(map(len, heard))
    gram = np.asarray(sum(x.T @ x for x in heard)) / frames
    power = np.asarray(sum(x.T @ y for x, y in zip(heard, lack, strict=True))) / frames
    change = least_squares(gram + HOLD * _others(lips, others), power, RIDGE)
    after = sum(float(((y - x @ change) ** 2).sum()) for x, y in zip(heard, lack, strict=True))
    begin = 0
    for member, gain in zip(lips.members, gains[0], strict=True):  # one talker, unmarked: one style, the same gains
        width = member.out.in_features
        rows = change[begin : begin + width] * len(lips.members) / scale / gain[columns]
        with torch.no_grad():
            member.out.weight[columns] += torch.from_numpy(rows.T.astype(np.float32))
            member.out.bias[columns] += torch.from_numpy((change[-1] / scale / gain[columns]).astype(np.float32))
        begin += width
    return sum(float((y**2).sum()) for y in lack) / frames / len(LIPS), after / frames / len(LIPS)


def _others(lips: LipReaders, scenes: Sequence[Scene]) -> Array:
    """Sum over sources of the mean outer product of what the readers hear, measured faces and authored ones."""
    gram: dict[str, Array] = {}
    frames: dict[str, int] = {}
    for scene in scenes:
        source = scene.source if scene.measured else ""
        if frames.get(source, 0) > HELD_FRAMES:
            continue
        x = with_ones(np.concatenate([read_scene(member, scene, marked=False)[0] for member in lips.members], axis=1))
        gram[source] = gram.get(source, 0.0) + x.T @ x
        frames[source] = frames.get(source, 0) + len(x)
    return np.asarray(sum(matrix / frames[source] for source, matrix in gram.items()))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--captures", type=Path, default=Path("../shared/data"), help="folder of facegood/")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = Exported.load(options.model)
    scenes = load_scenes(options.data, lambda scene: scene.split == "train" and scene.source != "facegood")
    order = np.random.default_rng(0).permutation(len(scenes))
    taught = lesson(options.captures / "facegood")
    before, after = teach(model.net.hearing.lips, model.scale.numpy(), taught, [scenes[k] for k in order])
    print(f"lower and upper lip: mean square of what lacks {before:.5f} -> {after:.5f}")
    training = model.training | {"lesson": f"lower and upper lip by phones, facegood/{TEACHER}"}
    export(model.net, model.scale, training, options.out, model.gain)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"visavis: {error}")
