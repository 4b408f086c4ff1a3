"""Threads that give way: the frame loop has precedence over recognition, language model and voice."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

VOICE_NICE = 2  # the voice's own synthesis: a late word is heard
RECOGNITION_NICE = 5
LANGUAGE_NICE = 8


def give_way(niceness: int) -> None:
    """Raise the niceness of the calling thread; threads that it starts inherit it.

    On Linux niceness belongs to the thread (setpriority(2), notes on NPTL). It is never lowered: that needs rights.
    """
    tid = threading.get_native_id()
    if niceness > os.getpriority(os.PRIO_PROCESS, tid):
        os.setpriority(os.PRIO_PROCESS, tid, niceness)


def quiet_thread(name: str, niceness: int) -> ThreadPoolExecutor:
    """One worker thread that gives way to the frame loop."""
    return ThreadPoolExecutor(1, thread_name_prefix=name, initializer=give_way, initargs=(niceness,))
