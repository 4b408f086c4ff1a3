"""Scenes: the one shape of all training data, and the shards they are kept in.

A data folder holds shards; a shard is a folder `NAME/` of plain `.npy` arrays, its scenes end to end in time, beside
`scenes.json`, which says where each scene begins and what is true of it throughout. N is the shard's frames (25 fps):

    motion.npy, user_motion.npy   float16 [N, 60]     the own face and the user's
    mel.npy, user_mel.npy         float16 [4 N, 80]   features of both voices (`serve.mel.frame_features`)
    voice.npy, user_voice.npy     int16 [640 N]       both voices at 16 kHz
    impulses.npy                  float16 [N, 10]     the track of chance (`serve.chance`)
    contact.npy                   float16 [N, 3]      how far p b m hold the lips, f v the lower lip to the teeth, and
                                                      whether the lips are round as for u w, 0..1
    seen.npy                      float16 [N]         1 where the motion is to be learned from, 0 where tracking failed
    scenes.json                   [{"name", "source", "speaker", "split", "frames", "known": [channel names],
                                    "emotion": [6], "style": [len(STYLES)], "talks": 0 or 1,
                                    "phones": [[symbol, begin_s, end_s, stress], ...]}, ...] in order

`load_scenes` maps the arrays into memory, it does not read them: a `Scene`'s arrays are views that are fetched from the
disk when they are used. A shard is written beside its place and moved there whole, so a killed writer leaves none half.

Names: `source` is what the scene came from (`hibari`, `kokoro`, `piper`, `espeak`, `facegood`, `grid`), `speaker` whose
face or voice it is, `split` is `train` or `heldout` (GRID's unseen sentences). A capture's name is
`facegood/CLIP` or `grid/SENTENCE`: leaving a clip out is leaving out its name.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.serve.chance import N_IMPULSES
from visavis_models.serve.emotion import EMOTIONS
from visavis_models.serve.mel import BANDS, MELS_PER_FRAME, frame_features
from visavis_models.spec import INDEX, MODEL_FRAME, MOTION_NAMES, N_MOTION
from visavis_models.train.voice import Phone

FloatArray = NDArray[np.float32]

# the style token, zeros are the usual style: axes of authored faces in deviations of their spread, marks of captures
AXES = ("articulation", "rounding", "tension", "asymmetry", "head", "brows", "smile")
MARKS = ("captured", "grid")  # every measured face, and GRID's talker among them
STYLES = (*AXES, *MARKS)
N_STYLES = len(STYLES)
SOURCES = ("hibari", "kokoro", "piper", "espeak", "facegood", "grid")
MEASURED = ("facegood", "grid")
INDEX_FILE = "scenes.json"

# name of an array: items a frame, its other axis, type on disk
LAYOUT: dict[str, tuple[int, tuple[int, ...], type]] = {
    "motion": (1, (N_MOTION,), np.float16),
    "user_motion": (1, (N_MOTION,), np.float16),
    "mel": (MELS_PER_FRAME, (BANDS,), np.float16),
    "user_mel": (MELS_PER_FRAME, (BANDS,), np.float16),
    "voice": (MODEL_FRAME, (), np.int16),
    "user_voice": (MODEL_FRAME, (), np.int16),
    "impulses": (1, (N_IMPULSES,), np.float16),
    "contact": (1, (3,), np.float16),
    "seen": (1, (), np.float16),
}


@dataclass(frozen=True)
class Scene:
    """One continuous stretch of T frames; arrays as in the module's table, with T for N.

    Attributes:
        known: float32 [60], 1 for channels of the motion that the source knows; what it cannot know is 0 and masked.
        emotion: float32 [6], strengths in the order of `EMOTIONS`.
        style: float32 [9] in the order of `STYLES`.
        talks: float32 [1], 1 where there is a user (user_mel and user_motion are given).
        phones: of the own voice; empty where they are not known.
    """

    name: str
    source: str
    speaker: str
    split: str
    motion: NDArray[np.float16]
    user_motion: NDArray[np.float16]
    mel: NDArray[np.float16]
    user_mel: NDArray[np.float16]
    voice: NDArray[np.int16]
    user_voice: NDArray[np.int16]
    impulses: NDArray[np.float16]
    contact: NDArray[np.float16]
    seen: NDArray[np.float16]
    known: FloatArray
    emotion: FloatArray
    style: FloatArray
    talks: FloatArray
    phones: tuple[Phone, ...] = ()

    def __len__(self) -> int:
        return len(self.motion)

    @property
    def measured(self) -> bool:
        return self.source in MEASURED

    @property
    def closure(self) -> NDArray[np.float16]:
        """How far p, b or m hold the lips, [T]."""
        return self.contact[:, 0]


def new_scene(
    *,
    name: str,
    source: str,
    speaker: str,
    voice: FloatArray,
    motion: FloatArray,
    split: str = "train",
    user_voice: FloatArray | None = None,
    user_motion: FloatArray | None = None,
    impulses: FloatArray | None = None,
    contact: FloatArray | None = None,
    seen: FloatArray | None = None,
    known: FloatArray | None = None,
    emotion: FloatArray | None = None,
    style: FloatArray | None = None,
    phones: Sequence[Phone] = (),
) -> Scene:
    """A scene from voices [640 T] in -1..1 and motion [T, 60]; what is not given is silent, neutral, known or seen."""
    T = len(motion)
    assert len(voice) == T * MODEL_FRAME, f"{len(voice)} samples are not {T} frames of {MODEL_FRAME}"

    def given(array: FloatArray | None, name: str, fill: float = 0.0) -> NDArray[np.float16]:
        shape = (T, *LAYOUT[name][1])
        return (np.full(shape, fill, np.float16) if array is None else array.astype(np.float16)).reshape(shape)

    heard = np.zeros(T * MODEL_FRAME, np.float32) if user_voice is None else user_voice
    return Scene(
        name=name, source=source, speaker=speaker, split=split,
        motion=given(motion, "motion"), user_motion=given(user_motion, "user_motion"),
        mel=frame_features(voice).astype(np.float16).reshape(-1, BANDS),
        user_mel=frame_features(heard).astype(np.float16).reshape(-1, BANDS),
        voice=_int16(voice), user_voice=_int16(heard),
        impulses=given(impulses, "impulses"), contact=given(contact, "contact"), seen=given(seen, "seen", 1.0),
        known=np.ones(N_MOTION, np.float32) if known is None else known.astype(np.float32),
        emotion=np.zeros(len(EMOTIONS), np.float32) if emotion is None else emotion.astype(np.float32),
        style=np.zeros(N_STYLES, np.float32) if style is None else style.astype(np.float32),
        talks=np.array([user_voice is not None], np.float32), phones=tuple(phones),
    )  # fmt: skip


def as_float(voice: NDArray[np.int16]) -> FloatArray:
    """A scene's voice [640 T] with full scale 1."""
    return np.asarray(voice, np.float32) / 32767.0


