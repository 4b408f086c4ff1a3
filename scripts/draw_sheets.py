"""Redraw pictures of docs/portraits.md: `.venv/bin/python scripts/draw_sheets.py [KIND...]`.

`speech`: a second of speech, frame by frame, with the motion weights as they are. `gallery`: the shipped faces,
speaking. `enrolled`: a picture enrolled as anybody's. `smiles`: closed smiles, and how large each is read at enrolment.
`hard`: portraits that are hard to enrol, each a living face or the sentence that says why not. `sheets`: every sheet of
named motions, of Alex and of Leo. The sentence is that of ../shared; the hard portraits are altered from our own.
"""

from __future__ import annotations

from pathlib import Path

import click
import cv2
import numpy as np

from visavis.media.files import read_audio
from visavis.vision.enrolment import enrol_picture
from visavis.vision.pictures import read_picture
from visavis_models.serve.enrol import NoPortraitError
from visavis_models.serve.motion import MotionModel
from visavis_models.serve.portrait import ASSETS, UNKNOWN, portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.sheet import (
    OVERVIEW,
    SHEETS,
    contact_sheet,
    crop_of,
    labelled,
    row_of,
    tiled,
    write_picture,
)
from visavis_models.serve.stream import MotionStream, voice_windows
from visavis_models.spec import FPS, INDEX, MODEL_RATE, frames_in
from visavis_models.train.before_faces import put_hand, put_lock

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SENTENCE = ROOT.parent / "shared" / "data" / "speech" / "LJ001-0001.flac"
KINDS = ("speech", "gallery", "enrolled", "smiles", "hard", "sheets")
FACES = ("alex", "leo")
SPEAKING = {"mara": 22, "kenji": 60, "nora": 35, "leo": 84, "pixel": 28, "alex": 96}  # at which frame of the sentence
SMILES = (0.0, 0.3, 0.5, 0.7)
FIRST = 20  # frame of the sentence at which the second of speech begins
MOTIONS = ("AA", "EE", "blink 1", "laugh", "yaw -20", "pitch +12")
SIDE = 192  # pixels of a cell
PAINT_PX, PAINT_TONES = 7, 20  # radius of a stroke of the painting, and how many tones it is told from others by


def spoken() -> np.ndarray:
    """The motion of the sentence, [T, 60]."""
    voice = read_audio(SENTENCE, MODEL_RATE)
    stream = MotionStream(MotionModel.load())
    return np.stack([stream.next(window) for window in voice_windows(voice, frames_in(len(voice), MODEL_RATE))])


def gallery() -> np.ndarray:
    """Every shipped face, speaking."""
    rows = spoken()
    frames = {name: Renderer(portrait(name)).render(rows[k : k + 1])[0] for name, k in SPEAKING.items()}
    return tiled([labelled(frame, "", 400) for frame in frames.values()], 3)


def smiles() -> np.ndarray:
    """The shipped faces with closed smiles, each with what enrolment reads of it, the mean of both sides."""
    tiles, sides = [], [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]
    for name in SPEAKING:
        renderer = Renderer(portrait(name))
        for smile in SMILES:
            frame = renderer.render(row_of({"mouthSmile*": smile})[None])[0]
            read = enrol_picture(frame, name, UNKNOWN).rest[sides].mean()
            tiles.append(labelled(np.ascontiguousarray(frame[96:416, 96:416]), f"{smile}: {read:.2f}", SIDE))
    return tiled(tiles, 2 * len(SMILES))


def speech(face: str) -> np.ndarray:
    """25 frames of a sentence, from `FIRST` on."""
    renderer = Renderer(portrait(face))
    x0, y0, x1, y1 = crop_of(renderer, "face")
    frames = renderer.render(spoken())[FIRST : FIRST + FPS, y0:y1, x0:x1]
    return tiled([labelled(frame, f"{k * 1000 // FPS} ms", SIDE) for k, frame in enumerate(frames)], 9)


def shipped(name: str) -> np.ndarray:
    """A gallery face's picture, RGB."""
    return read_picture(ASSETS / "gallery" / f"{name}.png")


def painted(picture: np.ndarray) -> np.ndarray:
    """In oil: each pixel the mean of those of the commonest tone around it."""
    tone = (picture.mean(2) * PAINT_TONES / 256).astype(int)
    side = (2 * PAINT_PX + 1,) * 2
    counts = np.stack([cv2.blur((tone == k).astype(np.float32), side) for k in range(PAINT_TONES)])
    most = counts.argmax(0)
    out = np.zeros(picture.shape, np.float32)
    for k in range(PAINT_TONES):
        mine = (tone == k)[..., None]
        mean = cv2.blur(picture * mine.astype(np.float32), side) / (counts[k][..., None] + 1e-6)
        out[most == k] = mean[most == k]
    return out.clip(0, 255).astype(np.uint8)


