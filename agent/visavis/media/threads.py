"""Who goes before whom on few cores: our threads by name and niceness, and one thread for each library's own pool.

On Linux niceness and name belong to the thread (setpriority(2), prctl(2)), and threads that it starts inherit both: so
`top -H` tells frames, sound, landmarks and language apart, mediapipe's and llama.cpp's own threads among them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

URGENT = -5  # frames and sound
VOICE = 2  # the voice's own synthesis: a late word is heard
RECOGNITION = 5
LANGUAGE = 8
LANDMARKS = LOADING = 10  # a call that is held meanwhile goes before its successor's loading

PR_SET_NAME, NAME_BYTES = 15, 15  # linux/prctl.h; TASK_COMM_LEN without its zero
# A library's pool that spins takes the core that the frame loop needs.
SINGLE_THREADED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}


def set_environment(variables: dict[str, str]) -> None:
    """Set what the user has not; to be called before numpy is imported."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)


def begin(name: str, niceness: int = 0) -> None:
    """Name the calling thread for the system's tools, and give it its niceness.

    Precedence (niceness below 0) is taken where the system lets us; niceness is never lowered otherwise, that needs a
    right as well.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode()[:NAME_BYTES], 0, 0, 0)
    thread = threading.get_native_id()
    if niceness < 0 or niceness > os.getpriority(os.PRIO_PROCESS, thread):
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, thread, niceness)


def own_thread(name: str, niceness: int = 0) -> ThreadPoolExecutor:
    """One worker thread, begun as `begin` says."""
    return ThreadPoolExecutor(1, thread_name_prefix=name, initializer=begin, initargs=(name, niceness))
