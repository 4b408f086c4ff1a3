"""Who the people of the gallery are: every number that makes one of them, chosen by eye."""

from __future__ import annotations

from dataclasses import dataclass, field

Colour = tuple[float, float, float]  # linear RGB, 0..1


@dataclass(frozen=True)
class Strokes:
    """How far the sculptor goes; Alex has 0.25, 0.13, 0.05, 0.15, 0.15."""

    eyes: float = 0.12
    nose: float = 0.06
    lips: float = 0.05
    jaw: float = 0.06
    neck: float = 0.10


@dataclass(frozen=True)
class Skin:
    """The look of the skin.

    Attributes:
        base: albedo of the cheek's side.
        blush, freckles, lines, pores: amounts, 0 for none, 1 for plenty; lines are those of age.
        lips: albedo.
        shadow: how much a shaved beard greys the jaw.
        scale: cm, how far light travels under the skin (red).
        shine: specular level.
    """

    base: Colour = (0.55, 0.285, 0.185)
    blush: float = 0.8
    freckles: float = 0.0
    lines: float = 0.0
    pores: float = 0.6
    lips: Colour = (0.40, 0.12, 0.10)
    shadow: float = 0.0
    scale: float = 0.35
    shine: float = 0.42


@dataclass(frozen=True)
class Brows:
    """Strand count, thickness of the band in cm, melanin, redness, or a colour instead of these two.

    `reach`: how far along the landmarks to the temple hairs grow, 0..1.
    """

    count: int = 620
    width: float = 1.0
    melanin: float = 0.93
    redness: float = 0.4
    arch: float = 0.0
    length: float = 1.0
    reach: float = 1.0
    colour: Colour | None = None


@dataclass(frozen=True)
class Hair:
    """Style is a function of `hair`; melanin 0 white to 1 black."""

    style: str = "crop"
    strands: int = 60_000
    melanin: float = 0.8
    redness: float = 0.5
    radius: float = 0.011
    roughness: float = 0.3
    spread: float = 0.2  # of melanin from strand to strand
    colours: tuple[Colour, ...] = ()  # instead of melanin: each strand has one of them


@dataclass(frozen=True)
class Clothes:
    """`collar`: crew or vee; colour of the knit; `rib` bands per cm; `dip`: cm by which a crew lies lower in front."""

    collar: str = "crew"
    colour: Colour = (0.05, 0.1, 0.15)
    rib: float = 1.15
    width: float = 1.0
    dip: float = 1.5


@dataclass(frozen=True)
class Person:
    """One face of the gallery."""

    name: str
    identity: dict[int, float]
    seed: int
    spread: float
    expression: dict[str, float]
    strokes: Strokes = Strokes()
    skin: Skin = Skin()
    iris: tuple[Colour, Colour] = ((0.17, 0.075, 0.026), (0.055, 0.028, 0.014))  # at the pupil, at the rim
    brows: Brows = Brows()
    lashes: float = 1.0  # length of the upper ones, 1 is 0.7 cm
    hair: Hair = Hair()
    beard: float = 0.0  # length in cm
    clothes: Clothes = Clothes()
    backdrop: Colour = (0.10, 0.11, 0.13)
    earrings: str = ""  # pearl, gold or none
    exposure: float = 0.0
    drawn: bool = False
    extras: dict[str, float] = field(default_factory=dict)


def _smile(smile: float, wide: float, brow: float = 0.06, dimple: float = 0.0) -> dict[str, float]:
    """A friendly face with closed lips."""
    return {
        "mouthSmileLeft": smile,
        "mouthSmileRight": smile,
        "eyeWideLeft": wide,
        "eyeWideRight": wide,
        "browInnerUp": brow,
        "mouthDimpleLeft": dimple,
        "mouthDimpleRight": dimple,
    }


