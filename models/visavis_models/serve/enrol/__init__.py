"""Enrolment: one picture, the landmarks seen in it and the figure cut out of it become a `Portrait`."""

from visavis_models.serve.enrol.checks import NoPortraitError as NoPortraitError
from visavis_models.serve.enrol.enrolment import enrol as enrol

__all__ = ["NoPortraitError", "enrol"]
