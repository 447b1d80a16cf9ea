"""What is stored of a workflow, and what becomes of that when it is loaded."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import partial
from operator import itemgetter

import numpy as np
import pytest

from hyperstream._time import UTC
from hyperstream.channels import MemoryChannel
from hyperstream.models import FactorDefinitionModel, WorkflowDefinitionModel
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.testing.times import over
from hyperstream.time_interval import RelativeTimeInterval, TimeIntervals
from hyperstream.tool import Tool
from hyperstream.utils.errors import (
    ChannelNotFoundError,
    DatabaseConnectionError,
    FactorDefinitionError,
    PlateNotFoundError,
    ToolInitialisationError,
    ToolNotFoundError,
)
from tests.workflow.managing import TEN, made_manager, made_plugin
from tests.workflow.sides import DEFINED, META_DATA
from tests.workflow.workbench import arrows, held

WEIGHT = 3
PARAMETERS = {
    "names": {"a", "b"},
    "frozen": frozenset({1, 2}),
    "pause": timedelta(hours=1, microseconds=1),
    "spans": TimeIntervals([over(0, 1), over(5, 6)]),
    "span": over(0, 1),
    "window": RelativeTimeInterval(-60, 0),
    "start": datetime(2020, 1, 1, 12, tzinfo=UTC),
    "weights": np.array([[1.5, float("nan")], [2, 3]]),
    "weight": np.float32(0.1),
    "pair": (1, ("two", None)),
    "table": {1: "one", "a.b": [b"\x00", 2**70]},
    "price": Decimal("1.10"),
    "nothing": None,
    "builtin": max,
    "unit": datetime.fromisoformat,
    "third": itemgetter(2),
    "some": partial(round, ndigits=1),
    "kind": TimeIntervals,
    "code": lambda value: WEIGHT * value,
}


@pytest.fixture
def catalogue():
    """Give where workflows are stored."""
    return MemoryCatalogue()


@pytest.fixture
def make(catalogue, tmp_path):
    """Give a function that makes a manager, with the plugin `more` if that is wanted."""
    plugin = made_plugin(tmp_path / "more")
    return lambda with_plugin=True: made_manager(catalogue, None, [plugin] * with_plugin)


@pytest.fixture
def manager(make):
    """Give a manager, with all plates of `sides`."""
    made = make()
    made.plate_manager.meta_data_manager.insert_many(META_DATA)
    for plate_id, tag, values, parent in DEFINED:
        made.plate_manager.create_plate(plate_id, None, tag, values, not values, parent)
    return made


@pytest.fixture
def w(manager):
    """Give a workflow without nodes."""
    return manager.create("w", "A workflow", "me", "For tests")


@pytest.fixture
def reload(manager, make):
    """Give a function that stores the workflow, and loads it as another process would."""

    def stored_and_loaded():
        manager.commit_workflow("w")
        return make().load_workflow("w")

    return stored_and_loaded


def described(workflow):
    """Return all of a workflow as text."""
    lines = [repr(workflow), *map(repr, workflow.nodes.values())]
    for each in workflow.factors:
        helpers = [getattr(each, f"{kind}_node", None) for kind in ("alignment", "splitting")]
        plate = getattr(each, "output_plate", None)
        lines.append(f"{each!r} {each.tool!r} {each.tool.version} {helpers} {plate}")
        lines += [] if each.sink is None else arrows(each)
    return lines


def test_nodes_and_factors_of_all_kinds_are_loaded(w, reload):
    """In their order, with alignment, splitting, created plates and several plates of a node."""

    def on(name, *plates):
        return w.create_node(name, "memory", plates)

    a, b, clock, mapping = on("a", "H.R"), on("b", "H.R"), on("clock"), on("mapping")
    w.create_factor({"name": "clock"}, [], clock)
    w.create_factor({"name": "product"}, [a, b], on("product", "H.R"))
    w.create_factor({"name": "copy"}, [a, on("s", "S")], on("copy", "S", "H.R"))
    window = {"name": "relative_window", "parameters": {"relative_start": -9, "relative_end": 0}}
    w.create_factor(window, [a], on("aligned", "H.R"), alignment_node=clock)
    total = {"name": "aggregate", "parameters": {"func": sum, "aggregation_meta_data": "resident"}}
    w.create_factor(total, [a], on("total", "H"))
    first = {"name": "index_of", "parameters": {"index": "1", "selector_meta_data": "house"}}
    w.create_factor(first, [a], on("one", "R"))
    split = {"name": "splitter_of_dict", "parameters": {"mapping": {"x": "x"}}}
    w.create_multi_output_factor(split, a, None, on("devices", "H.R.D"))
    w.create_multi_output_factor({"name": "splitter_from_stream"}, None, mapping, on("houses", "H"))
    found = {"name": "meta_instance_from_list", "parameters": {"values": ["x"]}}
    plate = {"plate_id": "D", "meta_data_id": "device"}
    below = {**plate, "plate_id": "E", "description": "Below", "parent_plate": "H.R"}
    w.create_node_creation_factor(found, None, plate)
    w.create_node_creation_factor(found, clock, {**below, "use_provided_values": True})
    assert described(reload()) == described(w)


def test_all_of_a_workflow_comes_back(w, reload):
    """Texts and switches; texts that are empty are not stored, and empty again."""
    w.online, w.monitor = True, True
    loaded = reload()
    assert (loaded.name, loaded.description, loaded.owner) == ("A workflow", "For tests", "me")
    assert (loaded.online, loaded.monitor) == (True, True)


def test_empty_texts_come_back(manager, make):
    """A workflow needs neither description nor owner."""
    manager.create("w", "W", "", "")
    manager.commit_workflow("w")
    loaded = make().workflows["w"]
    assert (loaded.description, loaded.owner) == ("", "")
    manager.commit_workflow("w")


@pytest.mark.parametrize("key", PARAMETERS)
def test_parameters_of_every_kind_are_loaded(manager, w, reload, key):
    """The tool that is loaded is equal to the one that was stored."""
    tool = manager.channel_manager.get_tool("noted", {key: PARAMETERS[key]})
    w.create_factor(tool, [w.create_node("a", "memory")], w.create_node("b", "memory"))
    (factor,) = reload().factors
    assert factor.tool == tool
    assert type(factor.tool.parameters_dict[key]) is type(PARAMETERS[key])
    if key == "code":
        assert factor.tool.parameters_dict[key](5) == 15


def test_equal_tools_are_one(w, reload):
    """Factors with equal tools share one, as they did when they were defined."""
    a = w.create_node("a", "memory")
    for name in "bcd":
        w.create_factor({"name": "copy"}, [a], w.create_node(name, "memory"))
    assert len({id(factor.tool) for factor in w.factors}) == 1
    assert len({id(factor.tool) for factor in reload().factors}) == 1


def test_the_version_is_stored(manager, w, reload):
    """A workflow goes on with the version that it was defined with."""
    a = w.create_node("a", "memory")
    for version in ("1.0.0", "2.0.0"):
        tool = manager.channel_manager.get_tool("noted", {}, version)
        w.create_factor(tool, [a], w.create_node(version, "memory"))
    assert [factor.tool.version for factor in reload().factors] == ["1.0.0", "2.0.0"]
    model = manager.catalogue.workflow("w")
    assert [each.tool.version for each in model.factors] == ["1.0.0", "2.0.0"]


def test_the_tool_of_a_plugin_is_not_mistaken(manager, w, reload):
    """It is stored with its channel; those that come along are stored without."""
    a = w.create_node("a", "memory")
    for name in ("copy", "more_tools/copy", "noted"):
        w.create_factor({"name": name}, [a], w.create_node(name, "memory"))
    assert [type(factor.tool) for factor in reload().factors] == [
        type(factor.tool) for factor in w.factors
    ]
    model = manager.catalogue.workflow("w")
    names = [factor.tool.name for factor in model.factors]
    assert names == ["copy", "more_tools/copy", "more_tools/noted"]


def test_streams_are_looked_up_when_they_are_needed(w, reload, make):
    """Loading creates none."""
    a, b = (w.create_node(name, "memory", ["H"]) for name in "ab")
    w.create_factor({"name": "copy"}, [a], b)
    loaded = reload()
    channel = loaded.channel_manager.memory
    assert channel.streams == {}
    loaded.execute(TEN)
    assert held(loaded.nodes["b"]) == {"1": [], "2": []}
    assert len(channel.streams) == 4


class Notebook(Tool):
    """A tool that is in no channel."""


class Clock(Tool):
    """A tool that is in no channel, and has the name of one that is."""


@pytest.mark.parametrize("kind", [Notebook, Clock])
def test_a_tool_of_a_notebook_is_not_stored(manager, w, kind):
    """The error names it, and says how to make it a tool that others find."""
    w.create_factor(kind(), None, w.create_node("a", "memory"))
    name = kind.__name__.lower()
    message = (
        rf"tool {name} \(tests.workflow.test_stored.{kind.__name__}\).*tools new {name} --kind"
    )
    with pytest.raises(ToolNotFoundError, match=message):
        manager.commit_workflow("w")
    assert manager.catalogue.workflow_ids() == []


def test_a_parameter_that_cannot_be_stored_is_an_error(manager, w):
    """It names the parameter and its tool."""
    tool = manager.channel_manager.get_tool("noted", {"lock": object()})
    w.create_factor(tool, [w.create_node("a", "memory")], w.create_node("b", "memory"))
    with pytest.raises(ToolInitialisationError, match="'lock' of tool noted"):
        manager.commit_workflow("w")


@pytest.mark.parametrize(
    ("name", "parameters"), [("keyed", ("a", "b")), ("picky", ("a path that is missing later",))]
)
def test_a_tool_that_cannot_be_made_again_is_not_stored(manager, w, name, parameters):
    """What would fail when it is loaded fails when it is stored."""
    kind = manager.channel_manager.get_tool_class(name)
    if name == "picky":
        tool = kind("a path")
        tool._arguments["path"] = parameters[0]
    else:
        tool = kind(*parameters)
    w.create_factor(tool, None, w.create_node("a", "memory"))
    with pytest.raises(ToolInitialisationError, match=f"tool {name} cannot be made again"):
        manager.commit_workflow("w")


def test_a_channel_without_name_is_not_stored(manager, w):
    """Another process would look for the streams elsewhere."""
    w.create_node("a", MemoryChannel("memory"))
    with pytest.raises(ChannelNotFoundError, match="node a is in a channel 'memory' that is none"):
        manager.commit_workflow("w")


def test_a_plate_that_is_gone_is_not_stored(manager, w):
    """Whoever deletes a plate that is used here, in another process, is found out."""
    w.create_node("a", "memory", ["S"])
    manager.catalogue.remove_plate("S")
    manager.plate_manager.refresh()
    with pytest.raises(PlateNotFoundError, match="node a is on plate 'S', which is not there"):
        manager.commit_workflow("w")


def test_a_text_that_is_too_long_is_not_stored(manager, w):
    """The error says which."""
    w.owner = "x" * 513
    with pytest.raises(FactorDefinitionError, match="owner: String value is too long"):
        manager.commit_workflow("w")
    assert manager.catalogue.workflow_ids() == []


@pytest.fixture
def stored(manager, w):
    """Give what is stored of a workflow with two nodes and a factor."""
    a, b = (w.create_node(name, "memory", ["H"]) for name in "ab")
    w.create_factor({"name": "more_tools/noted", "parameters": {"n": 1}}, [a], b)
    manager.commit_workflow("w")
    return manager.catalogue.workflow("w")


def node(stored, **changes):
    """Change a node."""
    for field, value in changes.items():
        setattr(stored.nodes[0], field, value)


def factor(stored, **changes):
    """Change the factor."""
    for field, value in changes.items():
        setattr(stored.factors[0], field, value)


def tool(stored, **changes):
    """Change the tool."""
    for field, value in changes.items():
        setattr(stored.factors[0].tool, field, value)


def parameter(stored, **changes):
    """Change the parameter."""
    for field, value in changes.items():
        setattr(stored.factors[0].tool.parameters[0], field, value)


OF_PLUGIN = "If it is that of a plugin, name the plugin in the configuration."


@pytest.mark.parametrize(
    ("change", "field", "value", "message"),
    [
        (node, "channel_id", "sea", f"node a: There is no channel 'sea'. * {OF_PLUGIN}"),
        (node, "plate_ids", ["H", "HR"], "node a: There is no plate 'HR': did you mean H.R*?"),
        (node, "stream_name", "b", "node b: *has a node b already*"),
        (factor, "factor_type", "Fac", "of node b, *: there is no Fac with 1 sinks."),
        (factor, "sinks", ["a", "b"], "of node a, b, *: there is no Factor with 2 sinks."),
        (factor, "sinks", [], "the factor of node , *: there is no Factor with 0 sinks."),
        (factor, "sources", ["x"], "the factor of node b, *: there is no node x in the workflow."),
        (factor, "sources", ["b"], "the factor of node b, *: *would depend on itself*"),
        (factor, "factor_type", "MultiOutputFactor", "*Tool noted is a Tool, but *"),
        (tool, "version", "3.0.0", "*: Tool noted has no version 3.0.0; there are 1.0.0, 2.0.0."),
        (tool, "name", "more_tools/note", f"*: There is no tool note *mean noted? {OF_PLUGIN}"),
        (
            tool,
            "name",
            "s_tools/noted",
            f"*: Tool noted is in channel 's_tools', which * {OF_PLUGIN}",
        ),
        (tool, "name", "clock", "*, with tool clock: Tool clock has no version 2.0.0; *"),
        (tool, "name", "more_tools/keyed", "*: Tool keyed has no version *"),
        (parameter, "value", {"__hs__": "a", "value": 1}, "*: Parameter 'n' cannot be read: *"),
    ],
)
def test_what_is_missing_is_named(make, stored, change, field, value, message):
    """What cannot be loaded says which part of the workflow lacks what."""
    change(stored, **{field: value})
    other = make()
    other.catalogue.replace_workflow(stored)
    assert other.workflows == {}
    error = other.failed["w"]
    assert fnmatchcase(str(error), f"Workflow w cannot be loaded, for *{message}")
    assert error.__cause__ is not None
    assert (error.workflow_id, list(other.plate_manager["H"].users)) == ("w", [])


def test_a_plugin_that_is_missing_is_named(make, stored):
    """The error names its channel."""
    other = make(with_plugin=False)
    assert "Tool noted is in channel 'more_tools', which is not there" in str(other.failed["w"])


def test_a_constructor_that_fails_is_named(manager, make, w):
    """Whatever it raises, the workflow is listed with that."""
    picky = {"name": "picky", "parameters": {"path": "a path"}}
    w.create_factor(picky, None, w.create_node("a", "memory"))
    manager.commit_workflow("w")
    stored = manager.catalogue.workflow("w")
    stored.factors[0].tool.parameters[0].value = "missing"
    manager.catalogue.replace_workflow(stored)
    assert "OSError('there is no file missing')" in str(make().failed["w"])


def test_a_definition_without_its_parts_is_damaged(make, stored):
    """Documents that other programs have changed are no reason to stop."""
    other = make()
    broken = WorkflowDefinitionModel(workflow_id="broken", name="Broken")
    broken.factors = [FactorDefinitionModel(factor_type="Factor")]
    other.catalogue.workflows = lambda: {"broken": broken, "w": stored}
    assert list(other.workflows) == ["w"]
    assert "its definition: what is stored is damaged" in str(other.failed["broken"])


def test_a_database_that_does_not_answer_is_no_fault_of_a_workflow(make, stored, monkeypatch):
    """The error is raised; the next try loads the workflow."""
    other = make()

    def unreachable(*_):
        raise DatabaseConnectionError("It does not answer.")

    monkeypatch.setattr(other.channel_manager, "get_channel", unreachable)
    with pytest.raises(DatabaseConnectionError):
        _ = other.workflows
    assert list(other.plate_manager["H"].users) == []
    monkeypatch.undo()
    assert list(other.workflows) == ["w"]
    assert other.failed == {}
