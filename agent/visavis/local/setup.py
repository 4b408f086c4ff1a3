"""`python -m visavis.local.setup`: everything that is slow, once; afterwards nothing is built or fetched any more.

`--phone` does the same for phone calls alone: livekit-sip is built, the programs beside it are looked for. What cannot
be had there is said and is no failure: all the rest works without.

Safe to run again, and quick when all is there. One line for each thing that is made.
"""

from __future__ import annotations

import sys

from visavis.local.binary import install_server
from visavis.local.server import Endpoint
from visavis.local.sip_binary import find_redis, find_softphone, install_sip
from visavis.media.errors import VisavisError


def set_up() -> None:
    """The LiveKit server (unless the environment names one), the recognition bundles and the renderer's kernels.

    Raises:
        VisavisError: one of them cannot be had; the message says why.
    """
    if Endpoint.from_environment() is None:
        install_server(say)
    from visavis.media import frames
    from visavis.vision import bundles  # late: importing them takes seconds, and a server that fails needs none
    from visavis_models.serve import follow, renderer

    bundles.ensure(say)
    renderer.compile_kernels()
    follow.compile_kernels()
    frames.compile_kernels()


def set_up_phone() -> None:
    """livekit-sip, redis and a softphone; one line for each that cannot be had."""
    for need in (lambda: install_sip(say), find_redis, find_softphone):
        try:
            need()
        except VisavisError as error:
            say(f"no phone calls here: {' '.join(str(error).split())}")


def say(line: str) -> None:
    """One line of progress."""
    print(f"setup: {line}", flush=True)


def main() -> None:
    """Set up; on failure one line on stderr and exit code 1."""
    try:
        set_up_phone() if "--phone" in sys.argv[1:] else set_up()
    except VisavisError as error:
        sys.exit(f"setup: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
