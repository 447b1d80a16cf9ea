"""The functions of ``hs.factors``: what they look like, and what they refuse."""

from __future__ import annotations

import inspect
import pydoc

import pytest

from hyperstream.channel_manager import parameters_of
from hyperstream.factories import FactorContainer, PluginContainer, UnknownToolError
from hyperstream.plugin_manager import Plugin
from hyperstream.tool import MultiOutputTool, PlateCreationTool, SelectorTool
from hyperstream.utils.errors import (
    FactorDefinitionError,
    ToolInitialisationError,
    ToolNotFoundError,
    ToolVersionNotFoundError,
)
from tests.channels.files import write, write_tool
from tests.plugins import FOLDER
from tests.workflow.workbench import Bench

# Here functions are called for what they return, which is assigned to no node.
pytestmark = pytest.mark.filterwarnings("ignore:In the block of workflow")

PLUGINS = [
    Plugin(path.name, [], str(path), has_tools=True, has_assets=False)
    for path in sorted(FOLDER.iterdir())
    if (path / "tools").is_dir()
]
BENCH = Bench(PLUGINS)
TOOLS = [
    (channel.channel_id, name) for channel in BENCH.channels.tool_channels for name in channel.files
]
KINDS = {
    PlateCreationTool: ["source"],
    MultiOutputTool: ["source", "splitting_node"],
    SelectorTool: ["sources", "selector_meta_data"],
}
PLAIN = ["sources", "alignment_node"]


def nodes_of(tool_class):
    """Return the parameters that stand for nodes, or for what is selected."""
    return next((names for kind, names in KINDS.items() if issubclass(tool_class, kind)), PLAIN)


@pytest.mark.parametrize(("channel_id", "name"), TOOLS)
def test_a_function_looks_like_its_tool(channel_id, name):
    """First the nodes by the kind of tool, then its parameters by keyword, then the version."""
    tool_class = BENCH.channels[channel_id].get_tool_class(name)
    for container in (BENCH.factors, FactorContainer(BENCH.channels, channel_id)):
        function = getattr(container, name)
        names = list(inspect.signature(function).parameters)
        nodes = nodes_of(tool_class)
        assert names[: len(nodes)] == nodes
        own = parameters_of(tool_class).parameters
        kept = [each for each in own if each not in nodes]
        assert set(names[len(nodes) :]) == {*kept, "version"}
        for each, parameter in inspect.signature(function).parameters.items():
            if each in own and each not in nodes and parameter.kind is not parameter.VAR_KEYWORD:
                assert parameter.kind is parameter.KEYWORD_ONLY
                assert parameter.default == own[each].default
        assert (function.__name__, function.__qualname__) == (name, name)
        assert function.__doc__ == inspect.getdoc(tool_class)
        assert function.__module__ == tool_class.__module__


def test_functions_are_completed_and_explained():
    """All tools are listed without being imported; help shows signature and description."""
    names = {name for _, name in TOOLS}
    assert names <= set(dir(BENCH.factors))
    assert all(name in BENCH.factors for name in names)
    assert "clok" not in BENCH.factors
    shown = pydoc.plain(pydoc.render_doc(BENCH.factors.clock))
    # Some versions of Python put each parameter in a line of its own.
    assert "clock(sources,alignment_node=None,*,first:'datetime'" in "".join(shown.split())
    assert "Tick at equal distances." in shown
    assert repr(FactorContainer(BENCH.channels, "example_tools")) == (
        "FactorContainer(aligned_correlation, dummy)"
    )


def test_an_unknown_tool_is_an_error():
    """It says what may be meant, and is an AttributeError, too."""
    message = r"There is no tool clok: did you mean clock\?"
    for error in (UnknownToolError, ToolNotFoundError, AttributeError):
        with pytest.raises(error, match=message):
            BENCH.factors.clok  # noqa: B018 - the attribute is what is tested
    with pytest.raises(UnknownToolError, match="There is no tool clock in channel 'example_tools'"):
        FactorContainer(BENCH.channels, "example_tools").clock  # noqa: B018 - as above
    assert not hasattr(BENCH.factors, "_repr_html_")


