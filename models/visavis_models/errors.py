"""The root of Visavis' exception tree. What the agent's side adds to it stands in `visavis.media.errors`.

VisavisError
  InputError          the caller's mistake: names the value and the remedy (command line: exit code 2)
  AssetError          a file of ours is missing or damaged: run the set-up again
"""


class VisavisError(Exception):
    """The root: catch this to catch whatever Visavis raises on purpose."""


class InputError(VisavisError, ValueError):
    """What the caller gave cannot be used; the message names the value and the remedy."""


class AssetError(VisavisError):
    """A shipped or cached file is missing or damaged; the message names the file and the remedy."""
