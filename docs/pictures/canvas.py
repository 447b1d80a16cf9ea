"""What the pictures are drawn with: SVG with a few shapes, and colours for light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Each colour as it is on a light page, and on a dark one.
COLOURS = {
    "card": ("#ffffff", "#16181b"),
    "edge": ("#d0d7de", "#363b42"),
    "ink": ("#1f2328", "#e6e9ec"),
    "soft": ("#57606a", "#a5adb5"),
    "line": ("#7d8590", "#8b949e"),
    "blue": ("#0860ca", "#6cb2ff"),
    "pale": ("#e3f1ff", "#142c47"),
    "orange": ("#b04600", "#ff9f50"),
    "warm": ("#fff0e1", "#432a10"),
    "green": ("#12702d", "#57c76c"),
    "fresh": ("#dcf8e2", "#12351c"),
}
RULES = """
text{font:14px system-ui,"Segoe UI","Liberation Sans",Arial,sans-serif;fill:var(--ink)}
.small{font-size:12.5px}.soft{fill:var(--soft)}.bold{font-weight:600}
.code{font-family:ui-monospace,"Liberation Mono",Menlo,monospace;font-size:12.5px}
.blue{fill:var(--blue)}.orange{fill:var(--orange)}.green{fill:var(--green)}
.card{fill:var(--card);stroke:var(--edge)}
.b{fill:var(--pale);stroke:var(--blue)}.o{fill:var(--warm);stroke:var(--orange)}
.g{fill:var(--fresh);stroke:var(--green)}.n{fill:none;stroke:var(--line)}
.dash{stroke-dasharray:5 4}.l{stroke:var(--line);fill:none;stroke-width:1.4}
.db{fill:var(--blue)}.do{fill:var(--orange)}.dg{fill:var(--green)}.dl{fill:var(--line)}
.e{fill:var(--card);stroke:var(--blue);stroke-width:2}
"""


class Picture:
    """A picture: a card with shapes on it.

    Parameters
    ----------
    name : str
        The name of the file, without its end.
    width, height : int
        In pixels, as on a page.
    title : str
        What a reader who cannot see it is told.
    """

    def __init__(self, name: str, width: int, height: int, title: str) -> None:
        self.name = name
        self.size = width, height
        self.title = title
        self.shapes: list[str] = []

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """Write a line; the point is on its base line."""
        self.shapes.append(
            f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        words: Sequence[str] | str = (),
        kind: str = "b",
        text: str = "",
        corner: float = 6,
    ) -> None:
        """Draw a box, with lines of text in its middle."""
        self.shapes.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}" '
            f'class="{kind}" stroke-width="1.4"/>'
        )
        lines = [words] if isinstance(words, str) else words
        top = y + height / 2 + 5 - 9 * (len(lines) - 1)
        for row, line in enumerate(lines):
            self.text(x + width / 2, top + 18 * row, line, text, "middle")

    def line(self, *points: tuple[float, float], kind: str = "l", arrow: bool = False) -> None:
        """Draw a line through points, with a head at its end if it is an arrow."""
        path = " ".join(f"{x},{y}" for x, y in points)
        head = ' marker-end="url(#head)"' if arrow else ""
        self.shapes.append(f'<polyline points="{path}" class="{kind}"{head}/>')

    def arrow(self, *points: tuple[float, float]) -> None:
        """Draw an arrow."""
        self.line(*points, arrow=True)

    def dot(self, x: float, y: float, kind: str = "db", radius: float = 5) -> None:
        """Draw a dot."""
        self.shapes.append(f'<circle cx="{x}" cy="{y}" r="{radius}" class="{kind}"/>')

    def node(self, x: float, y: float, words: str, kind: str = "b") -> None:
        """Draw a node of a graph, with its name below."""
        self.shapes.append(f'<circle cx="{x}" cy="{y}" r="17" class="{kind}" stroke-width="1.6"/>')
        self.text(x, y + 35, words, "small", "middle")

    def svg(self) -> str:
        """Return the picture as SVG."""
        width, height = self.size
        light, dark = (
            "".join(f"--{name}:{pair[page]};" for name, pair in COLOURS.items()) for page in (0, 1)
        )
        shapes = "\n".join(self.shapes)
        return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
width="{width}" height="{height}" role="img" aria-label="{escape(self.title)}">
<title>{escape(self.title)}</title>
<style>
svg{{{light}}}
@media (prefers-color-scheme:dark){{svg{{{dark}}}}}{RULES}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" \
orient="auto"><path d="M0,0 L8,4 L0,8 z" class="dl"/></marker></defs>
<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" class="card"/>
{shapes}
</svg>
"""

    def save(self, folder: Path = HERE) -> None:
        """Write the file."""
        (folder / f"{self.name}.svg").write_text(self.svg(), encoding="utf-8")
