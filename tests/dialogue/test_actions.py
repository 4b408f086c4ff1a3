"""What a caller asks the scripted host to do."""

import pytest

from visavis.dialogue.actions import Action, action

TOOLS = {"hang_up", "transfer_call", "hold"}


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Goodbye.", Action("hang_up")),
        ("Okay, thank you, bye.", Action("hang_up")),
        ("Please hang up.", Action("hang_up")),
        ("Transfer me to the sales department, please.", Action("transfer_call", {"to": "sales department please"})),
        ("Transform me to sales, please.", Action("transfer_call", {"to": "sales please"})),
        ("Could you put me through to support?", Action("transfer_call", {"to": "support"})),
        ("Hold on, please.", Action("hold")),
        ("One moment.", Action("hold")),
        ("Say goodbye to your mother for me.", None),
        ("What time is it?", None),
    ],
)
def test_words_and_tools(said: str, wanted: Action | None) -> None:
    assert action(said, TOOLS) == wanted
    assert action(said, ()) is None