def test_the_factors_of_a_plugin(w):
    """They are by its name; those of all plugins are together, too."""
    plugins = PluginContainer(BENCH.channels, PLUGINS)
    assert set(dir(plugins.example.factors)) >= {"dummy", "aligned_correlation"}
    a = w.create_node("a", "memory")
    with w:
        one = plugins.example.factors.dummy([a])
        assert BENCH.factors.dummy([a]).tool is one.tool
    assert type(one.tool) is BENCH.channels.get_tool_class("example_tools/dummy")


@pytest.fixture
def sources(w):
    """Give nodes to read."""
    return [w.create_node(name, "memory") for name in "ab"]


def test_a_version_is_chosen(bench, w, sources):
    """The latest is the default."""
    with w:
        newest = bench.factors.apply(sources[:1], func=abs)
        other = bench.factors.apply(sources[:1], func=abs, version="0.0.2")
        assert (newest.tool.version, other.tool.version) == ("0.0.3", "0.0.2")
        with pytest.raises(ToolVersionNotFoundError, match=r"there are 0\.0\.2, 0\.0\.3"):
            bench.factors.apply(sources, func=abs, version="9.9.9")
        with pytest.raises(ToolInitialisationError, match="no parameter 'include_timestamps'"):
            bench.factors.apply(sources, func=abs, include_timestamps=True, version="0.0.2")


# What is asked for, and what the error says.
WRONG = {
    "no sources": (
        lambda f, a: f.apply(func=abs),
        FactorDefinitionError,
        r"Factor apply: missing a required argument: 'sources'\. It takes \(sources, alignment_no",
    ),
    "no source": (
        lambda f, a: f.splitter(element="x", mapping={}),
        FactorDefinitionError,
        r"Factor splitter: missing a required argument: 'source'\. It takes \(source, splitting",
    ),
    "too many": (
        lambda f, a: f.apply([a], None, abs),
        FactorDefinitionError,
        "Factor apply: too many positional arguments",
    ),
    "a node that is no list": (
        lambda f, a: f.apply(a, func=abs),
        FactorDefinitionError,
        r"Factor apply takes a list of nodes as sources, not Node\('a'",
    ),
    "a generator": (
        lambda f, a: f.apply((each for each in [a]), func=abs),
        FactorDefinitionError,
        "takes a list of nodes as sources",
    ),
    "a name": (
        lambda f, a: f.apply(["a"], func=abs),
        FactorDefinitionError,
        r"Factor apply reads nodes, not 'a': give node\[value\], or the node",
    ),
    "a stream": (
        lambda f, a: f.apply([a.streams[None]], func=abs),
        FactorDefinitionError,
        r"reads nodes, not Stream\(memory:a\)",
    ),
    "a list as source": (
        lambda f, a: f.splitter([a], element="x", mapping={}),
        FactorDefinitionError,
        r"Factor splitter reads nodes, not \[Node",
    ),
    "an alignment that is no node": (
        lambda f, a: f.apply([a], 5, func=abs),
        FactorDefinitionError,
        "Factor apply reads nodes, not 5",
    ),
    "a splitting list": (
        lambda f, a: f.splitter_from_stream(a, splitting_node=[a]),
        FactorDefinitionError,
        r"reads nodes, not \[Node",
    ),
    "an unknown parameter": (
        lambda f, a: f.apply([a], fnc=abs),
        ToolInitialisationError,
        r"Tool apply 0\.0\.3 has no parameter 'fnc': did you mean func\?",
    ),
    "a missing parameter": (
        lambda f, a: f.apply([a]),
        ToolInitialisationError,
        r"Tool apply 0\.0\.3 needs the parameter 'func'\.",
    ),
    "a missing tag": (
        lambda f, a: f.index_of([a], index="1"),
        ToolInitialisationError,
        "needs the parameter 'selector_meta_data'",
    ),
    "a wrong value": (
        lambda f, a: f.clock(None, stride=-5),
        ToolInitialisationError,
        r"Tool clock 0\.1\.0 cannot be made: .*stride",
    ),
    "the sources of another kind": (
        lambda f, a: f.apply(source=a, func=abs),
        FactorDefinitionError,
        "missing a required argument: 'sources'",
    ),
}


@pytest.mark.parametrize("which", WRONG)
def test_what_is_wrong_is_named(bench, w, sources, which):
    """The error names the tool, what was given, and what it takes."""
    ask, error, message = WRONG[which]
    with w, pytest.raises(error, match=message):
        ask(bench.factors, sources[0])
    assert w.factors == []


