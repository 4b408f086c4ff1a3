"""What enrolment finds before faces, and where it finds what is not there: `.venv/bin/python scripts/measure_cover.py`.

Hands, locks, microphones, telephones and cups are drawn before our own faces, two photographs of the public domain and
a picture of the GRID corpus; and the same faces are looked at with nothing before them, lit, worn, posed and stored in
other ways. Takes six minutes of one core. --sheet writes the pictures, each with what was said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from draw_sheets import ROOT, childlike, long_haired, painted, shipped, spectacled
from numpy.typing import NDArray

from visavis.vision.bundles import find
from visavis.vision.enrolment import the_face
from visavis.vision.pictures import read_picture
from visavis.vision.still import StillEye
from visavis_models.serve.enrol import NoPortraitError
from visavis_models.serve.enrol.checks import check_place, check_pose, check_uncovered
from visavis_models.serve.enrol.cover import check_bare
from visavis_models.serve.enrol.fitted import stand
from visavis_models.serve.enrol.framing import MIDDLE_CM, framing
from visavis_models.serve.enrol.solve import SMILES, Solved, solve
from visavis_models.serve.head import Head
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.sheet import OVERVIEW, Weights, labelled, row_of, tiled, write_picture
from visavis_models.train.before_faces import put_box, put_hand, put_lock, put_microphone

Picture = NDArray[np.uint8]
SHARED = ROOT.parent / "shared" / "data"
OURS = ("mara", "kenji", "nora", "leo", "pixel", "alex")
COVERED = ("mara", "kenji", "nora", "leo", "alex", "astronaut", "hopper", "bbal8p")
POSES: dict[str, Weights] = {
    "yaw 15": {"headYaw": 0.26}, "yaw -15": {"headYaw": -0.26}, "pitch 12": {"headPitch": 0.2},
    "one-sided smile": {"mouthSmileLeft": 0.8, "cheekSquintLeft": 0.6, "eyeSquintLeft": 0.5},
    "angry": {"browDown*": 1.0, "noseSneer*": 0.5}, "AA": OVERVIEW["AA"] or {}, "laugh": OVERVIEW["laugh"] or {},
}  # fmt: skip
DARK, FAIR = (52, 34, 26), (190, 150, 95)  # hair
CHEEKS = (50, 280, 205, 425, 151)  # landmarks on skin


class Looker:
    """All of enrolment up to what lies before the face."""

    def __init__(self, eye: StillEye) -> None:
        self._eye, self._head = eye, Head.load()

    def fitted(self, picture: Picture) -> tuple[NDArray[np.float32], Solved]:
        landmarks = the_face(self._eye, picture)
        check_place(landmarks, picture.shape)
        check_uncovered(picture, landmarks)
        solved = solve(self._head, landmarks.astype(np.float64), SMILES)
        check_pose(solved)
        return landmarks, solved

    def said(self, picture: Picture) -> str:
        """Why there is no portrait, "" if there is one."""
        try:
            landmarks, solved = self.fitted(picture)
            frame = framing(solved, picture.shape)
            cut = frame.cut(picture)[0]
            fit = stand(self._head, frame.solved(solved), frame.place(landmarks.astype(np.float64)))
            check_bare(self._head, fit, cut, self._eye.hands(cut))
        except NoPortraitError as error:
            return str(error)
        return ""


def faces() -> dict[str, Picture]:
    """Pictures of faces with nothing before them."""
    import matplotlib
    import skimage

    found = {name: shipped(name) for name in OURS[:-1]} | {"alex": read_picture(SHARED / "portraits" / "alex.png")}
    found["astronaut"] = read_picture(Path(skimage.__path__[0]) / "data" / "astronaut.png")
    found["hopper"] = read_picture(Path(matplotlib.__path__[0]) / "mpl-data" / "sample_data" / "grace_hopper.jpg")
    for path in sorted((SHARED / "grid" / "video").glob("*.mpg")):
        found[path.stem] = np.ascontiguousarray(cv2.VideoCapture(str(path)).read()[1][..., ::-1])
    return found


def otherwise(picture: Picture, x: float, y: float, cm: float) -> Iterator[tuple[str, Picture]]:
    """One face in other light, stored otherwise, with hair about it; the middle of its nose's bridge at (x, y)."""
    row, column = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    side = 1 / (1 + np.exp((x - column) / (2.2 * cm)))[..., None]
    shade = np.clip(((column - x) * 0.8 + (row - y) * 0.6 - 2 * cm) / (0.25 * cm) + 0.5, 0, 1)[..., None]
    gains = {
        "light from the side": 0.3 + 0.8 * side,
        "warm light from the side": np.dstack([0.35 + 0.85 * side, 0.35 + 0.75 * side, 0.5 + 0.5 * side]),
        "cast shadow": 1 - 0.45 * shade,
    }
    for name, gain in gains.items():
        yield name, (picture * gain).clip(0, 255).astype(np.uint8)
    yield "dark", (153 * (picture / 255.0) ** 1.9).astype(np.uint8)
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 25])[1]
    yield "JPEG of quality 25", np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    if 18 * cm > 120:
        small = cv2.resize(picture, None, fx=6.7 / cm, fy=6.7 / cm, interpolation=cv2.INTER_AREA)
        yield "small", np.asarray(small, np.uint8)
    fringed = picture
    for k in range(-5, 6):
        way = [(x + across * cm, y + up * cm) for across, up in ((k, -9), (1.25 * k, -6.2), (1.3 * k, -4.9))]
        fringed = put_lock(fringed, way, 1.6 * cm, DARK, 90)
    yield "fringe", fringed
    for name, wide, width, sides in (("hair at the rim", 7.8, 2.4, (-1, 1)), ("strand at the rim", 7.0, 0.5, (-1,))):
        haired = picture
        for side_of in sides:
            line = [
                (x + side_of * across * cm, y + up * cm)
                for across, up in ((3, -10), (wide - 0.4, -5), (wide, 2), (wide, 11))
            ]
            haired = put_lock(haired, line, width * cm, DARK, int(200 * width))
        yield name, haired


