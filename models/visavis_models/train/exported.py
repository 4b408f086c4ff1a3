"""Models that were exported, as networks that can learn on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
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
            InputError: no such model there.
        """
        try:
            card = json.loads((folder / CARD).read_text())
        except OSError as error:
            raise InputError(f"{folder}: no exported model there ({error.strerror})") from error
        net = MotionNet(**card["config"])
        return cls(net, begin_from(net, folder), card["training"], card.get("gain", {}))


def lip_widths(folder: Path) -> list[int]:
    """How wide the lip readers of an exported model are.

    Raises:
        InputError: no such model there.
    """
    try:
        return list(json.loads((folder / CARD).read_text())["config"]["lip_widths"])
    except (OSError, KeyError) as error:
        raise InputError(f"{folder}: cannot begin from it ({error}); name the folder of an exported model") from error


def begin_from(net: MotionNet, folder: Path) -> Tensor:
    """Put an exported model's weights into `net`; returns the unit of its motion [60].

    Raises:
        InputError: no such model there, or one of another size.
    """
    try:
        net.load_state_dict({name: v.float() for name, v in load_file(folder / WEIGHTS).items()})
        return torch.tensor(json.loads((folder / CARD).read_text())["scale"], dtype=torch.float32)
    except (OSError, RuntimeError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{folder}: cannot begin from it ({reason}); name the folder of an exported model") from error
