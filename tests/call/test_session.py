"""One call's beginning and end."""

from __future__ import annotations

import pytest

from visavis.call.session import Call
from visavis.media.errors import InputError


async def test_a_dispatch_that_asks_for_nonsense_ends_in_its_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    async def start(self: Call) -> None:
        raise InputError("nobody: no such face")

    async def close(self: Call) -> None:
        ended.append(self)

    monkeypatch.setattr(Call, "_start", start)
    monkeypatch.setattr(Call, "aclose", close)
    call = object.__new__(Call)
    with pytest.raises(InputError, match="nobody: no such face"):
        await call.run()
    assert ended == [call]
