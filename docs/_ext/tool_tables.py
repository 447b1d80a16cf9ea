"""The directive ``tools``: a table of a channel's tools, and below it what each of them does.

``.. tools::`` is about the tools of the package, ``.. tools:: example`` about those of the plugin
in ``plugins/example``. Everything comes from the tools themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from textwrap import indent
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.ext.napoleon import NumpyDocstring
from sphinx.util.docutils import SphinxDirective

from hyperstream.channel_manager import ChannelManager, parameters_of, without_types
from hyperstream.channels import ToolChannel
from hyperstream.cli.kinds import kind_of
from hyperstream.plugin_manager import Plugin

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"


class Description(NamedTuple):
    """What the page says of a tool."""

    name: str
    called: str
    kind: str
    versions: str
    docstring: str


def channel(plugin: str | None) -> ToolChannel:
    """Return the channel of the tools of a plugin, or of the package."""
    plugins = [Plugin(plugin, [], str(PLUGINS / plugin), True, False)] if plugin else []
    return ChannelManager(plugins).tool_channels[-1]


def descriptions(plugin: str | None) -> Iterator[Description]:
    """Describe the latest version of each tool, in order of names."""
    tools = channel(plugin)
    prefix = f"hs.plugins.{plugin}.tools" if plugin else "hs.tools"
    for name in sorted(tools.files):
        tool_class = tools.get_tool_class(name)
        parameters = without_types(parameters_of(tool_class))
        *older, newest = tools.versions[name].items()
        dates = [f"{version} ({file.timestamp:%Y-%m-%d})" for version, file in [*older, newest]]
        yield Description(
            name,
            f"{prefix}.{name}{parameters}",
            kind_of(tool_class),
            ", ".join(reversed(dates)),
            cleandoc(tool_class.__doc__ or ""),
        )


def table(tools: list[Description]) -> Iterator[str]:
    """Write the table in reStructuredText."""
    yield ".. list-table::\n   :header-rows: 1\n   :widths: 30 14 56\n"
    yield "   * - tool\n     - kind\n     - what it does"
    for tool in tools:
        target = tool.called.partition("(")[0]
        yield f"   * - :py:func:`{tool.name} <{target}>`"
        yield f"     - {tool.kind}"
        yield f"     - {tool.docstring.partition(chr(10))[0]}"
    yield ""


def details(tool: Description, settings: Any) -> str:
    """Write what a tool does in reStructuredText."""
    docstring = str(NumpyDocstring(tool.docstring, settings))
    body = f"*{tool.kind}*, version {tool.versions}\n\n{docstring}"
    return f".. py:function:: {tool.called}\n   :no-contents-entry:\n\n{indent(body, '   ')}\n"


class Tools(SphinxDirective):
    """The directive."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table, and the descriptions."""
        tools = list(descriptions(self.arguments[0] if self.arguments else None))
        text = [*table(tools), *(details(tool, self.config) for tool in tools)]
        return self.parse_text_to_nodes("\n".join(text))


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directive known."""
    app.add_directive("tools", Tools)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
