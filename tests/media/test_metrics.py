"""What a process costs."""

from __future__ import annotations

from visavis.media.metrics import LoadMeter


def test_cores_are_processor_time_by_wall_time() -> None:
    now = [0.0]
    meter = LoadMeter(clock=lambda: now[0])
    sum(range(3_000_000))
    now[0] = 0.001
    busy = meter.look()
    now[0] = 1000.0
    idle = meter.look()
    assert busy.cpu_cores > 1 > idle.cpu_cores
    assert busy.rss_mb > 10
