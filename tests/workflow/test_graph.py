"""Making nodes and factors: what is refused, and that nothing of it is left behind."""

from __future__ import annotations

import pytest

from hyperstream.channels import MemoryChannel
from hyperstream.testing.times import over
from hyperstream.tool import BaseTool
from hyperstream.utils.errors import (
    ChannelNotFoundError,
    FactorAlreadyExistsError,
    FactorDefinitionError,
    IncompatiblePlatesError,
    InputStreamCountError,
    NodeAlreadyExistsError,
    NodeDefinitionError,
    PlateEmptyError,
    PlateNotFoundError,
    ToolInitialisationError,
    ToolNotFoundError,
)
from hyperstream.workflow.factor import Factor, MultiOutputFactor, NodeCreationFactor
from hyperstream.workflow.node import Node
from hyperstream.workflow.workflow import Workflow
from tests.workflow.sides import PLATES
from tests.workflow.workbench import Find, Pick, Split, Sum, Total, fill, held

ROOMS = {"plate_id": "rooms", "meta_data_id": "room"}


def state(w):
    """Return all that a definition changes."""
    return (
        list(w.nodes),
        list(w.factors),
        [(node.is_leaf, node.factor) for node in w.nodes.values()],
        list(w.channel_manager.memory.streams),
        [w in plate.users for plate in w.plate_manager.plates.values()],
    )


@pytest.fixture
def refused(w):
    """Give a context manager for what is refused, and leaves nothing behind."""
    before = []

    class Refused:
        def __init__(self, error, match):
            self.raises = pytest.raises(error, match=match)

        def __enter__(self):
            before.append(state(w))
            return self.raises.__enter__()

        def __exit__(self, *error):
            caught = self.raises.__exit__(*error)
            assert state(w) == before.pop()
            return caught

    return Refused


def test_a_node_is_made_by_objects_or_by_ids(bench, w, plates):
    """Channel and plates are looked up."""
    one = w.create_node("one", bench.channels.memory, [plates["H"], plates["S"]])
    other = w.create_node("other", "memory", ["H", "S"])
    bare = w.create_node("bare", "memory")
    again = w.create_node("again", "memory", None)
    assert one.plates == other.plates == (plates["H"], plates["S"])
    assert bare.plates == again.plates == ()
    assert one.channel is other.channel is bench.channels.memory
    assert list(w.nodes.values()) == [one, other, bare, again]
    assert {node.workflow for node in w.nodes.values()} == {w}
    assert all(node.is_leaf and node.factor is None for node in w.nodes.values())


def test_a_plate_knows_the_workflows_on_it(w, on, plates):
    """As long as they are there."""
    on("z", "H")
    assert set(plates["H"].users) == {w}
    assert not plates["S"].users


NODES = [
    (("a", "memory"), NodeAlreadyExistsError, "Workflow w has a node a already"),
    (("a", "memory", ["Z"]), NodeAlreadyExistsError, "Workflow w has a node a already"),
    (("", "memory"), NodeDefinitionError, "text of 1 to 512 characters"),
    (("x" * 513, "memory", ["H"]), NodeDefinitionError, "text of 1 to 512 characters"),
    ((None, "memory"), NodeDefinitionError, "not None"),
    ((["a"], "memory"), NodeDefinitionError, r"not \['a'\]"),
    (("z", "memry"), ChannelNotFoundError, "There is no channel 'memry': did you mean memory"),
    (("z", None), NodeDefinitionError, "A node lives in a channel, not in None"),
    (("z", MemoryChannel), NodeDefinitionError, "A node lives in a channel, not in <class"),
    (("z", "tools"), NotImplementedError, "cannot create stream"),
    (("z", "tools", ["H"]), NotImplementedError, "cannot create stream"),
    (("z", "memory", ["Z"]), PlateNotFoundError, "There is no plate 'Z'"),
    (("z", "memory", ["H", 5]), NodeDefinitionError, "Node z takes plates, not 5"),
    (("z", "memory", ["H", "H"]), NodeDefinitionError, "names a plate twice"),
    (("z", "memory", ["R", "H.R"]), IncompatiblePlatesError, "resident"),
    (("z", "memory", "H.R"), NodeDefinitionError, "a list of plates, not 'H.R'"),
    (("z", "memory", 5), NodeDefinitionError, "a list of plates, not 5"),
]


@pytest.mark.parametrize(("given", "error", "message"), NODES)
def test_a_node_that_is_not_right_is_refused(w, on, refused, given, error, message):
    """No node, no stream, and no use of a plate is left."""
    on("a")
    with refused(error, message):
        w.create_node(*given)