def bare(found: dict[str, Picture], looker: Looker) -> Iterator[tuple[str, Picture]]:
    """Faces with nothing before them, each with the kind of picture it is."""
    for name, picture in found.items():
        yield "as it is", picture
        if name in COVERED:
            solved = looker.fitted(picture)[1]
            yield from otherwise(picture, solved.place[0], solved.place[1] - MIDDLE_CM * solved.scale, solved.scale)
    yield from (("painted", painted(found["leo"])), ("child", childlike(found["kenji"])))
    yield "long hair beside the face", long_haired(found["nora"])
    yield from (("glasses", spectacled(found[name])) for name in ("mara", "nora", "leo", "kenji"))
    for name in OURS:
        renderer = Renderer(portrait(name))
        for pose, values in POSES.items():
            yield pose, renderer.render(row_of(values)[None])[0]


def covered(picture: Picture, x: float, y: float, cm: float, skin: list[float]) -> Iterator[tuple[str, Picture]]:
    """One face with things before and beside it."""

    def at(across: float, down: float) -> tuple[float, float]:
        return x + across * cm, y + down * cm

    open_hand = (12, 10, 10, 12)
    hands: dict[str, tuple[tuple[float, float], dict[str, Any]]] = {
        "hand beside": (at(13.5, 4), {"roll": 8, "curl": (6, 5, 5, 8)}),
        "hand waved": (at(-15, 2), {"roll": -12, "left": True, "curl": (4, 3, 3, 4)}),
        "hand under the chin": (at(3, 17.5), {"roll": -35, "curl": (25, 25, 25, 25)}),
        "finger tips at the cheek": (at(9.6, 5.5), {"curl": open_hand}),
        "hand on the cheek": (at(7.8, 5.5), {"roll": -8, "curl": open_hand}),
        "hand over the cheek": (at(6, 5.5), {"roll": -14, "left": True, "curl": open_hand}),
        "back of a hand": (at(-7, 6), {"roll": 18, "back": True, "curl": (18, 18, 20, 22)}),
        "finger on the lips": (at(0.8, 14), {"curl": (3, 85, 85, 85), "opposed": 0.6}),
        "fist before the chin": (at(1, 10.5), {"curl": (80, 80, 80, 80), "opposed": 0.7}),
        "hand over an eye": (at(-5.5, 1.5), {"roll": 12, "left": True, "curl": (10, 10, 10, 10)}),
        "hand over the mouth": (at(2, 8), {"roll": -75, "back": True, "curl": (8, 8, 8, 8)}),
    }
    for name, (place, pose) in hands.items():
        yield name, put_hand(picture, place, 0.95 * cm, skin, **pose)
    locks = {
        "narrow lock": ([at(2, -9.5), at(5.5, -5), at(4.6, 1.5), at(4.2, 8)], 1.2, DARK),
        "dark lock": ([at(2, -9.5), at(5.8, -5), at(4.9, 1.5), at(4.4, 10)], 2.5, DARK),
        "fair lock": ([at(-2, -9.5), at(-5.8, -5), at(-4.9, 1.5), at(-4.4, 10)], 2.5, FAIR),
        "hair over an eye": ([at(-1, -9.5), at(-3, -5), at(-4.5, 0), at(-7, 9)], 4.0, DARK),
    }
    for name, (way, width, colour) in locks.items():
        yield name, put_lock(picture, way, width * cm, colour, int(200 * width))
    yield "microphone under the chin", put_microphone(picture, at(0.5, 14.6), 2.4 * cm)
    yield "microphone before the chin", put_microphone(picture, at(0.5, 9.2), 2.6 * cm)
    yield "microphone beside the mouth", put_microphone(picture, at(4.4, 7.4), 2.3 * cm, 30)
    yield "telephone beside", put_box(picture, at(10.6, 3), (3 * cm, 13 * cm), 4, (25, 25, 30))
    yield "telephone at the cheek", put_box(picture, at(6.5, 3), (3.4 * cm, 13 * cm), 12, (25, 25, 30))
    yield "white cup before the chin", put_box(picture, at(1, 9.5), (8 * cm, 8.5 * cm), 0, (235, 232, 225))
    yield "cup in the skin's colour", put_box(picture, at(1, 10.5), (8 * cm, 7 * cm), 0, skin)


