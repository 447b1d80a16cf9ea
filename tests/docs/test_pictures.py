"""The pictures are those that their source draws, and stand on a page."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from tests.docs.pages import PAGES, ROOT

FOLDER = ROOT / "docs" / "pictures"
PICTURES = sorted(FOLDER.glob("*.svg"))


def test_pictures_are_drawn_by_their_source(tmp_path):
    """Drawing them again gives the files that are there."""
    for source in FOLDER.glob("*.py"):
        (tmp_path / source.name).write_text(source.read_text())
    subprocess.run([sys.executable, str(tmp_path / "draw.py")], check=True)
    drawn = {path.name: path.read_text() for path in tmp_path.glob("*.svg")}
    assert drawn == {path.name: path.read_text() for path in PICTURES}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_shown_and_told(picture):
    """A picture is on a page, has a title, and needs nothing from elsewhere."""
    assert any(f"pictures/{picture.name})" in page.read_text() for page in PAGES)
    root = ET.fromstring(picture.read_text())  # noqa: S314 - our own file
    assert root.find("{http://www.w3.org/2000/svg}title").text
    assert "href" not in picture.read_text()


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_text_stays_on_the_picture(picture):
    """Text, at a generous width for each letter, does not leave its picture."""
    root = ET.fromstring(picture.read_text())  # noqa: S314 - our own file
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        width = 7.4 * len(text.text or "")
        x = float(text.get("x"))
        left = {"start": x, "middle": x - width / 2, "end": x - width}[text.get("text-anchor")]
        assert left >= 0, text.text
        assert left + width <= float(root.get("width")), text.text
