"""The per-user cache: made once, whole or not at all, checked at every use."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from visavis.media import cache
from visavis.media.errors import AssetError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def seen() -> list[str]:
    """The files of the cache, but for the locks."""
    return [path.name for path in cache.cache_folder().iterdir() if path.suffix != ".lock"]


def test_of_two_that_want_it_at_once_one_makes_it() -> None:
    begun, may_end, made = threading.Event(), threading.Event(), []

    def write(path: Path) -> None:
        made.append(path)
        begun.set()
        assert may_end.wait(30)
        path.write_bytes(b"slow to make")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.make, "a/b", write)
        assert begun.wait(30)
        second = pool.submit(cache.make, "a/b", write)
        may_end.set()
        assert first.result(30) == second.result(30)
    assert len(made) == 1


def test_a_file_is_made_once_and_found_again() -> None:
    calls: list[Path] = []

    def write(path: Path) -> None:
        calls.append(path)
        path.write_bytes(b"slow to make")

    assert cache.find("a/b") is None
    path = cache.make("a/b", write)
    assert cache.make("a/b", write) == cache.find("a/b") == path == cache.cache_folder() / "a/b"
    assert len(calls) == 1 and path.read_bytes() == b"slow to make"


def test_a_damaged_file_is_named_and_made_again() -> None:
    path = cache.make("a", lambda place: place.write_bytes(b"whole"))
    path.write_bytes(b"torn")
    with pytest.raises(AssetError, match="damaged"):
        cache.find("a")
    assert cache.make("a", lambda place: place.write_bytes(b"whole")).read_bytes() == b"whole"


def test_what_has_not_the_pinned_checksum_never_appears() -> None:
    with pytest.raises(AssetError, match="checksum"):
        cache.make("a", lambda place: place.write_bytes(b"other"), sha256="0" * 64)
    assert cache.find("a") is None and seen() == []


def test_a_making_that_fails_leaves_nothing() -> None:
    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError):
        cache.make("a", write)
    assert seen() == []


def test_a_cache_that_cannot_be_made_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(AssetError, match="XDG_CACHE_HOME"):
        cache.cache_folder()
