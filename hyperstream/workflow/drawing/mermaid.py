"""Workflows as flowcharts in the language of Mermaid, which many web pages draw."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hyperstream.workflow.drawing.layout import Box, cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperstream.workflow.drawing.layout import Layout

_WIDTH = 40
_SHAPES = {"node": '(["{}"])', "factor": '["{}"]', "values": '[/"{}"\\]'}
# Names of classes that are none of Mermaid's own. All colours are said, for pages may be dark.
_CLASSES = {
    "plate": ("aPlate", "fill:#f7f8fa,stroke:#9aa5b1,color:#1f2933"),
    "node": ("aNode", "fill:#dbeafe,stroke:#2b6cb0,color:#1f2933"),
    "factor": ("aFactor", "fill:#fdebc8,stroke:#b7791f,color:#1f2933"),
    "values": ("aCreation", "fill:#d8f3dc,stroke:#2f855a,color:#1f2933"),
}
# What may mean something to Mermaid, to Markdown or to HTML is written as the number of the
# character; a number before a dot too, for it would begin a list.
_SPECIAL = re.compile(r"[^\w .,()×…]|^\d+(?=[.)])|_(?=_)", re.ASCII)
# These mean something even then, unless something else stands between them and what follows.
_STICKY = "\\$:"
_JOINER = "#8288;"


def flowchart(layout: Layout) -> str:
    """Return a picture as a flowchart, with a subgraph for each plate.

    The titles of subgraphs are short, since Mermaid leaves no room for long ones.
    """
    lines = ["flowchart TB", *_inside(layout.root, "    ")]
    for arrow in layout.arrows:
        line = f'-. "{_text(arrow.label)}" .->' if arrow.label else "-->"
        lines.append(f"    {arrow.tail} {line} {arrow.head}")
    kinds = {member.key: member.kind for member in layout.root.members()}
    found = {**kinds, **dict.fromkeys(_keys(layout.root), "plate")}
    for kind, (name, style) in _CLASSES.items():
        keys = [key for key, its in found.items() if its == kind]
        if keys:
            lines += [f"    classDef {name} {style}", f"    class {','.join(keys)} {name}"]
    return "\n".join(lines) + "\n"


def _inside(box: Box, indent: str) -> Iterator[str]:
    for each in box.inside:
        label = _text(each.title)
        if isinstance(each, Box):
            yield f'{indent}subgraph {each.key}["{label}"]'
            yield from _inside(each, indent + "    ")
            yield f"{indent}end"
        else:
            detail = f"<br/><small>{_text(each.detail)}</small>" if each.detail else ""
            yield indent + each.key + _SHAPES[each.kind].format(label + detail)


def _keys(box: Box) -> Iterator[str]:
    for inner in box.boxes():
        yield inner.key
        yield from _keys(inner)


def _text(text: str) -> str:
    """Return a text that Mermaid takes for nothing else."""
    return _SPECIAL.sub(_written, cut(text, _WIDTH))


def _written(found: re.Match[str]) -> str:
    numbers = "".join(f"#{ord(character)};" for character in found[0])
    return numbers + _JOINER if found[0] in _STICKY else numbers
