"""A face for any livekit-agents app: `AvatarSession(portrait="alex")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visavis.avatar.face import Face as Face
    from visavis.avatar.runner import AvatarStats as AvatarStats
    from visavis.avatar.runner import VideoOptions as VideoOptions
    from visavis.avatar.session import AvatarSession as AvatarSession

__all__ = ["AvatarSession", "AvatarStats", "Face", "VideoOptions"]


def __getattr__(name: str) -> object:
    """Import on first use: plain parts of the package do without LiveKit."""
    if name == "AvatarSession":
        from visavis.avatar.session import AvatarSession

        return AvatarSession
    if name == "Face":
        from visavis.avatar.face import Face

        return Face
    if name in ("AvatarStats", "VideoOptions"):
        from visavis.avatar import runner

        return getattr(runner, name)
    raise AttributeError(name)
