"""What the process of a call costs, sampled now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

from visavis.media.events import ProcessLoad, wall_us


class LoadMeter:
    """Memory and processor use of this process since the last look."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._process = psutil.Process()
        self._clock = clock
        self._looked_at, self._used_s = clock(), self._cpu_s()

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system

    def look(self) -> ProcessLoad:
        """Resident memory now, and cores used since the last look."""
        now, used = self._clock(), self._cpu_s()
        cores = (used - self._used_s) / max(now - self._looked_at, 1e-3)
        self._looked_at, self._used_s = now, used
        return ProcessLoad(wall_us(), round(self._process.memory_info().rss / 1e6, 1), round(cores, 3))
