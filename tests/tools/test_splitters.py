"""The splitters divide one stream among the values of a plate."""

from __future__ import annotations

import copy
from datetime import datetime

import pytest

from hyperstream.channels import AssetsChannel, MemoryChannel
from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamId, StreamInstance
from hyperstream.testing import check_tool, try_multi_output_tool
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.errors import ToolExecutionError
from tests.tool.streams import filled
from tests.tools import make
from tests.tools.recipes import MINUTE, NUMBERS, at, every
from tests.tools.recipes_plates import HALVES, MAPPING, PLATE, SINKS, reading

ROOMS = ["hall", "attic"]
BY_NUMBER = {"7": "hall", "8": "attic"}
HOUR = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 1, 1))


def split(name, values, splitting=None, **parameters):
    """Divide values among the rooms."""
    return try_multi_output_tool(make(name, **parameters), values, ROOMS, splitting)


CASES = [
    (
        "splitter",
        {"element": "id", "mapping": BY_NUMBER},
        [{"id": 7, "t": 1}, {"id": "8", "t": 2}, {"id": 7}],
        {"hall": {1: {"t": 1}, 3: {}}, "attic": {2: {"t": 2}}},
    ),
    (
        "splitter_of_dict",
        {"mapping": BY_NUMBER},
        [{"7": 1.5, "8": None}, {8: [2]}, {}],
        {"hall": {1: 1.5}, "attic": {1: None, 2: [2]}},
    ),
    (
        "splitter_of_list",
        {"mapping": ROOMS},
        [[1, 2, 3], (4,), []],
        {"hall": {1: 1, 2: 4}, "attic": {1: 2}},
    ),
    (
        "splitter_of_list",
        {"mapping": {"2": "hall", 0: "attic"}},
        [[1, 2, 3]],
        {"hall": {1: 3}, "attic": {1: 1}},
    ),
    (
        "splitter_with_unlist",
        {"element": "heard", "subelement": "by", "mapping": BY_NUMBER},
        [{"x": 1, "heard": [{"by": 7, "x": 5}, {"by": 8}]}, {"x": 2, "heard": []}],
        {"hall": {1: {"x": 5}}, "attic": {1: {"x": 1}}},
    ),
    (
        "asset_splitter",
        {},
        [{"hall": {"area": 3}, "attic": None}],
        {"hall": {1: {"area": 3}}, "attic": {1: None}},
    ),
    (
        "asset_splitter",
        {"element": "rooms", "filters": ["attic"]},
        [{"rooms": {"hall": 1, "attic": 2}, "attic": 3}],
        {"hall": {}, "attic": {1: 2}},
    ),
    (
        "splitter_time_aware",
        {"time_intervals": {"hall": TimeInterval.from_ms(1000, 3000)}},
        ["a", "b", "c", "d"],
        {"hall": {2: "b", 3: "c"}, "attic": {}},
    ),
]
UNKNOWN = [
    ("splitter", {"element": "id", "mapping": BY_NUMBER}, {"id": 9}, "unknown value '9'"),
    ("splitter", {"element": "id", "mapping": BY_NUMBER}, {"t": 1}, "without element 'id'"),
    ("splitter", {"element": "id", "mapping": {"7": "x"}}, {"id": 7}, "no plate 'x' on the plate"),
    ("splitter_of_dict", {"mapping": BY_NUMBER}, {"9": 1}, "unknown value '9'"),
    ("splitter_of_list", {"mapping": ROOMS}, [1], "without position 1"),
    (
        "splitter_with_unlist",
        {"element": "l", "subelement": "by", "mapping": BY_NUMBER},
        {"l": [{"by": 9}]},
        "unknown value '9'",
    ),
    (
        "splitter_with_unlist",
        {"element": "l", "subelement": "by", "mapping": BY_NUMBER},
        {"l": [{"x": 1}]},
        "without element 'by'",
    ),
    (
        "splitter_with_unlist",
        {"element": "l", "subelement": "by", "mapping": BY_NUMBER},
        {},
        "without element 'l'",
    ),
    ("asset_splitter", {}, {"cellar": 1}, "no plate 'cellar' on the plate"),
    ("asset_splitter", {"element": "rooms"}, {"hall": 1}, "without element 'rooms'"),
    ("splitter_time_aware", {"time_intervals": [HOUR]}, 1, "no plate '1' on the plate"),
]
WRONG = [
    ("splitter", {"element": "id", "mapping": BY_NUMBER}, 3.5),
    ("splitter", {"element": "id", "mapping": BY_NUMBER}, ["id"]),
    ("splitter_of_dict", {"mapping": BY_NUMBER}, [1, 2]),
    ("splitter_of_list", {"mapping": ROOMS}, {0: 1}),
    ("splitter_of_list", {"mapping": ROOMS}, 3),
    ("splitter_with_unlist", {"element": "l", "subelement": "by", "mapping": BY_NUMBER}, {"l": 3}),
    ("asset_splitter", {}, "hall"),
    ("asset_splitter", {"element": "rooms"}, {"rooms": 3}),
]
REFUSED = [
    ("splitter", {"element": "id", "mapping": {}}, ValueError),
    ("splitter", {"element": "id", "mapping": None}, TypeError),
    ("splitter_of_dict", {"mapping": {}}, ValueError),
    ("splitter_of_list", {"mapping": []}, ValueError),
    ("splitter_of_list", {"mapping": {"first": "hall"}}, ValueError),
    ("splitter_with_unlist", {"element": "a", "subelement": "b", "mapping": {}}, ValueError),
    ("asset_splitter", {"filters": [["hall"]]}, TypeError),
    ("splitter_time_aware", {"time_intervals": []}, ValueError),
    ("splitter_time_aware", {"time_intervals": {"hall": 3}}, TypeError),
]


