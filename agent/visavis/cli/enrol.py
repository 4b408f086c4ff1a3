"""`visavis enrol`: a portrait from one picture, with a contact sheet to look at."""

from __future__ import annotations

import time
from pathlib import Path

import click

from visavis.cli.options import OutputFile
from visavis_models.serve.portrait import SUFFIX


@click.command()
@click.argument("photo", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=OutputFile(SUFFIX), required=True, help=f"The portrait to write ({SUFFIX}).")
@click.option("--sheet", type=OutputFile(".png", ".jpg"), help="Also write a contact sheet of it in many motions.")
@click.option("--name", default="", help="What to call the face.  [default: the picture's name]")
@click.option(
    "--consent", default="", metavar="TEXT", help='Who says that the person agreed, such as "Ann Lee, by mail, May 2".'
)
def command(photo: Path, output: Path, sheet: Path | None, name: str, consent: str) -> None:
    """Make a portrait from PHOTO (PNG, JPEG or WebP): a face that can be moved.

    The best picture shows one face, looking at the camera, mouth closed, evenly lit, hair and shoulders inside of the
    picture and nothing before the face. docs/portraits.md says more. Enrol only faces whose owners agreed; --consent
    notes in the file who says so. The portrait holds the picture: keep it like the picture itself.
    """
    began = time.perf_counter()
    from visavis.vision.enrolment import enrol_file  # late: mediapipe takes a second or two to import

    made = enrol_file(photo, output, name=name, consent=consent)
    took = time.perf_counter() - began
    click.echo(f"{output}: {made.name}, {output.stat().st_size / 1e6:.1f} MB, in {took:.1f} s")
    if sheet:
        from visavis_models.serve.sheet import contact_sheet, write_picture

        write_picture(sheet, contact_sheet(made))
        click.echo(f"{sheet}: look at it closely before you use the portrait")