def test_one_plate_without_a_list_is_refused(w, plates, refused):
    """A plate is not a list of plates, though it can be iterated over."""
    with refused(NodeDefinitionError, r"a list of plates, not Plate\('H'"):
        w.create_node("z", "memory", plates["H"])


def test_a_plate_that_is_not_there_any_more_is_refused(bench, w, refused):
    """So is one of other plates, since it would not follow these meta data."""
    former = bench.plates["S"]
    bench.plates.delete_plate("S")
    with refused(PlateNotFoundError, r"Plate\('S', 'sensor'\) was deleted, or belongs to another"):
        w.create_node("z", "memory", [former])
    with refused(PlateNotFoundError, r"take hs.plate_manager\['H'\]"):
        w.create_node("z", "memory", [PLATES["H"]])


def test_a_node_without_values_is_refused(bench, w, refused):
    """The plate that is empty is named; it can be deleted afterwards."""
    bench.meta_data.delete("sensor_s")
    bench.meta_data.delete("sensor_t")
    with refused(PlateEmptyError, "Plate values for S empty"):
        w.create_node("z", "memory", ["H", "S"])
    bench.plates.delete_plate("S")


def test_plates_without_a_value_in_common_are_refused(bench, w, refused):
    """Two parts of a plate may have none."""
    bench.plates.create_plate("H2", None, "house", ["2"])
    with refused(PlateEmptyError, "Plate values for H1 empty"):
        w.create_node("z", "memory", ["H1", "H2"])


def test_a_factor_is_made(bench, w, on):
    """By a tool, by its name and parameters, or by its name and version."""
    a, nodes = on("a"), [on(name) for name in "uvxy"]
    func = {"func": abs}
    tools = [
        bench.tools.apply(func=abs),
        {"name": "apply", "parameters": func},
        {"name": "apply", "parameters": func, "version": "0.0.2"},
        {"name": "tools/apply", "parameters": func, "version": None},
    ]
    factors = [w.create_factor(tool, [a], z) for tool, z in zip(tools, nodes, strict=True)]
    assert w.factors == factors
    assert [type(factor) for factor in factors] == [Factor] * 4
    assert [factor.tool.version for factor in factors] == ["0.0.3", "0.0.3", "0.0.2", "0.0.3"]
    assert [z.factor for z in nodes] == factors
    assert [node.is_leaf for node in (a, *nodes)] == [False, True, True, True, True]


def test_a_tool_without_parameters_is_made_by_its_name(w, on):
    """The parameters may be left out."""
    factor = w.create_factor({"name": "list_length"}, [on("a")], on("z"))
    assert factor.tool.parameters_dict == {}


@pytest.mark.parametrize(("key", "said"), [("params", "'params': did you mean .*"), (5, "5")])
def test_a_dict_says_nothing_else_of_a_tool(w, on, key, said):
    """It would be passed over, and the tool would have its defaults."""
    message = f"The dict of a tool has no key {said}. It has name, parameters, version"
    with pytest.raises(FactorDefinitionError, match=message):
        w.create_factor({"name": "clock", key: {"stride": 5.0}}, None, on("z"))
    assert w.factors == []


def test_sources_are_a_list_a_tuple_or_none(w, on):
    """A node that is read, also as an alignment, is no leaf any more."""
    a, b = on("a"), on("b")
    assert w.create_factor(Sum(), None, on("x")).sources == ()
    assert w.create_factor(Sum(), (a,), on("y"), b).sources == (a,)
    assert (a.is_leaf, b.is_leaf) == (False, False)


def test_a_specification_stands_for_its_tool(bench, w, on):
    """So a plate creation tool can be written like the others."""
    a = on("a")
    with w:
        factor = w.create_node_creation_factor(
            bench.factors.meta_instance(a, func=str), a, {**ROOMS}
        )
    assert factor.tool.name == "meta_instance"


@pytest.mark.parametrize("method", ["create_node_creation_factor", "create_factor_general"])
def test_a_specification_and_a_method_name_the_same_nodes(bench, w, on, method):
    """Otherwise one of them would be passed over."""
    a, b = on("a"), on("b")
    with w:
        tool = bench.factors.meta_instance(a, func=str)
        for given, said in ((None, "no node"), (b, "b")):
            with pytest.raises(FactorDefinitionError, match=f"specified to read a, not {said}"):
                getattr(w, method)(tool, given, {**ROOMS})
        with pytest.raises(FactorDefinitionError, match="specified to read a, not b"):
            w.create_factor(bench.factors.apply([a], func=str), [b], on("z"))
    assert w.factors == []


