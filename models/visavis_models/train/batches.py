"""Windows of scenes as tensors on the device that trains, augmented: what one training step sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis_models.serve.cues import REACH, since_phrase, tone
from visavis_models.serve.layout import ANCHORS, CONTEXT_FRAMES, HOP, LOOKAHEAD_FRAMES, SPAN, SPAN_MELS, WINDOW
from visavis_models.serve.mel import BANDS, LOG_MIDDLE, LOG_SPREAD, MELS_PER_FRAME
from visavis_models.spec import channels
from visavis_models.train.chance import Chance
from visavis_models.train.life import NOD_FRAMES
from visavis_models.train.scenes import AXES, LAYOUT, N_STYLES, Scene, as_float

IntArray = NDArray[np.int64]

# of the windows; what is authored takes the rest. FACEGOOD is 4.5 minutes long: more of it is learned by heart
SHARES = {"facegood": 0.08, "grid": 0.4}
UNTOLD = 0.1  # how often the emotion, and the style, are not told (Ho and Salimans, Classifier-free guidance, 2022)
UNMARKED = 0.5  # how often a capture is shown without its mark, so that real mouths move the usual face too
HIDDEN_BANDS, HIDDEN_TIMES, HIDDEN_CHANCE = 14, 2, 0.5  # stretches of bands that are hidden (SpecAugment, Park 2019)
ANSWERS = 0.15
NOD_AT = (2, 16)  # frames of a stretch between which the answer begins: the first hop can know of it
CHEEKS, CHEEKS_UNSEEN = channels("cheekSquintLeft", "cheekSquintRight"), 0.5  # trackers hardly tell them
WARP = 0.14  # largest stretch of the bands: formants of other throats
FRAMES = ("motion", "user_motion", "impulses", "contact", "seen", "mel", "user_mel")
CUES = ("since_phrase", "tone")  # found in the voices


@dataclass(frozen=True)
class Batch:
    """B stretches of T = 10 + F frames, F = 14 + 8 (hops - 1) where hops are cut from them.

    mel [B, 60 + 4 T, 80], user_mel [B, T, 320], motion and user_motion [B, T, 60], impulses [B, T, 10], contact
    [B, T, 3], since_phrase and tone [B, T] (see `serve.cues`), known [B, T, 60] (which channels are known where),
    phoned [B] (whether contact is known), emotion [B, 6], style [B, 9], told [B, 2], user_known [B, 2].
    """

    mel: Tensor
    user_mel: Tensor
    motion: Tensor
    user_motion: Tensor
    impulses: Tensor
    contact: Tensor
    since_phrase: Tensor
    tone: Tensor
    known: Tensor
    phoned: Tensor
    emotion: Tensor
    style: Tensor
    told: Tensor
    user_known: Tensor


class Windows:
    """Scenes cut at random: sources in their shares, and long scenes more often than short ones.

    Args:
        scenes: all of them are read into the device's memory, 1.6 kB a frame.
        shares: of each source among the windows; sources that are not named share the rest by their length.
        answers: share of the windows of hops in which a user's phrase ends so that the answer, a nod, falls into them.
        device: of the tensors that are drawn.
    """

    def __init__(
        self,
        scenes: list[Scene],
        shares: Mapping[str, float] = SHARES,
        answers: float = ANSWERS,
        device: torch.device | str = "cpu",
    ) -> None:
        self._answers = answers
        self._lengths = np.array([len(scene) for scene in scenes])
        self._begins = np.concatenate([[0], np.cumsum(self._lengths)[:-1]])
        groups = np.array([scene.source if scene.source in shares else "" for scene in scenes])
        wanted = {name: shares.get(name, 0.0) for name in np.unique(groups)}
        if "" in wanted:
            wanted[""] = 1.0 - sum(wanted.values())
        totals = {name: self._lengths[groups == name].sum() for name in wanted}
        chances = np.array([wanted[g] * n / totals[g] for g, n in zip(groups, self._lengths, strict=True)])
        self._chances = chances / chances.sum()
        authored = [scene for scene in scenes if not scene.measured] or scenes
        motion = np.concatenate([np.asarray(scene.motion, np.float32) for scene in authored])
        self.scale = torch.from_numpy(np.maximum(motion.std(axis=0), 0.04)).to(device)
        """The spread of each channel in what is authored, [60], at least 0.04: the unit of motion in the model."""
        self._frames = {
            name: torch.from_numpy(np.concatenate([getattr(scene, name) for scene in scenes])).to(device)
            for name in FRAMES
        }
        cues = {
            "since_phrase": [_since_phrase(scene) for scene in scenes],
            "tone": [tone(as_float(scene.voice)) for scene in scenes],
        }
        self._frames |= {name: torch.from_numpy(np.concatenate(rows)).to(device) for name, rows in cues.items()}
        whole = {
            "scene_known": np.stack([scene.known for scene in scenes]),
            "phoned": np.array([bool(scene.phones) for scene in scenes]),
            "emotion": np.stack([scene.emotion for scene in scenes]),
            "style": np.stack([scene.style for scene in scenes]),
            "talks": np.stack([scene.talks for scene in scenes]),
        }
        self._scenes = {name: torch.from_numpy(array.astype(np.float32)).to(device) for name, array in whole.items()}
        self._ends = np.array(
            [(k, end) for k, since in enumerate(cues["since_phrase"]) for end in np.flatnonzero(since == 0)], np.int64
        ).reshape(-1, 2)

    def hops(self, chance: Chance, size: int, hops: int = 1) -> Batch:
        """`size` stretches for `hops` hops, anywhere; some where the user has just finished a phrase, and is heard."""
        length = ANCHORS + WINDOW + HOP * (hops - 1)
        picked, begins = self._places(chance, size, length)
        answering = int(self._answers * size) if len(self._ends) else 0
        chosen = self._ends[chance.host.integers(0, max(1, len(self._ends)), answering)]
        last = self._lengths[chosen[:, 0]] - length
        picked[:answering] = chosen[:, 0]
        begins[:answering] = np.clip(
            chosen[:, 1] + NOD_FRAMES - chance.host.integers(*NOD_AT, answering), 0, np.maximum(last, 0)
        )
        batch = self._drawn(chance, picked, begins, np.ones(size), length)
        batch.user_known[:answering, 0] = 1.0
        return batch

    def draw(self, chance: Chance, size: int, length: int, tempo: float = 0.0) -> Batch:
        """`size` stretches of `length` frames, anywhere, with augmented voices; silence lies before a scene.

        With `tempo` a stretch is up to so much faster or slower than it was, voice and motion alike.
        """
        picked, begins = self._places(chance, size, int(length * (1 + tempo)))
        return self._drawn(chance, picked, begins, np.exp(chance.host.uniform(-tempo, tempo, size)), length)

    def _places(self, chance: Chance, size: int, length: int) -> tuple[IntArray, IntArray]:
        """Scenes, and where in them stretches begin."""
        picked = chance.host.choice(len(self._lengths), size, p=self._chances)
        return picked, chance.host.integers(0, np.maximum(1, self._lengths[picked] - length))

    def _drawn(
        self, chance: Chance, picked: IntArray, begins: IntArray, pace: NDArray[np.float64], length: int
    ) -> Batch:
        size = len(picked)
        cuts = {name: self._cut(name, picked, begins, pace, length) for name in (*FRAMES, *CUES) if name != "mel"}
        mel = self._cut("mel", picked, begins, pace, length, CONTEXT_FRAMES).reshape(size, -1, BANDS)
        scene = {
            name: rows[torch.from_numpy(picked).to(rows.device, non_blocking=True)]
            for name, rows in self._scenes.items()
        }
        cuts["user_motion"][..., CHEEKS] *= ~chance.happens(CHEEKS_UNSEEN, size, 1, 1)
        marks = torch.arange(N_STYLES, device=chance.device) >= len(AXES)
        unmarked = marks & chance.happens(UNMARKED, size, 1)
        return Batch(
            mel=hidden(augmented(mel, chance), chance),
            known=scene.pop("scene_known")[:, None] * cuts.pop("seen"),
            since_phrase=cuts.pop("since_phrase")[..., 0],
            tone=cuts.pop("tone")[..., 0],
            style=scene.pop("style") * ~unmarked,
            told=(~chance.happens(UNTOLD, size, 2)).float(),
            # each of the user's two tracks is dropped half of the time
            user_known=scene.pop("talks") * chance.happens(0.5, size, 2),
            **scene,
            **cuts,
        )

    def _cut(
        self, name: str, picked: IntArray, begins: IntArray, pace: NDArray[np.float64], length: int, lead: int = 0
    ) -> Tensor:
        """The frames `begin - lead`..`begin + length` of each scene, [B, lead + length, ...]; the edges are held."""
        items, rows = LAYOUT[name][0] if name in ("mel", "user_mel") else 1, self._frames[name]
        steps = (np.arange((lead + length) * items) + 0.5 - lead * items)[None] * pace[:, None] - 0.5
        places = np.clip(steps + begins[:, None] * items, 0, self._lengths[picked, None] * items - 1)
        places = places + self._begins[picked, None] * items
        left = np.floor(places + 1e-6).astype(np.int64)
        cut = rows[torch.from_numpy(left).to(rows.device, non_blocking=True)].float()
        if (pace != 1.0).any():
            right = np.minimum(left + 1, (self._begins + self._lengths)[picked, None] * items - 1)
            part = torch.from_numpy((places - left).astype(np.float32)).to(rows.device, non_blocking=True)
            cut = cut.lerp(
                rows[torch.from_numpy(right).to(rows.device)].float(), part.reshape(*part.shape, *[1] * (cut.ndim - 2))
            )
        return cut.reshape(len(picked), lead + length, -1)


def _since_phrase(scene: Scene) -> NDArray[np.int64]:
    """Frames since the scene's user had finished a phrase, `REACH` where there is no user."""
    return since_phrase(as_float(scene.user_voice)) if scene.talks[0] else np.full(len(scene), REACH)


