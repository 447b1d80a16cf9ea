"""Workflows as notebooks show them: a heading, and a picture if there is what draws it."""

from __future__ import annotations

import logging
import shutil
import subprocess
from html import escape
from typing import TYPE_CHECKING

from hyperstream.utils.errors import MissingExtraError
from hyperstream.utils.html import Html, note, page
from hyperstream.utils.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperstream.workflow.workflow import Workflow

logger = logging.getLogger(__name__)

# Graphviz may take seconds for more, which is too long for what was not asked for.
_LARGEST = 400
_FRAME = "max-width:100%;max-height:80em;overflow:auto"


def html(workflow: Workflow) -> str:
    """Return a workflow as HTML: what it is, and its picture or else its tree."""
    return page("Workflow", f"{workflow.workflow_id}: {workflow.name}", _parts(workflow))


def _parts(workflow: Workflow) -> Iterator[Html]:
    nodes, factors = len(workflow.nodes), len(workflow.factors)
    facts = [workflow.description, plural(nodes, "node"), plural(factors, "factor")]
    yield note(" · ".join([*facts, "online"] if workflow.online else facts))
    if nodes or factors:
        drawn = _picture(workflow) if nodes + factors <= _LARGEST else None
        tree = f'<pre style="line-height:1.3">{escape(workflow.to_text())}</pre>'
        yield Html(f'<div style="{_FRAME}">{drawn or tree}</div>')


def _picture(workflow: Workflow) -> str | None:
    """Return the picture as SVG, or None where it cannot be drawn."""
    dot = shutil.which("dot")
    if dot is None:
        return None
    try:
        # Not by the package's own `pipe`: a program that ends before it has read all breaks that.
        svg: str = subprocess.run(  # noqa: S603 - Graphviz, where the user has it
            [dot, "-Tsvg"],
            input=workflow.to_graphviz().source,
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout
    except (MissingExtraError, OSError, subprocess.CalledProcessError) as error:
        logger.debug("Workflow %s is shown as text: %s", workflow.workflow_id, error)
        return None
    # Without what only a file needs; and not made smaller, for it can be scrolled.
    return svg[svg.index("<svg") :].replace("<svg ", '<svg style="max-width:none" ', 1)
