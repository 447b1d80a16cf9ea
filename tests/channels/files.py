"""Writing the files that channels are made of."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

TOOL = """
from hyperstream.tool import Tool


class {name}(Tool):
    '''{doc}'''

    def __init__(self, factor, offset=0):
        super().__init__(factor=factor, offset=offset)
"""


def write(path: Path, text: str = "") -> Path:
    """Write a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text))
    return path


def write_tool(folder: Path, version: str, text: str = TOOL) -> Path:
    """Write a version of the tool that the folder is named after."""
    name = folder.name.title().replace("_", "")
    text = text.format(name=name, doc=f"Scale, {version}.")
    return write(folder / f"{version}.py", text)
