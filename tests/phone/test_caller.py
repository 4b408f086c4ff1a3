"""Who calls, on a real server: a participant of a telephone's kind, with livekit-sip's attributes."""

import pytest
from livekit import api, rtc

from visavis.local.child import until
from visavis.local.server import LocalServer
from visavis.local.tokens import access_token
from visavis.phone.caller import Caller, Leg, is_phone

pytestmark = pytest.mark.call
ATTRIBUTES = {"sip.phoneNumber": "+15550199", "sip.trunkPhoneNumber": "100"}


async def test_a_telephone_is_known_and_can_be_hung_up(server: LocalServer) -> None:
    keys = server.endpoint.keys
    agent, phone, left = rtc.Room(), rtc.Room(), []
    await agent.connect(server.url, access_token(keys, room="r", identity="agent", agent=None))
    agent.on("participant_disconnected", left.append)
    sip = access_token(keys, room="r", identity="sip_1", agent=None, kind="sip", attributes=ATTRIBUTES)
    await phone.connect(server.url, sip)
    pressed = []
    phone.on("sip_dtmf_received", lambda digit: pressed.append(digit.digit))

    async def there() -> bool:
        return "sip_1" in agent.remote_participants

    await until(there)
    person = agent.remote_participants["sip_1"]
    assert is_phone(person)
    assert Caller.of(person) == Caller("sip_1", "+15550199", "100")
    assert "+15550199" in Caller.of(person).describe()

    async with api.LiveKitAPI(server.url, server.key, server.secret) as livekit:
        leg = Leg(agent, "sip_1", livekit)
        await leg.send_digits("1#")
        with pytest.raises(ValueError, match="'A'"):
            await leg.send_digits("A")
        await leg.hang_up()
        await leg.hang_up()  # one that has gone is left alone

    async def gone() -> bool:
        return bool(left)

    await until(gone)
    await agent.disconnect()
    assert pressed == ["1", "#"]
