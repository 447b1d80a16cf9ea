"""Pages that are files elsewhere in the repository, and links from and to these.

A page whose text is an ``include`` of such a file has its content, with its links as they have to
be from there. A link to a file that is no page is left out, for a built page does not know where
the repository is; the words stay. The directive ``changes`` lists the fragments of the changelog.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
INCLUDE = re.compile(r"```\{include\} (\S+)\n```\n*")
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")


def included(page: Path) -> Path:
    """Return the file that holds the text of a page."""
    found = INCLUDE.match(page.read_text(encoding="utf-8"))
    return (page.parent / found[1]).resolve() if found else page


def pages() -> dict[Path, Path]:
    """Map each file that is shown as a page to that page."""
    return {included(page): page for page in DOCS.rglob("*.md")}


def relinked(text: str, file: Path, page: Path, shown: dict[Path, Path]) -> str:
    """Return the text of a file with its links as they have to be on a page."""

    def link(match: re.Match[str]) -> str:
        image, words, target, anchor = match.groups(default="")
        if "://" in target:
            return match[0]
        path = (file.parent / target).resolve()
        path = shown.get(path, path)
        if DOCS not in path.parents or path.is_dir():
            return words
        return f"{image}[{words}]({os.path.relpath(path, page.parent)}{anchor})"

    return LINK.sub(link, text)


def read(app: Sphinx, name: str, source: list[str]) -> None:
    """Put the text of the repository's file on its page, and mend links."""
    page, shown = Path(app.env.doc2path(name)), pages()
    if page.suffix == ".ipynb":
        notebook = json.loads(source[0])
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = relinked("".join(cell["source"]), page, page, shown)
        source[0] = json.dumps(notebook)
        return
    file = included(page)
    if file != page:
        app.env.note_dependency(str(file))
        source[0] = INCLUDE.sub(lambda _: file.read_text(encoding="utf-8"), source[0])
    source[0] = relinked(source[0], file, page, shown)


class Changes(SphinxDirective):
    """The directive."""

    def run(self) -> list[nodes.Node]:
        """Return a list of the changes of each kind."""
        found: list[nodes.Node] = []
        for kind in KINDS:
            fragments = sorted((ROOT / "changes").glob(f"*.{kind}.md"))
            texts = [fragment.read_text(encoding="utf-8") for fragment in fragments]
            items = ["- " + text.strip().replace("\n", "\n  ") for text in texts]
            if items:
                found += self.parse_text_to_nodes(f"**{kind.capitalize()}**\n\n" + "\n".join(items))
        return found


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the pages and the directive known."""
    app.connect("source-read", read)
    app.add_directive("changes", Changes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
