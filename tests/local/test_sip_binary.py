"""Finding the phone's programs: PATH first, then the cache; what is missing is named with the remedy."""

from pathlib import Path

import pytest

from visavis.local import sip_binary
from visavis.media.errors import ServerError


@pytest.fixture(autouse=True)
def _bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on PATH, nothing in the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize("find", [sip_binary.find_sip, sip_binary.find_redis, sip_binary.find_softphone])
def test_a_bare_machine_is_told_what_to_do(find: object) -> None:
    with pytest.raises(ServerError, match="run `make phone`"):
        find()  # type: ignore[operator]


def program(folder: Path, name: str, code: int = 0) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def test_what_the_build_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no Go"):
        sip_binary.install_sip(print)
    program(tmp_path, "go")
    with pytest.raises(ServerError, match=r"apt-get install -y pkg-config libopus-dev"):
        sip_binary.install_sip(print)
    program(tmp_path, "pkg-config", code=1)
    with pytest.raises(ServerError, match=r"install -y libopus-dev libopusfile-dev libsoxr-dev$"):
        sip_binary.install_sip(print)


def test_programs_on_the_path_come_first(tmp_path: Path) -> None:
    assert program(tmp_path, "livekit-sip") == sip_binary.find_sip() == sip_binary.install_sip(print)
    assert program(tmp_path, "valkey-server") == sip_binary.find_redis()
    assert program(tmp_path, "redis-server") == sip_binary.find_redis()