def augmented(mel: Tensor, chance: Chance) -> Tensor:
    """Other throats, gain, tilt and noise on log-mel features [B, M, 80]."""
    B = len(mel)
    band = torch.arange(BANDS, device=mel.device)
    stretch = torch.exp(chance.uniform(B, 1, low=-WARP, high=WARP) * chance.happens(0.7, B, 1))
    place = (band * stretch).clamp(0, BANDS - 1.001)
    left = place.long()[:, None].expand(mel.shape)
    warped = torch.lerp(mel.gather(2, left), mel.gather(2, left + 1), place.frac()[:, None])
    tilt = torch.linspace(-1, 1, BANDS, device=mel.device)
    gain = chance.uniform(B, 1, 1, low=-1.6, high=1.2) + 0.5 * chance.normal(B, 1, 1) * tilt
    noisy = chance.happens(0.5, B, 1, 1) * torch.exp(chance.uniform(B, 1, 1, low=-17, high=-11.5))
    colour = torch.exp(-0.7 * chance.normal(B, 1, 1) * tilt)
    noise = -noisy * colour * torch.log1p(-chance.uniform(*mel.shape))
    return (torch.log(torch.exp(warped * LOG_SPREAD + LOG_MIDDLE + gain) + noise + 1e-8) - LOG_MIDDLE) / LOG_SPREAD


