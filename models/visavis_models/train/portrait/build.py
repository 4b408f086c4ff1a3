"""Build Alex: `python -m visavis_models.train.portrait.build ../shared/data`."""

from __future__ import annotations

from pathlib import Path

import click
import cv2

from visavis_models.serve.enrol.build import build
from visavis_models.serve.head import Head
from visavis_models.serve.portrait import ASSETS, SUFFIX, Provenance
from visavis_models.train.portrait import alex

LASH_CM = 1.25  # he was given long ones


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), default=ASSETS / f"alex{SUFFIX}")
def main(data: Path, out: Path) -> None:
    """Make Alex from the data folder DATA (portraits in it)."""
    picture = cv2.cvtColor(cv2.imread(str(data / "portraits" / "alex.png")), cv2.COLOR_BGR2RGB)
    matte = cv2.imread(str(data / "portraits" / "alex_rgba.png"), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]]
    provenance = Provenance(source="alex.png", made_by="visavis", consent="nobody: a face of our own making")
    head = Head.load()
    build("Alex", head, alex.fitted(head), picture, matte, provenance, lash_cm=LASH_CM).save(out)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
