"""Models that were exported, as networks that can learn on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from visavis_models.errors import InputError
from visavis_models.serve.motion import CARD
from visavis_models.train.model import MotionNet

WEIGHTS = "motion.safetensors"


@dataclass(frozen=True)
class Exported:
    """What an exported model's folder holds.

    Attributes:
        net: the network; scale: the unit of its motion, [60].
        training: how it came about; gain: factors on what is shown, by channel.
    """

    net: MotionNet
    scale: Tensor
    training: dict[str, Any]
    gain: dict[str, float]

    @classmethod
    def load(cls, folder: Path) -> Exported:
        """The model of a folder.

        Raises:
            InputError: no such model there, or a damaged one.
        """
        card = _card(folder)
        net = MotionNet(**card["config"])
        return cls(net, begin_from(net, folder), card["training"], card.get("gain", {}))


def lip_widths(folder: Path) -> list[int]:
    """How wide the lip readers of an exported model are.

    Raises:
        InputError: no such model there.
    """
    return list(_card(folder)["config"]["lip_widths"])


def begin_from(net: MotionNet, folder: Path) -> Tensor:
    """Put an exported model's weights into `net`; returns the unit of its motion [60].

    Raises:
        InputError: no such model there, or one of another size.
    """
    scale = torch.tensor(_card(folder)["scale"], dtype=torch.float32)
    try:
        net.load_state_dict({name: v.float() for name, v in load_file(folder / WEIGHTS).items()})
    except (OSError, RuntimeError, SafetensorError) as error:
        raise _unusable(folder, error) from error
    return scale


def _card(folder: Path) -> dict[str, Any]:
    """The card of an exported model; InputError where there is none, or half of one."""
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text())
        missing = {"config", "scale", "training"} - set(card)
    except (OSError, ValueError) as error:
        raise _unusable(folder, error) from error
    if missing:
        raise _unusable(folder, f"{CARD} has no {min(missing)}")
    return card


def _unusable(folder: Path, reason: Exception | str) -> InputError:
    return InputError(
        f"{folder}: cannot begin from it ({str(reason).splitlines()[0]}); name the folder of an exported model"
    )