@pytest.mark.parametrize(("name", "parameters", "values", "expected"), CASES)
def test_values_go_where_they_belong(name, parameters, values, expected):
    """And the source's values stay as they are."""
    before = copy.deepcopy(values)
    assert split(name, values, **parameters) == expected
    assert values == before


@pytest.mark.parametrize(("name", "parameters", "value", "message"), UNKNOWN)
def test_what_belongs_nowhere_is_logged_once(name, parameters, value, message, caplog):
    """However often it comes in an execution."""
    assert split(name, [value] * 5, **parameters).get("attic") == {}
    (logged,) = caplog.messages
    assert message in logged
    assert f"Tool {name} leaves out" in logged


@pytest.mark.parametrize(("name", "parameters", "value"), WRONG)
def test_a_value_of_the_wrong_shape_is_an_error(name, parameters, value):
    """It shows the time and the value."""
    with pytest.raises(ToolExecutionError, match=r"at 1970-01-01T00:00:01\.000Z, for "):
        split(name, [value], **parameters)


@pytest.mark.parametrize(("name", "parameters", "error"), REFUSED)
def test_wrong_parameters_are_refused_at_once(name, parameters, error):
    """When the tool is made."""
    with pytest.raises(error):
        make(name, **parameters)


@pytest.mark.parametrize(("name", "parameters", "values"), [case[:3] for case in CASES])
def test_a_splitting_stream_is_for_other_tools(name, parameters, values):
    """It is refused where the parameters say how to split."""
    with pytest.raises(ToolExecutionError, match=f"{name} takes no splitting stream"):
        split(name, values, ["x"], **parameters)


def test_nested_values_are_shared_and_not_copied():
    """Only the dict that loses an element is made anew."""
    inner = [1]
    found = split("splitter", [{"id": 7, "x": inner}], element="id", mapping=BY_NUMBER)
    assert found["hall"][1]["x"] is inner


def test_intervals_are_numbered():
    """Those of a list; what lies in several goes to each of them."""
    intervals = [TimeInterval.from_ms(0, 2000), ("1970-01-01T00:00:01Z", "1970-01-01T00:00:09Z")]
    tool = make("splitter_time_aware", time_intervals=intervals)
    assert try_multi_output_tool(tool, ["a", "b", "c"], ["1", "2"]) == {
        "1": {1: "a", 2: "b"},
        "2": {2: "b", 3: "c"},
    }


READINGS = [{"id": 7, "t": 1}, {"id": 8, "t": 2}]
FROM_STREAM = [
    ({"element": "id"}, BY_NUMBER, READINGS, {"hall": {1: {"t": 1}}, "attic": {2: {"t": 2}}}),
    ({"element": "id"}, ["hall"], [{"id": "hall"}], {"hall": {1: {}}, "attic": {}}),
    (
        {},
        BY_NUMBER,
        [{"7": 1, "8": None}, {8: 2}],
        {"hall": {1: 1}, "attic": {2: 2}},
    ),
    (
        {"use_mapping_keys_only": True},
        {"hall": {"area": 3}, "attic": {}},
        [{"hall": 1, "attic": 2}],
        {"hall": {1: 1}, "attic": {1: 2}},
    ),
]


@pytest.mark.parametrize(("parameters", "document", "values", "expected"), FROM_STREAM)
def test_a_stream_says_how_to_split(parameters, document, values, expected):
    """By a dict, by its keys, or by a list."""
    assert split("splitter_from_stream", values, [document], **parameters) == expected


