"""One thread for each of the libraries' own pools: a pool that spins takes the core that the frame loop needs."""

from __future__ import annotations

import os

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