@pytest.mark.parametrize(
    ("tool", "error", "message"),
    [
        ("apply", FactorDefinitionError, "A factor takes a tool, or a dict .*, not 'apply'"),
        (None, FactorDefinitionError, "not None"),
        (Sum, FactorDefinitionError, "not <class"),
        ({"parameters": {}}, FactorDefinitionError, "a dict with its name and parameters"),
        ({"name": "aply"}, ToolNotFoundError, "There is no tool aply: did you mean apply"),
        ({"name": "apply"}, ToolInitialisationError, "needs the parameter 'func'"),
        ({"name": "apply", "version": "9.9.9"}, ToolNotFoundError, "9.9.9"),
    ],
)
def test_a_tool_that_cannot_be_made_is_refused(w, on, refused, tool, error, message):
    """By each of the methods."""
    a, z, h = on("a"), on("z"), on("h", "H")
    with refused(error, message):
        w.create_factor(tool, [a], z)
    with refused(error, message):
        w.create_multi_output_factor(tool, a, None, h)
    with refused(error, message):
        w.create_node_creation_factor(tool, a, ROOMS)
    with refused(error, message):
        w.create_factor_general(tool, [a], z)


class Base(BaseTool):
    """A tool of no kind."""


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        (Sum(), "Tool"),
        (Total("house"), "AggregateTool"),
        (Pick(), "SelectorTool"),
        (Split(), "MultiOutputTool"),
        (Find(), "PlateCreationTool"),
        (Base(), "BaseTool"),
    ],
)
def test_a_tool_of_another_kind_is_refused(w, on, refused, tool, kind):
    """The error names the kinds, and what to use instead."""
    a, z = on("a", "H"), on("z", "H")
    methods = {
        "create_factor": ([a], z),
        "create_multi_output_factor": (a, None, z),
        "create_node_creation_factor": (a, ROOMS),
    }
    right = {"MultiOutputTool": "create_multi_output_factor", "BaseTool": "create_factor_general"}
    right["PlateCreationTool"] = "create_node_creation_factor"
    for name, arguments in methods.items():
        if name != right.get(kind, "create_factor"):
            message = f"Tool {tool.name} is a {kind}, but {name} takes a .*create_factor_general"
            with refused(FactorDefinitionError, message):
                getattr(w, name)(tool, *arguments)


def test_a_node_has_one_factor(w, on, refused):
    """A second one is refused, also the same again."""
    a, b, z, h = on("a"), on("b"), on("z"), on("h", "H")
    factor = w.create_factor(Sum(), [a], z)
    with refused(FactorAlreadyExistsError, "Node z is computed by Factor.*: use another node"):
        w.create_factor(Sum(), [a], z)
    w.create_multi_output_factor(Split(), a, None, h)
    with refused(FactorAlreadyExistsError, "Node h is computed by MultiOutputFactor"):
        w.create_multi_output_factor(Split("other"), b, None, h)
    assert z.factor is factor


def test_foreign_nodes_are_refused(bench, w, on, refused):
    """Those of another workflow, of none, and what is no node at all."""
    a, z, h = on("a"), on("z"), on("h", "H")
    others = [
        bench.workflow("other").create_node("b", "memory"),
        Node("a", bench.channels.memory),
        "a",
        None,
    ]
    for other in others:
        message = "is no node of workflow w, so that tool"
        with refused(FactorDefinitionError, message):
            w.create_factor(Sum(), [a, other], z)
        with refused(FactorDefinitionError, message):
            w.create_factor(Sum(), [a], other)
        with refused(FactorDefinitionError, message):
            w.create_multi_output_factor(Split(), a, None, other)
        if other is not None:
            with refused(FactorDefinitionError, message):
                w.create_factor(Sum(), [a], z, other)
            with refused(FactorDefinitionError, message):
                w.create_multi_output_factor(Split(), other, None, h)
            with refused(FactorDefinitionError, message):
                w.create_multi_output_factor(Split(), a, other, h)
            with refused(FactorDefinitionError, message):
                w.create_node_creation_factor(Find(), other, ROOMS)


def test_one_node_without_a_list_is_refused(w, on, refused):
    """A node is not a list of sources, though it can be iterated over."""
    a, z = on("a", "H"), on("z", "H")
    with refused(FactorDefinitionError, r"takes a list of nodes as sources, not Node\('a'"):
        w.create_factor(Sum(), a, z)


