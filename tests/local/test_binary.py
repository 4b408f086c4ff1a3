"""Finding a server program: PATH first, then the cache; every way that fails is named with its reason."""

from pathlib import Path

import pytest

from visavis.local import binary
from visavis.media import cache
from visavis.media.errors import AssetError, ServerError


@pytest.fixture(autouse=True)
def _bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing on PATH, nothing in the cache, no network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binary, "ARCHIVE_URL", "http://127.0.0.1:9/{version}/{machine}.tar.gz")
    return tmp_path


def test_a_bare_machine_is_told_what_to_do() -> None:
    with pytest.raises(ServerError, match="make setup"):
        binary.find_server()


def test_no_network_and_no_go_are_one_line_with_every_reason() -> None:
    with pytest.raises(ServerError) as failure:
        binary.install_server(lambda line: None)
    said = str(failure.value)
    assert "not reachable" in said and "no Go" in said and "Docker" in said and "\n" not in said


def test_a_program_on_the_path_comes_first(tmp_path: Path) -> None:
    program = tmp_path / binary.PROGRAM
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert binary.find_server() == [str(program)] == binary.install_server(print)


def test_the_cached_program_is_checked() -> None:
    cached = cache.make(binary.CACHED, lambda path: path.write_text("a server"))
    assert binary.find_server() == [str(cached)]
    cached.write_text("another")
    with pytest.raises(AssetError, match="damaged"):
        binary.find_server()