def _int16(voice: FloatArray) -> NDArray[np.int16]:
    return np.round(np.clip(voice, -1, 1) * 32767.0).astype(np.int16)


# -- shards ------------------------------------------------------------------------------------------------------------


def save_shard(path: Path, scenes: Sequence[Scene]) -> None:
    """Write scenes as one shard, the folder `path`, whole or not at all."""
    part = path.with_name(path.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name, (_, _, kind) in LAYOUT.items():
        np.save(part / f"{name}.npy", np.concatenate([getattr(scene, name) for scene in scenes]).astype(kind))
    (part / INDEX_FILE).write_text(json.dumps([_entry(scene) for scene in scenes], ensure_ascii=False))
    part.rename(path)


def load_shard(path: Path) -> list[Scene]:
    """The scenes of one shard, their arrays mapped into memory."""
    arrays = {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in LAYOUT}
    scenes, begin = [], 0
    for entry in json.loads((path / INDEX_FILE).read_text()):
        end = begin + entry["frames"]
        cut = {name: arrays[name][begin * items : end * items] for name, (items, _, _) in LAYOUT.items()}
        known = np.zeros(N_MOTION, np.float32)
        known[[INDEX[channel] for channel in entry["known"]]] = 1.0
        scenes.append(
            Scene(
                name=entry["name"], source=entry["source"], speaker=entry["speaker"], split=entry["split"], known=known,
                emotion=np.array(entry["emotion"], np.float32), style=np.array(entry["style"], np.float32),
                talks=np.array([entry["talks"]], np.float32),
                phones=tuple(Phone(*phone) for phone in entry["phones"]), **cut,
            )
        )  # fmt: skip
        begin = end
    return scenes


def load_scenes(folder: Path, keep: Callable[[Scene], bool] = lambda scene: scene.split == "train") -> list[Scene]:
    """All scenes of a data folder that `keep` wants, in a fixed order; by default all but the held-out split.

    Raises:
        InputError: the folder holds no shards.
    """
    paths = sorted(index.parent for index in folder.glob(f"*/{INDEX_FILE}") if index.parent.suffix != ".part")
    if not paths:
        raise InputError(
            f"{folder}: no training data there; make it with python -m visavis_models.train.studio {folder}"
        )
    return [scene for path in paths for scene in load_shard(path) if keep(scene)]


def _entry(scene: Scene) -> dict[str, object]:
    """What `scenes.json` says of a scene."""
    return {
        "name": scene.name,
        "source": scene.source,
        "speaker": scene.speaker,
        "split": scene.split,
        "frames": len(scene),
        "known": [name for name, is_known in zip(MOTION_NAMES, scene.known, strict=True) if is_known],
        "emotion": scene.emotion.round(4).tolist(),
        "style": scene.style.round(4).tolist(),
        "talks": int(scene.talks[0]),
        "phones": [[p.symbol, round(p.begin, 4), round(p.end, 4), p.stress] for p in scene.phones],
    }
