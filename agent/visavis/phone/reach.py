"""A LiveKit project's API, with its failures as one line for a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from livekit import api

from visavis.media.errors import InputError

ANSWER_TIMEOUT_S = 20


@asynccontextmanager
async def reach(url: str, key: str, secret: str) -> AsyncIterator[api.LiveKitAPI]:
    """The project's API.

    Raises:
        InputError: what is asked of it within the `async with` is refused, or it cannot be reached.
    """
    try:
        async with api.LiveKitAPI(url, key, secret, timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)) as lk:
            yield lk
    except api.ServerError as error:
        raise InputError(f"{url}: the project refuses: {error.message}; check keys and address") from None
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise InputError(f"{url}: the project cannot be reached ({error or 'no answer'}); is it up?") from None
