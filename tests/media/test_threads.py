"""Threads by name and niceness, as the system sees them."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from visavis.media import threads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness of their own on Linux alone")


def looks() -> tuple[str, int]:
    """Name and niceness of the calling thread."""
    thread = threading.get_native_id()
    return Path(f"/proc/self/task/{thread}/comm").read_text().strip(), os.getpriority(os.PRIO_PROCESS, thread)


def begun_by_it() -> tuple[str, int]:
    """Those of a thread that the calling thread starts."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(looks).result()


def test_a_thread_has_its_name_and_gives_way_with_all_that_it_starts() -> None:
    mine = looks()
    expected = "recognition", max(threads.RECOGNITION, mine[1])
    with threads.own_thread("recognition", threads.RECOGNITION) as thread:
        assert thread.submit(looks).result() == expected
        assert thread.submit(begun_by_it).result() == expected
    assert looks() == mine


def test_niceness_is_not_lowered_by_beginning_again() -> None:
    with threads.own_thread("one", 7) as thread:
        thread.submit(threads.begin, "a name that was too long", 3).result()
        assert thread.submit(looks).result() == ("a name that was", max(7, looks()[1]))