def childlike(picture: np.ndarray) -> np.ndarray:
    """A child's proportions: the lower face shorter and narrower, the eyes larger."""
    size = len(picture)
    y, x = np.mgrid[:size, :size].astype(np.float32) / size
    low = 1 / (1 + np.exp(-(y - 0.5) * 14)) * np.exp(-(((x - 0.5) / 0.22) ** 2)) * (y < 0.9)
    u, v = x + 0.16 * low * (x - 0.5), y + 0.10 * low * np.clip(y - 0.42, 0, 0.25)
    for centre in (0.435, 0.565):
        near = np.exp(-(((x - centre) ** 2 + (y - 0.43) ** 2) / 0.055**2))
        u, v = u - 0.26 * near * (x - centre), v - 0.26 * near * (y - 0.43)
    return cv2.remap(picture, u * size, v * size, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def long_haired(picture: np.ndarray) -> np.ndarray:
    """Long dark hair, strand by strand, over the cheeks' edges and the shoulders."""
    out, size, rng = picture.copy(), len(picture), np.random.default_rng(0)
    for _ in range(2600):
        side, spread = rng.choice((-1, 1)), rng.normal(0, 1)
        t = np.linspace(0, 1, 12)
        x = 0.5 + side * (0.07 + 0.13 * np.sqrt(t) + 0.02 * spread * t + 0.004 * np.sin(9 * t + spread))
        y = 0.2 + (0.72 + 0.04 * spread) * t**1.4
        shade = float(rng.uniform(0.5, 1.3))
        line = (np.stack([x, y], 1) * size * 8).round().astype(np.int32)
        cv2.polylines(out, [line], False, tuple(shade * c for c in (52, 36, 30)), 1, cv2.LINE_AA, 3)
    return out


def handed(picture: np.ndarray, x: float, roll: float) -> np.ndarray:
    """A hand, its middle at a share of the picture's width, in the colour of the face."""
    size = len(picture)
    skin = np.median(picture[int(0.5 * size) : int(0.55 * size), int(0.42 * size) : int(0.46 * size)], axis=(0, 1))
    return put_hand(picture, (x * size, 0.625 * size), 0.0253 * size, (1.08 * skin).tolist(), roll=roll)


def locked(picture: np.ndarray) -> np.ndarray:
    """A dark lock over one cheek."""
    size = len(picture)
    way = [(x * size, y * size) for x, y in ((0.56, 0.24), (0.655, 0.36), (0.63, 0.53), (0.615, 0.76))]
    return put_lock(picture, way, 0.066 * size, (52, 34, 26), 500)


def spectacled(picture: np.ndarray) -> np.ndarray:
    """Round glasses with thin dark rims, their temples and a reflection."""
    out, size = picture.copy(), len(picture)
    height, apart, radius = int(0.427 * size), 0.088 * size, int(0.056 * size)
    rim, thick = (46, 40, 40), max(2, size // 160)
    for side in (-1, 1):
        centre = (int(0.5 * size + side * apart), height)
        glass = out.copy()
        cv2.ellipse(glass, centre, (radius, radius // 4), -35, 0, 360, (255,) * 3, -1, cv2.LINE_AA)
        out = cv2.addWeighted(out, 0.88, glass, 0.12, 0)
        cv2.circle(out, centre, radius, rim, thick, cv2.LINE_AA)
        outer = centre[0] + side * radius
        cv2.line(out, (outer, height), (outer + side * int(0.02 * size), height - 4), rim, thick, cv2.LINE_AA)
    inner = int(apart) - radius
    cv2.ellipse(out, (size // 2, height), (inner, inner // 2), 0, 180, 360, rim, thick, cv2.LINE_AA)
    return out


def hard() -> np.ndarray:
    """A row for each hard portrait: its picture, and its face in some motions or why there is none."""
    cases = {
        "painting": painted(shipped("leo")),
        "glasses, old": spectacled(shipped("nora")),
        "child": childlike(shipped("kenji")),
        "long hair": long_haired(shipped("nora")),
        "hand beside": handed(shipped("mara"), 0.853, 8),
        "hand before": handed(shipped("mara"), 0.71, -8),
        "lock": locked(shipped("leo")),
        "drawn": shipped("pixel"),
    }
    rows = []
    for name, picture in cases.items():
        side = min(picture.shape[:2])
        tiles = [labelled(np.ascontiguousarray(picture[:side, :side]), name, SIDE)]
        try:
            face = enrol_picture(picture, name, UNKNOWN)
            tiles.append(contact_sheet(face, {key: OVERVIEW[key] for key in MOTIONS}, columns=len(MOTIONS), side=SIDE))
        except NoPortraitError as error:
            print(f"{name}: {error}")
            said = np.full((SIDE, SIDE * len(MOTIONS), 3), 40, np.uint8)
            cv2.putText(said, str(error), (12, SIDE // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255,) * 3, 1, cv2.LINE_AA)
            tiles.append(said)
        rows.append(np.hstack(tiles))
    return np.vstack(rows)


@click.command()
@click.argument("kinds", nargs=-1, metavar="[KIND...]", type=click.Choice(KINDS))
def main(kinds: tuple[str, ...]) -> None:
    """Redraw pictures of docs/portraits.md; all where none is named."""
    kinds = kinds or KINDS
    if "gallery" in kinds:
        write_picture(PICTURES / "gallery.jpg", gallery())
    if "enrolled" in kinds:
        stranger = enrol_picture(shipped("leo"), "leo", UNKNOWN)
        write_picture(PICTURES / "enrolled.jpg", contact_sheet(stranger, columns=8, side=SIDE))
    if "smiles" in kinds:
        write_picture(PICTURES / "smiles.jpg", smiles())
    if "hard" in kinds:
        write_picture(PICTURES / "hard.jpg", hard())
    for face in FACES:
        if "speech" in kinds:
            write_picture(PICTURES / f"{face}-speech.jpg", speech(face))
        for sheet, (cells, part) in SHEETS.items() if "sheets" in kinds else ():
            if sheet != "overview":
                columns, side = {"blink": (4, 320), "gaze": (3, 320)}.get(sheet, (6, 256))
                drawn = contact_sheet(portrait(face), cells, part=part, columns=columns, side=side)
                write_picture(PICTURES / f"{face}-{sheet}.jpg", drawn)


if __name__ == "__main__":
    main()