@pytest.mark.parametrize(("count", "tool"), [(2, "list_length"), (0, "list_length"), (1, "clock")])
def test_the_number_of_sources_is_checked(w, on, refused, count, tool):
    """Where the tool says how many it takes."""
    sources, z = [on(name) for name in "ab"[:count]], on("z")
    with refused(InputStreamCountError, f"Tool {tool} takes . source nodes, not {count}"):
        w.create_factor({"name": tool}, sources, z)


def test_plates_are_checked(w, on, refused):
    """By the rules of the tool's kind."""
    a, h, r = on("a"), on("h", "H"), on("r", "H.R")
    with refused(IncompatiblePlatesError, "Tool sum cannot compute node 'a'"):
        w.create_factor(Sum(), [h], a)
    with refused(IncompatiblePlatesError, "Tool total cannot compute node 'a'"):
        w.create_factor(Total("sensor"), [h], a)
    with refused(IncompatiblePlatesError, "Tool pick cannot compute node 'r'"):
        w.create_factor(Pick(), [h], r)
    with refused(IncompatiblePlatesError, "Tool split cannot compute node 'r'"):
        w.create_multi_output_factor(Split(), a, None, r)


# How to make a factor of each kind, by position or by keyword: its tool, then its nodes.
GENERAL = [
    (Factor, Sum(), ("sources", "sink"), lambda n: ([n["a"]], n["z"])),
    (Factor, Sum(), ("sources", "sink", "alignment_node"), lambda n: ([n["a"]], n["z"], n["b"])),
    (Factor, Total("house"), ("sources", "sink"), lambda n: ([n["h"]], n["z"])),
    (Factor, Pick("house"), ("sources", "sink"), lambda n: ([n["h"]], n["z"])),
    (
        MultiOutputFactor,
        Split(),
        ("source", "splitting_node", "sink"),
        lambda n: (n["a"], n["b"], n["h"]),
    ),
    (NodeCreationFactor, Find(), ("source", "output_plate"), lambda n: (n["a"], ROOMS)),
]


@pytest.mark.parametrize(("kind", "tool", "names", "chosen"), GENERAL)
@pytest.mark.parametrize("positional", [0, 1, 9])
def test_the_general_way_makes_a_factor_of_the_tools_kind(
    w, on, kind, tool, names, chosen, positional
):
    """With positional and keyword arguments, as in the method of the kind."""
    nodes = {"a": on("a"), "b": on("b"), "z": on("z"), "h": on("h", "H")}
    names = ("tool", *names)
    given = (tool, *chosen(nodes))
    keywords = dict(zip(names[positional:], given[positional:], strict=True))
    factor = w.create_factor_general(*given[:positional], **keywords)
    assert type(factor) is kind
    assert w.factors == [factor]
    assert factor.tool == tool


def test_the_general_way_refuses_what_does_not_fit(w, on, refused):
    """The arguments are those of the kind of the tool."""
    a, z = on("a"), on("z")
    with refused(TypeError, "source"):
        w.create_factor_general(Sum(), source=a, sink=z)
    with refused(TypeError, "multiple values for argument 'tool'"):
        w.create_factor_general(Sum(), tool=Sum("b"), sources=[a], sink=z)
    with refused(FactorDefinitionError, "not None"):
        w.create_factor_general()


def test_a_workflow_without_managers_takes_objects(bench, plates):
    """It cannot look up names, and says so."""
    bare = Workflow("bare", "Bare", "", "me")
    a = bare.create_node("a", bench.channels.memory, [plates["H"]])
    z = bare.create_node("z", bench.channels.memory, [plates["H"]])
    bare.create_factor(Sum(), [a], z)
    fill(a, 5)
    bare.execute(over(0, 10))
    assert held(z) == {"1": [5], "2": [5]}
    lacking = "belongs to no HyperStream yet"
    with pytest.raises(NodeDefinitionError, match=f"cannot look up channel 'memory'.*{lacking}"):
        bare.create_node("b", "memory")
    with pytest.raises(NodeDefinitionError, match=f"cannot look up plate 'H'.*{lacking}"):
        bare.create_node("b", bench.channels.memory, ["H"])
    with pytest.raises(FactorDefinitionError, match=f"cannot look up tool 'apply'.*{lacking}"):
        bare.create_factor({"name": "apply"}, [a], z)
    with pytest.raises(FactorDefinitionError, match=f"cannot look up a plate manager.*{lacking}"):
        bare.create_node_creation_factor(Find(), None, ROOMS)
    factor = bare.create_node_creation_factor(Find(["1"]), None, ROOMS, bench.plates)
    factor.execute(over(0, 10))
    assert "rooms" in bench.plates
