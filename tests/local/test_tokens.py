"""Tokens: short-lived, one identity in one room, the agent called by name."""

import json
from datetime import timedelta

import jwt
import pytest
from livekit import api
from livekit.api.access_token import Claims

from visavis.local.server import Keys
from visavis.local.tokens import access_token, fresh_name

KEYS = Keys.fresh()


def claims(token: str) -> Claims:
    return api.TokenVerifier(KEYS.key, KEYS.secret).verify(token)


def test_a_token_opens_one_room_to_one_person_for_ten_minutes() -> None:
    seen = claims(access_token(KEYS, room="r", identity="i", name="Ada"))
    assert (seen.identity, seen.name, seen.video.room) == ("i", "Ada", "r")
    assert seen.video.room_join and not seen.video.room_admin and not seen.video.room_create


def test_the_agent_is_called_with_its_metadata() -> None:
    seen = claims(access_token(KEYS, room="r", identity="i", metadata={"portrait": "alex"}))
    (dispatch,) = seen.room_config.agents
    assert dispatch.agent_name == "visavis" and json.loads(dispatch.metadata) == {"portrait": "alex"}
    assert claims(access_token(KEYS, room="r", identity="i", agent=None)).room_config is None


def test_a_token_can_be_made_to_expire_at_once() -> None:
    token = access_token(KEYS, room="r", identity="i", life=timedelta(seconds=-120))
    with pytest.raises(jwt.ExpiredSignatureError):
        claims(token)


def test_names_are_not_guessed() -> None:
    assert fresh_name("room") != fresh_name("room") and fresh_name("room").startswith("room-")