def table(looker: Looker, cases: Iterator[tuple[str, Picture]], tiles: list[Picture]) -> None:
    """Print for each kind of picture how many were refused, with a sentence of each kind."""
    refused = defaultdict(list)
    for kind, picture in cases:
        said = looker.said(picture)
        refused[kind].append(said)
        side = min(picture.shape[:2])
        tiles.append(labelled(np.ascontiguousarray(picture[:side, :side]), f"{kind}: {said.split(';')[0]}", 320))
    for kind, sentences in refused.items():
        reasons = sorted({sentence.split(";")[0] for sentence in sentences if sentence})
        click.echo(f"| {kind} | {sum(map(bool, sentences))} of {len(sentences)} | {' / '.join(reasons)} |")


@click.command()
@click.option("--sheet", type=click.Path(dir_okay=False, path_type=Path), help="Where to write all pictures.")
def main(sheet: Path | None) -> None:
    """Print how many pictures are refused: of faces with nothing before them, and of covered ones."""
    tiles: list[Picture] = []
    with StillEye(find()) as eye:
        looker, found = Looker(eye), faces()
        table(looker, bare(found, looker), tiles)
        cases = []
        for name in COVERED:
            landmarks, solved = looker.fitted(found[name])
            at = landmarks[list(CHEEKS), :2].round().astype(int)
            skin = (1.04 * np.median(cv2.medianBlur(found[name], 5)[at[:, 1], at[:, 0]], axis=0)).tolist()
            x, y = solved.place.tolist()
            cases.append(covered(found[name], x, y - MIDDLE_CM * solved.scale, solved.scale, skin))
        table(looker, (case for group in zip(*cases, strict=True) for case in group), tiles)
    if sheet:
        write_picture(sheet, tiled(tiles, 8))


if __name__ == "__main__":
    main()
