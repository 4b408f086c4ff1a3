"""The exception tree of Visavis.

VisavisError            the root                                       (visavis_models.errors)
  InputError            the caller's mistake, exit code 2              (visavis_models.errors)
  AssetError            a file of ours is missing or damaged           (visavis_models.errors)
  ServerError           a LiveKit server cannot be found, built, started or reached
  RoomError             a room refused us, or was lost and did not come back
  ProviderError         recognition, language model or voice failed for good
"""

from visavis_models.errors import AssetError, InputError, VisavisError

__all__ = ["AssetError", "InputError", "ProviderError", "RoomError", "ServerError", "VisavisError"]


class ServerError(VisavisError):
    """No LiveKit server: not found, not built, not started, port in use, or not answering."""


class RoomError(VisavisError):
    """A room refused the token, or the connection was lost and did not come back."""


class ProviderError(VisavisError):
    """Recognition, language model or voice failed for good; the message says which and what to do."""
