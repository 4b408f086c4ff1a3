"""The lip readers taught more voices, and contacts on real mouths, without unlearning what they read of captured ones.

    python -m visavis_models.train.refine DATA MODEL OUT [--steps 900] [--keep-contacts]

Readers took loud, natural voices for the captured talkers, on whom they had learned that lips are never held: what is
captured has no phones, and lips that came within 1.2 mm were told to be apart. So p, b, m and f, v are first found on
the captures by what Whisper hears (`overheard`), and only lips that are plainly open, or where it hears neither, are
told to be apart. The readers then go on learning, each for itself, from four families of voices in even shares;
where a voice is captured they are pulled to what they read before (Li and Hoiem, Learning without forgetting, 2016).
Their last layers are settled (`settle`), and the weights mixed with those before, which gives most of the new for
hardly any of the old (Wortsman et al., Robust fine-tuning of zero-shot models, 2022). `lip_lesson` belongs after it.
Readers that know the contacts of captures already keep them with `--keep-contacts`: nothing is overheard or settled.

Rounding counts three times where it is wanted, since a mean is small where it is unsure, and so does it that nothing
holds the lips in n, t, d and other sounds made behind the teeth, which are most easily taken for p, b, m.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from visavis_models.errors import InputError
from visavis_models.serve.layout import SPEECH
from visavis_models.spec import INDEX
from visavis_models.train.batches import Batch, Windows
from visavis_models.train.captures import held_out
from visavis_models.train.chance import Chance
from visavis_models.train.export import export
from visavis_models.train.exported import Exported
from visavis_models.train.model import CONTACTS, TOUCHING, LipReader, LipReaders, who
from visavis_models.train.mouth import near
from visavis_models.train.overheard import overheard
from visavis_models.train.reading import (
    CLOSURE_WEIGHT,
    CONTACT_WEIGHT,
    LIPS_WEIGHT,
    MOTION_WEIGHT,
    SPREAD_WEIGHT,
    STRETCH_FRAMES,
    UNKNOWN_WEIGHT,
    VELOCITY_WEIGHT,
    closure_loss,
    constants,
    lip_distance,
    measures,
    squares,
)
from visavis_models.train.readout import arguments
from visavis_models.train.run import blend, rate_share
from visavis_models.train.scenes import Scene, load_scenes
from visavis_models.train.settle import known_rounding, settle, tell_rounding

FloatArray = NDArray[np.float32]

# of the stretches; hibari takes the rest
SHARES = {"facegood": 0.12, "grid": 0.28, "kokoro": 0.25, "piper": 0.12, "espeak": 0.08}
STRETCHES, STEPS, RATE, WARM_UP, AVERAGE = 16, 900, 3e-4, 40, 0.985
TEACHING = {"hibari": 4, "espeak": 3, "piper": 3, "kokoro": 4}  # scenes that teach what is overheard
SETTLING, PACES = {"hibari": 9, "espeak": 5, "piper": 6, "kokoro": 14}, ("", "88", "114")  # scenes for the last layers
GRID_EVERY = 5  # so-manieth sentence is overheard
DROPOUT, TEMPO, CUT_SHORT = 0.15, 0.12, 0.2
HOLD_WEIGHT = 2.0  # of what captured voices are read as
ROUND_WEIGHT, TEETH_WEIGHT, BITE_WEIGHT = 3.0, 2.5, 4.0  # rounding and the jaw where they count, f and v
ROUND = 0.25  # pucker and funnel from which on a mouth is round
BEHIND_TEETH = "ntdɾlszk"
OPEN_CM, WIDE_CM = 0.4, 0.8  # gaps over which nothing holds lips, nor the lower lip at the teeth
HELD_CM, AT_TEETH_CM = 0.35, 0.6  # gaps under which a captured mouth may be held, or at the teeth
NARROW_CM = 0.12  # gaps up to which an unheard contact is still none of our business
SURE, NONE = 0.5, 0.15  # of what is overheard
OPEN_WEIGHT, NONE_WEIGHT = 0.2, 0.3  # of lips that are plainly open, and of those that nothing was heard to hold
NEW = 0.7  # share of the refined weights
PUCKER, FUNNEL, JAW = (SPEECH.index(INDEX[name]) for name in ("mouthPucker", "mouthFunnel", "jawOpen"))


def with_contacts(scene: Scene, heard: Mapping[str, FloatArray]) -> Scene:
    """The scene with seven columns of contact: held, bitten and round as they are to be told, how much sounds made
    behind the teeth are heard, and what the three answers weigh, 0 where nobody knows.
    """
    T = len(scene)
    told, teeth, weight = np.zeros((T, 2), np.float32), np.zeros(T, np.float32), np.zeros((T, 2), np.float32)
    rounded, sure_of_it = known_rounding(scene)
    if scene.measured:
        gap = np.asarray(scene.motion, np.float32) @ measures()[:, 0].numpy()
        weight = np.float32(OPEN_WEIGHT) * (gap[:, None] > (OPEN_CM, WIDE_CM))
        if scene.name in heard:
            sure = (heard[scene.name] > SURE) & (gap[:, None] < (HELD_CM, AT_TEETH_CM))
            none = (heard[scene.name] < NONE) & (gap[:, None] > (NARROW_CM, -np.inf))
            told = sure.astype(np.float32)
            weight = np.where(sure, (1.0, 1.5), np.where(none, NONE_WEIGHT, weight))
    else:
        told = np.clip(np.asarray(scene.contact[:, :TOUCHING], np.float32), 0, 1)
        teeth = (near(scene.phones, BEHIND_TEETH, T) & (told[:, 0] < 0.05)).astype(np.float32)
        weight = np.stack([1.0 + 2.0 * teeth, 1.0 + (BITE_WEIGHT - 1.0) * (told[:, 1] > 0.5)], axis=1)
    contact = np.column_stack([told, rounded, teeth, weight, sure_of_it])
    return replace(scene, contact=contact.astype(np.float16))


def refining_loss(
    mouth: Tensor, contact: Tensor, before: Tensor, said: Tensor | None, batch: Batch, heard: Tensor, scale: Tensor
) -> Tensor:
    """Of one reader on stretches of scenes `with_contacts`.

    Args:
        mouth, contact: what it reads, [B, T, K] and [B, T, 3].
        before: what it read of the captured ones before, [B, T, K]; the others' rows are not used.
        said: logits of contact that it gave there, [B, T, 3], whose first two it is to give still; None: it need not.
        heard: 1 where the voice is known, [B, T].
    """
    fixed = constants(scale.device)
    picked, units = fixed.speech, scale[fixed.speech]
    wanted = batch.motion[..., picked] / units
    authored = batch.phoned[:, None] * heard
    rounded = batch.motion[..., [INDEX["mouthPucker"], INDEX["mouthFunnel"]]].sum(dim=-1) > ROUND
    focus = torch.ones_like(mouth)
    focus[..., [PUCKER, FUNNEL]] += (ROUND_WEIGHT - 1.0) * rounded[..., None]
    focus[..., JAW] += (TEETH_WEIGHT - 1.0) * batch.contact[..., CONTACTS]
    share = heard + UNKNOWN_WEIGHT * (1 - heard)
    weight = fixed.weight[picked] * batch.known[..., picked] * (share * batch.phoned[:, None])[..., None]
    motion = (squares(mouth, wanted) * weight * focus).mean()
    velocity = (squares(mouth.diff(dim=1), wanted.diff(dim=1)) * weight[:, 1:]).mean()
    spread = (squares(mouth.std(dim=1), wanted.std(dim=1)) * weight.mean(dim=1)).mean()
    apart, full = torch.zeros_like(batch.motion), torch.zeros_like(batch.motion)
    apart[..., picked] = (mouth - wanted) * units * batch.known[..., picked]
    full[..., picked] = mouth * units
    told, weights = batch.contact[..., :CONTACTS].clamp(0, 1), batch.contact[..., CONTACTS + 1 :] * heard[..., None]
    captured = (1 - batch.phoned)[:, None, None]
    if said is not None:
        told, weights = told.clone(), weights.clone()
        told[..., :TOUCHING] = torch.where(captured > 0, said[..., :TOUCHING].sigmoid(), told[..., :TOUCHING])
        weights[..., :TOUCHING] = torch.where(captured > 0, 1.0, weights[..., :TOUCHING])
    touching = F.binary_cross_entropy_with_logits(contact, told, reduction="none")
    hold = captured * fixed.weight[picked]
    held = ((mouth - before).square() * hold).mean() + ((mouth - before).diff(dim=1).square() * hold).mean()
    return (
        MOTION_WEIGHT * motion
        + VELOCITY_WEIGHT * velocity
        + SPREAD_WEIGHT * spread
        + LIPS_WEIGHT * lip_distance(apart, authored)
        + CLOSURE_WEIGHT * closure_loss(full, batch.contact[..., 0] * authored)
        + CONTACT_WEIGHT * (touching * weights).mean()
        + HOLD_WEIGHT * held
    )


def refine(
    lips: LipReaders, scale: Tensor, scenes: Sequence[Scene], *, steps: int = STEPS, seed: int = 0,
    keep_contacts: bool = False,
) -> list[float]:  # fmt: skip
    """Teach all the readers in place; returns the mean loss of each step.

    Args:
        scale: unit of motion, [60].
        scenes: `with_contacts`.
        keep_contacts: captured lips touch where they were told to before.
    """
    before = copy.deepcopy(lips).eval().requires_grad_(False)
    windows = Windows(list(scenes), SHARES)
    learning = list(lips.parameters())
    optimiser = torch.optim.AdamW(learning, lr=RATE, betas=(0.9, 0.98), weight_decay=0.0)
    average = {name: value.clone() for name, value in lips.state_dict().items()}
    losses = []
    for step in tqdm(range(steps), disable=not sys.stderr.isatty()):
        chance = Chance([seed, step])
        torch.manual_seed(int(chance.host.integers(2**31)))  # of dropout
        batch = windows.draw(chance, STRETCHES, STRETCH_FRAMES, TEMPO)
        ends = torch.where(
            chance.happens(CUT_SHORT, STRETCHES, 1), chance.integers(0, STRETCH_FRAMES, STRETCHES, 1), STRETCH_FRAMES
        )
        heard = (torch.arange(STRETCH_FRAMES) < ends).float()
        losses.append(0.0)
        for reader, old in zip(lips.members, before.members, strict=True):
            loss = _loss(reader, old, batch, heard, scale, keep_contacts) / len(lips.members)
            loss.backward()  # type: ignore[no-untyped-call]
            losses[-1] += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        for group in optimiser.param_groups:
            group["lr"] = RATE * rate_share(step, steps, min(WARM_UP, steps // 4))
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        blend(average, lips.state_dict(), min(AVERAGE, (step + 1) / (step + 10)))
    lips.load_state_dict(average)
    return losses


def _loss(reader: LipReader, old: LipReader, batch: Batch, heard: Tensor, scale: Tensor, keep_contacts: bool) -> Tensor:
    condition = who(batch.emotion, batch.style, batch.told)
    mouth, contact = reader(batch.mel, heard, condition, DROPOUT)
    captured, before, said = batch.phoned == 0, torch.zeros_like(mouth), torch.zeros_like(contact)
    if captured.any():
        with torch.no_grad():
            before[captured], said[captured] = old(batch.mel[captured], heard[captured], condition[captured])
    return refining_loss(mouth, contact, before, said if keep_contacts else None, batch, heard, scale)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--keep-contacts", action="store_true", help="of captures, as they are read now")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = Exported.load(options.model)
    lips, before = model.net.hearing.lips, copy.deepcopy(model.net.hearing.lips)
    scenes = load_scenes(options.data, lambda scene: scene.split == "train" and not held_out(scene.name))
    sentences = [scene for scene in scenes if scene.source == "grid"][::GRID_EVERY]
    clips = [scene for scene in scenes if scene.source == "facegood"]
    heard: dict[str, FloatArray] = {}
    if not options.keep_contacts:
        heard = overheard(_some(scenes, TEACHING, 1), [scene for scene in clips if "@" not in scene.name] + sentences)
    marked = [with_contacts(scene, heard) for scene in scenes]
    losses = refine(
        lips, model.scale, marked, steps=options.steps, seed=options.seed, keep_contacts=options.keep_contacts
    )
    tenth = max(1, len(losses) // 10)
    print(f"mean loss {np.mean(losses[:tenth]):.4f} -> {np.mean(losses[-tenth:]):.4f}")
    paced = [scene for scene in clips if scene.name.partition("@")[2] in PACES]
    settling = [*_some(scenes, SETTLING, 2), *paced, *sentences]
    if not options.keep_contacts:
        settle(lips, before, model.scale.numpy(), settling, heard)
    blend(lips.state_dict(), before.state_dict(), NEW)
    tell_rounding(lips, settling)
    contacts = "kept" if options.keep_contacts else "overheard"
    training = model.training | {"refined": f"{options.steps} steps, contacts {contacts}"}
    export(model.net, model.scale, training, options.out, model.gain)


def _some(scenes: Sequence[Scene], counts: Mapping[str, int], seed: int) -> list[Scene]:
    """So many scenes of each source, drawn by chance."""
    rng, out = np.random.default_rng(seed), []
    for source, count in counts.items():
        own = [scene for scene in scenes if scene.source == source]
        out += [own[k] for k in rng.permutation(len(own))[:count]]
    return out


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"visavis: {error}")
