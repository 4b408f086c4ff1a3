"""Access tokens: short-lived, for one identity in one room, with the agent called into that room by name."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from livekit import api

from visavis.local.server import Keys

AGENT_NAME = "visavis"
TOKEN_LIFE = timedelta(minutes=10)


def fresh_name(prefix: str) -> str:
    """A name that nobody else has or guesses: `room-3f9c0a1b2c4d5e6f`."""
    return f"{prefix}-{secrets.token_hex(8)}"


def access_token(
    keys: Keys,
    *,
    room: str,
    identity: str,
    name: str = "",
    agent: str | None = AGENT_NAME,
    metadata: Mapping[str, object] | None = None,
    life: timedelta = TOKEN_LIFE,
    kind: Literal["standard", "sip"] = "standard",
    attributes: Mapping[str, str] | None = None,
    hidden: bool = False,
) -> str:
    """A token (JWT) with which `identity` may join `room`, speak, show and send data, and nothing else.

    Args:
        agent: the agent dispatched into the room when it is made; None calls none.
        metadata: the job's metadata for the agent, such as `{"portrait": "alex"}`.
        kind: of participant; "sip" makes a stand-in for a telephone.
        attributes: of the participant from the beginning.
        hidden: nobody in the room knows of them.
        life: how long joining is possible; a call that has begun goes on, the server renews its token.
    """
    token = (
        api.AccessToken(keys.key, keys.secret)
        .with_identity(identity)
        .with_name(name or identity)
        .with_ttl(life)
        .with_kind(kind)
        .with_attributes(dict(attributes or {}))
        .with_grants(
            api.VideoGrants(
                room_join=True, room=room, can_publish=True, can_subscribe=True, can_publish_data=True,
                can_update_own_metadata=True, hidden=hidden,
            )
        )
    )  # fmt: skip
    if agent:
        dispatch = api.RoomAgentDispatch(agent_name=agent, metadata=json.dumps(dict(metadata or {})))
        token = token.with_room_config(api.RoomConfiguration(agents=[dispatch]))
    return token.to_jwt()


def calling_token(keys: Keys, metadata: Mapping[str, object] | None = None, *, room: str = "") -> str:
    """A token with which somebody new calls the agent into `room`, or into a room of their own."""
    return access_token(keys, room=room or fresh_name("call"), identity=fresh_name("caller"), metadata=metadata)


def listener_token(keys: Keys, room: str) -> str:
    """A token with which one may hear `room`, unseen by the others, and nothing else."""
    grants = api.VideoGrants(
        room_join=True, room=room, can_publish=False, can_publish_data=False, can_subscribe=True, hidden=True
    )
    token = api.AccessToken(keys.key, keys.secret).with_identity(fresh_name("listener"))
    return token.with_ttl(TOKEN_LIFE).with_grants(grants).to_jwt()