OWN = """
from hyperstream.tool import MultiOutputTool, PlateCreationTool, SelectorTool, Tool


class Own({kind}):
    '''A tool of one's own.'''
{init}
"""
FIXED = """
    def __init__(self, index):
        super().__init__(None)
        self.index = index
"""
ANY = """
    def __init__(self, index, **kwargs):
        super().__init__(**kwargs)
        self.index = index
"""


@pytest.fixture
def own(tmp_path):
    """Give a function that makes a plugin with a tool; it returns the plugin's factors."""

    def make(kind, init="", name="mine"):
        folder = tmp_path / name
        write(folder / "tools" / "own" / "2020-01-01_v0.1.0.py", OWN.format(kind=kind, init=init))
        bench = Bench([Plugin(name, [], str(folder), has_tools=True, has_assets=False)])
        return bench.factors

    return make


@pytest.mark.parametrize(
    ("kind", "init", "signature"),
    [
        ("Tool", "", "(sources, alignment_node=None, *, version=None, **kwargs: 'Any')"),
        ("Tool", ANY, "(sources, alignment_node=None, *, index, version=None, **kwargs)"),
        ("MultiOutputTool", ANY, "(source, splitting_node=None, *, index, version=None, **kwargs)"),
        ("PlateCreationTool", "", "(source, *, version=None, **kwargs: 'Any')"),
        (
            "SelectorTool",
            "",
            "(sources, selector_meta_data=None, *, version=None, **kwargs: 'Any')",
        ),
        (
            "SelectorTool",
            ANY,
            "(sources, selector_meta_data=None, *, index, version=None, **kwargs)",
        ),
    ],
)
def test_tools_that_take_anything(w, own, kind, init, signature):
    """A class without a constructor of its own, or with keywords that it hands on."""
    factors = own(kind, init)
    assert str(inspect.signature(factors.own)) == signature
    given = {"index": 1, "more": 2}
    if kind == "SelectorTool":
        given["selector_meta_data"] = "house"
    with w:
        tool = factors.own(None, **given).tool
    assert tool.parameters_dict == given
    assert (tool.index, tool.more) == (1, 2)


def test_a_tag_is_handed_on_by_position(w, own):
    """Also by a constructor that takes anything."""
    factors = own("SelectorTool", ANY)
    with w:
        assert factors.own(None, "house", index=1).tool.selector_meta_data == "house"
        assert factors.own(None, None, index=1).tool.selector_meta_data is None


def test_a_tag_of_no_use_is_refused(w, own):
    """A tool that selects by nothing takes None for it, or none at all."""
    factors = own("SelectorTool", FIXED)
    with w:
        assert factors.own(None, None, index=1).tool == factors.own(None, index=1).tool
        with pytest.raises(ToolInitialisationError, match="no parameter 'selector_meta_data'"):
            factors.own(None, "house", index=1)


def test_an_older_version_of_a_broken_tool_can_be_used(w, own, tmp_path):
    """The function says why the latest cannot; it is an error only to ask for that."""
    factors = own("Tool")
    write(tmp_path / "mine" / "tools" / "own" / "2020-01-02_v0.2.0.py", "x = (")
    factors = own("Tool")
    with w:
        assert factors.own(None, version="0.1.0").tool.version == "0.1.0"
        with pytest.raises(ToolInitialisationError, match=r"Tool own 0\.2\.0 cannot be used"):
            factors.own(None)
    assert "line 1: SyntaxError" in factors.own.__doc__


def test_a_tool_of_two_plugins_is_asked_for_by_plugin(w, tmp_path):
    """The common name is an error that says how; the plugin's own factors have it."""
    for name in ("one", "two"):
        write_tool(tmp_path / name / "tools" / "scale", "2018-01-01_v0.1.0")
    plugins = [Plugin(each, [], str(tmp_path / each), True, False) for each in ("one", "two")]
    bench = Bench(plugins)
    with pytest.raises(ToolNotFoundError, match="Several plugins have a tool scale"):
        bench.factors.scale  # noqa: B018 - the attribute is what is tested
    with w:
        tools = [
            getattr(PluginContainer(bench.channels, plugins), name)
            .factors.scale(None, factor=2)
            .tool
            for name in ("one", "two")
        ]
    assert tools[0] != tools[1]
