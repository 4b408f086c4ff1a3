"""The diary: one line for each thing that happened to a call, whatever the log holds."""

import json

from visavis.phone.diary import CALLS_KNOWN, Diary


def told(*records: dict[str, object]) -> list[str]:
    diary = Diary()
    return [said for record in records if (said := diary.read(json.dumps(record)))]


def invite(call: str = "a") -> dict[str, object]:
    return {"msg": "processing invite", "callID": call, "fromUser": "+4930", "toUser": "100"}


def test_a_call_is_told_from_answer_to_end() -> None:
    answer, end = ({"msg": msg, "callID": "a", "reason": "hangup"} for msg in ("Accepting the call", "SIP call ended"))
    assert told(invite(), answer, end) == ["+4930 -> 100: answered", "+4930 -> 100: the phone hung up"]


def test_a_phone_that_tries_a_wrong_password_again_and_again_is_told_once() -> None:
    wrong = {"msg": "Authentication failed - response mismatch", "callID": "a"}
    assert told(invite(), wrong, invite(), wrong, wrong) == ["+4930 -> 100: refused: wrong user or password"]


def test_lost_sound_is_told_when_it_is_lost_and_not_again() -> None:
    lost, end = (
        {"msg": "triggering media timeout", "callID": "a"},
        {"msg": "SIP call ended", "callID": "a", "reason": "x"},
    )
    assert told(invite(), lost, end) == ["+4930 -> 100: ended: the phone sent no sound any more"]


def test_a_reason_that_is_not_known_is_told_as_it_is() -> None:
    assert told({"msg": "SIP call ended", "callID": "b", "reason": "new-reason"}) == ["b: new-reason"]


def test_anything_may_be_fed_and_a_flood_is_forgotten() -> None:
    diary = Diary()
    assert [diary.read(line) for line in ("", "no json", "[1]", '"x"', "{}")] == [None] * 5
    for n in range(3 * CALLS_KNOWN):
        diary.read(json.dumps(invite(str(n))))
    assert len(diary._callers) == CALLS_KNOWN