CAST = {
    person.name: person
    for person in (
        Person(
            name="mara",
            identity={0: 1.0, 1: 0.3, 2: -1.5, 3: -0.7, 4: -0.2, 5: 0.8},
            seed=24,
            spread=0.45,
            expression=_smile(0.42, 0.22, 0.10),
            strokes=Strokes(eyes=0.14, nose=0.10, lips=0.02, jaw=0.06, neck=0.14),
            skin=Skin(
                base=(0.150, 0.066, 0.036), blush=0.5, pores=0.5, lips=(0.135, 0.040, 0.034), scale=0.22, shine=0.5
            ),
            iris=((0.060, 0.026, 0.012), (0.020, 0.010, 0.006)),
            brows=Brows(count=600, width=0.85, melanin=0.99, redness=0.3, arch=0.12, reach=0.9),
            lashes=1.15,
            hair=Hair("coils", 36_000, 0.97, 0.35, 0.011, 0.35),
            clothes=Clothes("vee", (0.42, 0.14, 0.035), 1.6),
            backdrop=(0.17, 0.155, 0.14),
            earrings="gold",
            exposure=0.25,
        ),
        Person(
            name="kenji",
            identity={0: -0.5, 1: 0.5, 2: -0.1, 3: 0.2, 4: -1.5, 5: 0.2},
            seed=15,
            spread=0.45,
            expression=_smile(0.52, 0.20, 0.0),
            strokes=Strokes(eyes=0.08, nose=0.07, lips=0.02, jaw=0.04, neck=0.06),
            skin=Skin(
                base=(0.50, 0.275, 0.165), blush=0.45, lines=0.28, pores=0.8, lips=(0.33, 0.125, 0.10), shadow=0.3
            ),
            iris=((0.060, 0.028, 0.014), (0.020, 0.011, 0.008)),
            brows=Brows(count=600, width=1.15, melanin=0.994, redness=0.0, arch=0.0),
            lashes=0.62,
            hair=Hair("swept", 60_000, 0.995, 0.0, 0.012, 0.28, 0.05),
            clothes=Clothes("crew", (0.040, 0.045, 0.055), 1.3, dip=2.6),
            backdrop=(0.10, 0.135, 0.15),
        ),
        Person(
            name="nora",
            identity={0: 0.5, 1: -0.2, 2: 0.7, 3: -0.6, 4: 0.2, 5: -0.3},
            seed=7,
            spread=0.40,
            expression=_smile(0.46, 0.20, 0.08),
            strokes=Strokes(eyes=0.10, nose=0.05, lips=0.0, jaw=0.03, neck=0.08),
            skin=Skin(base=(0.57, 0.33, 0.235), blush=0.75, lines=1.0, pores=0.7, lips=(0.42, 0.15, 0.135)),
            iris=((0.13, 0.19, 0.23), (0.05, 0.09, 0.13)),
            brows=Brows(count=520, width=0.8, arch=0.06, colour=(0.085, 0.072, 0.058)),
            lashes=0.8,
            hair=Hair(
                "bob",
                50_000,
                0.25,
                0.1,
                0.013,
                0.3,
                colours=((0.55, 0.55, 0.56), (0.36, 0.36, 0.37), (0.17, 0.165, 0.165)),
            ),
            clothes=Clothes("crew", (0.25, 0.055, 0.075), 1.0, dip=3.0),
            backdrop=(0.17, 0.165, 0.155),
            earrings="pearl",
            exposure=-0.15,
        ),
        Person(
            name="leo",
            identity={0: -0.5, 1: -0.5, 2: 0.1, 3: -0.1, 4: 0.5, 5: 0.2},
            seed=10,
            spread=0.40,
            expression=_smile(0.56, 0.14, 0.0),
            strokes=Strokes(eyes=0.13, nose=0.06, lips=0.02, jaw=0.05, neck=0.08),
            skin=Skin(base=(0.54, 0.285, 0.19), blush=1.0, freckles=0.65, pores=0.6, lips=(0.43, 0.155, 0.125)),
            iris=((0.14, 0.19, 0.10), (0.05, 0.09, 0.06)),
            brows=Brows(count=700, width=1.05, melanin=0.62, redness=0.9, arch=0.05),
            lashes=0.7,
            hair=Hair("tousled", 52_000, 0.56, 1.0, 0.013, 0.3, 0.3),
            beard=0.45,
            clothes=Clothes("crew", (0.36, 0.34, 0.30), 0.9),
            backdrop=(0.095, 0.125, 0.105),
            exposure=-0.2,
        ),
        Person(
            name="pixel",
            identity={0: 1.3, 1: 0.2, 2: -0.2, 3: -0.9, 4: -0.3, 5: 0.5},
            seed=25,
            spread=0.2,
            expression=_smile(0.70, 0.42, 0.10),
            strokes=Strokes(eyes=0.48, nose=0.24, lips=0.0, jaw=0.14, neck=0.20),
            skin=Skin(base=(0.80, 0.50, 0.37), blush=1.0, lips=(0.66, 0.21, 0.20)),
            iris=((0.03, 0.10, 0.20), (0.12, 0.55, 0.62)),
            brows=Brows(count=700, width=0.5, arch=0.10, length=0.6, reach=0.84),
            lashes=0.9,
            hair=Hair("drawn", 0, colours=((0.145, 0.050, 0.330),)),
            clothes=Clothes("crew", (0.92, 0.42, 0.055)),
            backdrop=(0.16, 0.36, 0.42),
            drawn=True,
        ),
    )
}
