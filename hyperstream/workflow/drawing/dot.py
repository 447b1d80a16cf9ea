"""Workflows as pictures that Graphviz draws. It needs the package graphviz, an extra."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from hyperstream.utils.errors import MissingExtraError
from hyperstream.workflow.drawing.layout import Box, cut

try:
    import graphviz
except ImportError as error:
    raise MissingExtraError(package="graphviz", extra="notebook") from error

if TYPE_CHECKING:
    from hyperstream.workflow.drawing.layout import Layout, Member

_WIDTH = 32
_FONT = "Helvetica,Arial,sans-serif"
_TEXT = "#1f2933"
_GREY = "#52606d"
_STYLES: dict[str, dict[str, str]] = {
    "node": {"shape": "ellipse", "fillcolor": "#dbeafe", "color": "#2b6cb0", "margin": "0.05,0.02"},
    "factor": {"shape": "box", "fillcolor": "#fdebc8", "color": "#b7791f", "margin": "0.12,0.05"},
    "values": {"shape": "note", "fillcolor": "#d8f3dc", "color": "#2f855a"},
}
# With the letter after it a backslash would stand for something, in tooltips even if it is doubled;
# so something that is not seen is between them.
_BACKSLASH = "\\\\\u2060"
# Each level of plates is a little darker than the one around it.
_SHADES = ("#f7f8fa", "#eff1f5", "#e6eaf0", "#dde2ea")


def digraph(layout: Layout) -> Any:
    """Return a picture as a ``graphviz.Digraph``.

    Parameters
    ----------
    layout : Layout
        What to draw.

    Returns
    -------
    graphviz.Digraph
        With a cluster for each plate.
    """
    text = {"fontname": _FONT, "fontcolor": _TEXT, "fontsize": "10"}
    graph = graphviz.Digraph(
        name=layout.root.title,
        graph_attr={
            **text,
            "bgcolor": "white",
            "tooltip": " ",
            "ranksep": "0.25",
            "nodesep": "0.25",
        },
        node_attr={**text, "style": "filled", "height": "0.3"},
        edge_attr={**text, "color": _GREY, "fontcolor": _GREY, "fontsize": "9", "arrowsize": "0.6"},
    )
    _fill(graph, layout.root, 0)
    titles = {member.key: member.title for member in layout.root.members()}
    for arrow in layout.arrows:
        tooltip = _written(f"{titles[arrow.tail]} → {titles[arrow.head]}")
        special = {"label": f" {arrow.label}", "style": "dashed"} if arrow.label else {}
        graph.edge(arrow.tail, arrow.head, tooltip=tooltip, **special)
    return graph


def _fill(graph: Any, box: Box, depth: int) -> None:
    """Draw what is inside of a box."""
    for each in box.inside:
        if isinstance(each, Box):
            with graph.subgraph(name=f"cluster_{each.key}") as cluster:
                cluster.attr(
                    label=_label(each),
                    tooltip=_written(each.about or each.title),
                    labelloc="b",  # where no arrow comes in
                    labeljust="r",
                    style="rounded,filled",
                    color="#9aa5b1",
                    fillcolor=_SHADES[min(depth, len(_SHADES) - 1)],
                    margin="10",
                )
                _fill(cluster, each, depth + 1)
        else:
            tooltip = _written(each.about)
            graph.node(each.key, _label(each), tooltip=tooltip, **_STYLES[each.kind])


def _label(drawn: Box | Member) -> str:
    """Return the label of a box or member, in Graphviz's own kind of HTML."""
    title = f"<b>{_written(cut(drawn.title, _WIDTH))}</b>"
    if not drawn.detail:
        return f"<{title}>"
    # A label of several lines says for each where it is aligned.
    side = ' align="right"' if isinstance(drawn, Box) else ""
    detail = f'<font point-size="9" color="{_GREY}">{_written(cut(drawn.detail, _WIDTH))}</font>'
    return f"<{title}<br{side}/>{detail}{f'<br{side}/>' if side else ''}>"


def _written(text: str) -> str:
    """Return a text that Graphviz takes for nothing else."""
    return escape(text).replace("\\", _BACKSLASH)
