"""What a process has ready before it is called, so that a call begins with nothing to load."""

from __future__ import annotations

from dataclasses import dataclass

from livekit.local_inference import init_eot, init_vad

from visavis import perception
from visavis.avatar.face import Face
from visavis.dialogue.providers import Models
from visavis.media.frames import compile_kernels
from visavis.media.settings import Settings


@dataclass(frozen=True)
class Loaded:
    """For one call, which may use it up.

    Attributes:
        models: what hears, thinks and speaks.
        face: that of the settings, before its first frame.
    """

    models: Models
    face: Face

    @classmethod
    def load(cls, settings: Settings) -> Loaded:
        """Load what a call by these `settings` needs, and warm it.

        Raises:
            InputError: no such portrait, emotion or background.
        """
        init_vad()
        init_eot()
        models = Models.load(settings)
        if settings.camera:
            perception.preload()
        compile_kernels()
        face = Face.open(
            settings.portrait,
            size=settings.video.size,
            emotion=settings.emotion,
            background=settings.background,
            listening=settings.expression.listening,
        )
        return cls(models, face)
