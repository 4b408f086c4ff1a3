"""All chance of one training step, from the run's seed and the step's own number: a resumed run meets the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class Chance:
    """Few numbers come from the host, many from the device that uses them; no draw waits for the device.

    Attributes:
        host: for what decides shapes and places, such as the length of a hop.
        device: where the tensors lie.
    """

    def __init__(self, seed: int | Sequence[int], device: torch.device | str = "cpu") -> None:
        self.host = np.random.default_rng(seed)
        self.device = torch.device(device)
        self._generator = torch.Generator(self.device)
        self._generator.manual_seed(int(self.host.integers(2**62)))

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """float32 [shape] in low..high."""
        return low + (high - low) * torch.rand(shape, generator=self._generator, device=self.device)

    def normal(self, *shape: int) -> Tensor:
        """float32 [shape], mean 0, deviation 1."""
        return torch.randn(shape, generator=self._generator, device=self.device)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """int64 [shape] in low..high - 1."""
        return torch.randint(low, high, shape, generator=self._generator, device=self.device)

    def happens(self, share: float, *shape: int) -> Tensor:
        """bool [shape], true with this chance."""
        return self.uniform(*shape) < share