def test_the_last_word_in_the_interval_counts():
    """For all of the interval."""
    documents = {1: {"7": "attic"}, 2: BY_NUMBER}
    assert split("splitter_from_stream", READINGS, documents, element="id")["hall"] == {1: {"t": 1}}


FROM_STREAMS = [
    ("splitter_from_stream", {}, {"hall": 1}),
    ("splitter_time_aware_from_stream", {}, "a"),
    ("stream_broadcaster_from_stream", {"func": list}, "a"),
]


@pytest.mark.parametrize(("name", "parameters", "value"), FROM_STREAMS)
def test_without_a_word_nothing_is_split(name, parameters, value, caplog):
    """That is logged."""
    assert split(name, [value], {}, **parameters) == {"hall": {}, "attic": {}}
    assert "is empty in (1970-01-01" in caplog.text


@pytest.mark.parametrize(("name", "parameters", "value"), FROM_STREAMS)
def test_a_splitting_stream_is_needed(name, parameters, value):
    """The error names the tool."""
    with pytest.raises(ToolExecutionError, match=f"Tool {name} needs a splitting stream"):
        split(name, [value], **parameters)


@pytest.mark.parametrize(("name", "parameters", "value"), FROM_STREAMS)
def test_a_wrong_word_is_an_error(name, parameters, value):
    """It names the splitting stream and the time."""
    with pytest.raises(ToolExecutionError, match=r"what memory:splitting holds at 1970.*of no use"):
        split(name, [value], [3.5], **parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "source", "document"),
    [
        ("splitter_from_stream", {"element": "sensor"}, every(1.0, reading), MAPPING),
        ("splitter_time_aware_from_stream", {}, NUMBERS, HALVES),
        ("stream_broadcaster_from_stream", {"func": list}, NUMBERS, ROOMS),
    ],
)
def test_cuts_change_nothing_while_the_word_is_the_same(name, parameters, source, document):
    """That it may change is the only reason for which they say that they depend on cuts."""
    cuts = [at(second) for second in range(1, 60)]
    tool_class = type(make(name, **parameters))
    assert "end of the interval" in tool_class.not_chunk_invariant
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tool_class, "not_chunk_invariant", None)
        found = check_tool(
            lambda: make(name, **parameters),
            [source],
            MINUTE,
            cuts,
            alignment=every(1.0, lambda _: document),
            sinks=SINKS,
            plate=PLATE,
        )
    assert all(found)


def test_intervals_come_from_a_stream():
    """By name or number, in forms that a file or a database can hold."""
    documents = [{"hall": {"start": "1970-01-01", "end": "1970-01-01T00:00:01Z"}}]
    assert split("splitter_time_aware_from_stream", ["a", "b"], documents) == {
        "hall": {1: "a"},
        "attic": {},
    }
    tool = make("splitter_time_aware_from_stream")
    intervals = [[TimeInterval.from_ms(1000, 2000)]]
    assert try_multi_output_tool(tool, ["a", "b"], ["1"], intervals) == {"1": {2: "b"}}


def test_an_asset_written_long_ago_says_how_to_split(mongo_config):
    """It is read from the beginning of time."""
    client = Client(mongo_config)
    assets = AssetsChannel("assets", MongoStorage(client))
    splitting = assets.create_stream("rooms")
    assets.write_to_stream("rooms", StreamInstance(datetime(2019, 1, 1), BY_NUMBER))
    assets.write_to_stream("rooms", StreamInstance(datetime(2021, 1, 1), {"7": "attic"}))
    memory = MemoryChannel("memory")
    noon = 1_577_836_800_000 + 60_000
    source = filled(memory, "source", {noon: {"id": 7, "t": 1}})
    sinks = [memory.create_stream(StreamId("t", {"room": room})) for room in ROOMS]
    tool = make("splitter_from_stream", element="id")
    tool.execute(source, splitting, sinks, HOUR, "room", ROOMS)
    assert sinks[0].window(HOUR).values() == [{"t": 1}]
    assert sinks[1].window(HOUR).values() == []
    client.disconnect()


def test_nested_plates_are_split_below_their_parent():
    """The output plate values may come with those of the parent."""
    memory = MemoryChannel("memory")
    source = filled(memory, "source", [{"7": 1, "8": 2}])
    values = [(("house", "1"), ("room", room)) for room in ROOMS]
    sinks = [memory.create_stream(StreamId("t", value)) for value in values]
    interval = TimeInterval.from_ms(0, 10)
    tool = make("splitter_of_dict", mapping=BY_NUMBER)
    tool.execute(source, None, sinks, interval, "room", values)
    assert [sink.window(interval).values() for sink in sinks] == [[1], [2]]
