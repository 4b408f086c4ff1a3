"""The checks of a machine."""

import pytest

from visavis.caller import checks
from visavis.caller.checks import Trouble, examine
from visavis.media.errors import AssetError


def test_what_is_well_and_what_is_not() -> None:
    def missing() -> str:
        raise AssetError("weights are gone;\n run `make setup`")

    assert examine("a", lambda: "fine").ok
    finding = examine("b", missing)
    assert not finding.ok and finding.text == "weights are gone; run `make setup`"


@pytest.mark.parametrize("look", [checks.packages, checks.system_libraries, checks.sockets, checks.motion_model])
def test_parts_of_this_machine_are_well(look: object) -> None:
    assert look()  # type: ignore[operator]


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        checks.metadata, "requires", lambda _: ["numpy>=2", "no-such-package>=1", "torch; extra == 'x'"]
    )
    with pytest.raises(Trouble, match=r"no-such-package not installed; run `make setup`"):
        checks.packages()


def test_too_small_a_machine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.os, "sched_getaffinity", lambda _: {0})
    with pytest.raises(Trouble, match="1 core; a call needs 2"):
        checks.processor()