def hidden(mel: Tensor, chance: Chance) -> Tensor:
    """Some stretches of bands replaced by their mean over the time of [B, M, 80]: no voice is told by one band."""
    B, _, K = mel.shape
    band = torch.arange(K, device=mel.device)
    for _ in range(HIDDEN_TIMES):
        width = chance.integers(0, HIDDEN_BANDS + 1, B, 1) * chance.happens(HIDDEN_CHANCE, B, 1)
        first = chance.integers(0, K - HIDDEN_BANDS, B, 1)
        hide = (band >= first) & (band < first + width)
        mel = torch.where(hide[:, None], mel.mean(dim=1, keepdim=True), mel)
    return mel


def hop_mel(batch: Batch, start: int) -> Tensor:
    """The features of the hop whose window begins `start` frames after the anchors: [B, 156, 80]."""
    return batch.mel[:, start * MELS_PER_FRAME : start * MELS_PER_FRAME + SPAN_MELS]


def known_frames(chance: Chance, size: int, emit: int) -> Tensor:
    """Which frames of a hop's voice are known, [B, 24]: mostly as far as the look-ahead asks, often less, at random."""
    late = chance.happens(0.35, size, 1)
    reach = torch.where(late, chance.integers(0, HOP + LOOKAHEAD_FRAMES + 1, size, 1), emit + LOOKAHEAD_FRAMES)
    frames = torch.arange(SPAN, device=chance.device)
    return (frames < ANCHORS + reach.clamp(max=HOP + LOOKAHEAD_FRAMES)).float()
