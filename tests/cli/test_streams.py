"""The commands on streams, but for the export."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from hyperstream import StreamId, TimeInterval
from hyperstream._time import iso_format
from tests.cli.parts import DAY, square_of_minute

HALL = "temperature[house=1, room=hall]"


@pytest.fixture
def several(fill, hall):
    """Give further streams, in other channels and in a sandbox."""
    with fill() as hs:
        channels = hs.channel_manager
        channels.mongo.get_or_create_stream(StreamId("temperature", {"house": 2}))
        channels.mongo.get_or_create_stream("rain", sandbox="mine").writer([(DAY, {"mm": 3})])
        channels.assets.get_or_create_stream("houses").writer([(DAY, ["1", "2"])])


@pytest.fixture
def computed(fill):
    """Give a stream of ticks, and one that is computed from it."""
    hour = TimeInterval(DAY, DAY + timedelta(hours=1))
    with fill() as hs:
        ticks, minutes = map(hs.channel_manager.mongo.get_or_create_stream, ("ticks", "minutes"))
        hs.tools.clock(first=DAY, stride=60).execute(sources=[], sink=ticks, interval=hour)
        tool = hs.tools.apply(func=square_of_minute)
        tool.execute(sources=[ticks], sink=minutes, interval=hour)


def calculated(command, name):
    """Return what is calculated of a stream."""
    return command.json("streams", "show", f"mongo:{name}")["calculated"]


def test_streams_of_all_channels_are_listed(command, several):
    """As they are addressed, with what is known of them."""
    assert command("streams", "list").lines == [
        "INSTANCES  CALCULATED UP TO      STREAM",
        "        1  -                     assets:houses",
        "        1  -                     mongo/mine:rain",
        "        5  2020-01-01T03:00:00Z  mongo:temperature[house=1, room=hall]",
        "        -  -                     mongo:temperature[house=2]",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--name", "temperature"], [f"mongo:{HALL}", "mongo:temperature[house=2]"]),
        (["--tag", "house=1"], [f"mongo:{HALL}"]),
        (["--tag", "house=1", "--tag", "room=hall"], [f"mongo:{HALL}"]),
        (["--channel", "assets"], ["assets:houses"]),
        (["--channel", "mongo", "--name", "rain"], ["mongo/mine:rain"]),
    ],
)
def test_a_list_is_of_what_is_wanted(command, several, words, expected):
    """By channel, name and tags, all of which must fit."""
    assert [each["stream"] for each in command.json("streams", "list", *words)] == expected


def test_to_find_nothing_is_told(command, several):
    """Machines get an empty list, too; a database without streams is no failure."""
    said = command("streams", "list", "--name", "rain", "--tag", "house=1", "--json")
    assert said == (1, "[]\n", "hyperstream: No stream is like that.\n")


def test_an_empty_database_has_no_streams(command):
    """That is no failure."""
    assert command("streams", "list").lines == ["INSTANCES  CALCULATED UP TO  STREAM"]
    assert command.json("streams", "list") == []


def test_a_machine_gets_everything_of_a_list(command, hall):
    """The parts of an address, and intervals as pairs."""
    (found,) = command.json("streams", "list")
    assert found.pop("updated") > "2026"
    assert found == {
        "stream": hall,
        "channel": "mongo",
        "sandbox": None,
        "name": "temperature",
        "meta_data": {"house": "1", "room": "hall"},
        "instances": 5,
        "calculated": [["2020-01-01T00:00:00.000Z", "2020-01-01T03:00:00.000Z"]],
        "tool": None,
    }


def test_a_stream_is_shown(command, hall):
    """Where its data are, and that no tool computes it."""
    lines = command("streams", "show", hall).lines
    assert lines[:5] == [
        f"stream       {hall}",
        "channel      mongo (DatabaseChannel)",
        "instances    about 5",
        "first        2020-01-01T01:00:00.000Z",
        "last         2020-01-01T05:00:00.000Z",
    ]
    assert lines[6:] == [
        "calculated   (2020-01-01T00:00:00.000Z, 2020-01-01T03:00:00.000Z]",
        "computed by  no tool",
    ]


def test_a_computed_stream_names_its_tool(command, computed):
    """With parameters and sources."""
    lines = command("streams", "show", "mongo:minutes").lines
    assert lines[-4].startswith("computed by  apply 0.0.")
    assert lines[-3].startswith('parameters   func = "')
    assert lines[-1] == "sources      mongo:ticks"
    assert command.json("streams", "show", "mongo:minutes")["producer"]["sources"] == [
        "mongo:ticks"
    ]


def test_many_intervals_are_not_all_shown(command, fill, hall):
    """But all of them to machines."""
    with fill() as hs:
        stream = hs.channel_manager.mongo.find_stream(name="temperature")
        stream.calculated_intervals = [
            TimeInterval(DAY + timedelta(days=day), DAY + timedelta(days=day, hours=1))
            for day in range(30)
        ]
    lines = command("streams", "show", hall).lines
    assert "calculated   10 before, and" in lines
    assert sum("(2020" in line for line in lines) == 20
    assert len(command.json("streams", "show", hall)["calculated"]) == 30


def test_the_first_and_the_last_instances_are_shown(command, hall):
    """In the order of time."""
    assert command("streams", "head", hall, "-n", "2").lines == [
        "TIMESTAMP                 VALUE",
        "2020-01-01T01:00:00.000Z  21.5",
        "2020-01-01T02:00:00.000Z  22.5",
    ]
    assert command.json("streams", "tail", hall, "-n", "2") == [
        {"timestamp": "2020-01-01T04:00:00.000Z", "value": 24.5},
        {"timestamp": "2020-01-01T05:00:00.000Z", "value": 25.5},
    ]


def test_instances_are_of_an_interval(command, hall):
    """Open at the start, closed at the end; nothing is said of what is not calculated."""
    words = ("--from", "2020-01-01T01:00Z", "--to", "2020-01-01T03:00Z")
    found = command.json("streams", "head", hall, *words)
    assert [each["value"] for each in found] == [22.5, 23.5]


def test_any_value_is_shown_in_one_line(command, several):
    """As JSON."""
    assert command("streams", "head", "mongo/mine:rain").lines[1].endswith('Z  {"mm": 3}')
    assert command("streams", "head", "assets:houses").lines[1].endswith('Z  ["1", "2"]')


def test_nothing_to_show_is_told(command, hall):
    """With the interval, and exit code 1."""
    said = command("streams", "head", hall, "--to", "2019-01-01")
    assert (said.code, said.out) == (1, "TIMESTAMP  VALUE\n")
    assert said.err == (
        f"hyperstream: There is nothing of {hall} in (the beginning, 2019-01-01T00:00:00.000Z].\n"
    )
    said = command("streams", "head", hall, "--to", "2019-01-01", "--json")
    assert (said.code, said.out) == (1, "[]\n")


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        ("mongo:rain", "There is no stream mongo:rain."),
        (
            "mongo:temperature",
            f"There is no stream mongo:temperature. Of that name there are 'mongo:{HALL}'.",
        ),
        ("mango:rain", "There is no channel 'mango': did you mean mongo?"),
    ],
)
@pytest.mark.parametrize("action", ["show", "head", "tail", "export", "purge", "invalidate"])
def test_a_stream_that_is_not_there_is_told(command, hall, action, stream, problem):
    """In one sentence, with what may have been meant."""
    said = command("streams", action, stream)
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert said.err.startswith(f"hyperstream: {problem}")


def test_a_stream_is_purged(command, hall):
    """All of it, or what lies in an interval, with the marks there."""
    words = ("--from", "2020-01-01T01:00Z", "--to", "2020-01-01T02:00Z", "--yes")
    assert command("streams", "purge", hall, *words).lines == ["Purged 1 stream."]
    assert [each["value"] for each in command.json("streams", "head", hall)] == [
        *(21.5, 23.5, 24.5, 25.5)
    ]
    assert command.json("streams", "purge", hall, "--yes") == {"purged": [hall]}
    found = command.json("streams", "show", hall)
    assert (found["first"], found["calculated"]) == (None, [])


def test_streams_are_removed_with_their_definitions(command, several, hall):
    """Several at once, and those in a sandbox."""
    words = (hall, "mongo/mine:rain", "--definition", "--yes")
    assert command("streams", "purge", *words).lines == ["Purged 2 streams."]
    assert [each["stream"] for each in command.json("streams", "list")] == [
        "assets:houses",
        "mongo:temperature[house=2]",
    ]


def test_a_definition_is_not_removed_in_part(command, hall):
    """That is a contradiction."""
    said = command("streams", "purge", hall, "--definition", "--from", "2020-01-01", "--yes")
    assert (said.code, said.out) == (2, "")
    assert "leave out --from and --to" in said.err


def test_what_was_computed_is_invalidated(command, computed):
    """In the stream, and in what was computed from it."""
    whole = [["2020-01-01T00:00:00.000Z", "2020-01-01T01:00:00.000Z"]]
    assert calculated(command, "ticks") == calculated(command, "minutes") == whole
    words = ("--from", "2020-01-01T00:30Z", "--to", "2020-01-01T01:00Z", "--yes")
    assert command("streams", "invalidate", "mongo:ticks", *words).lines == [
        "Invalidated 1 stream."
    ]
    half = [[iso_format(DAY), iso_format(DAY + timedelta(minutes=30))]]
    assert calculated(command, "ticks") == calculated(command, "minutes") == half
    command("streams", "invalidate", "mongo:ticks", "--yes")
    assert calculated(command, "minutes") == []


@pytest.mark.parametrize("action", ["purge", "invalidate"])
def test_nothing_is_lost_without_being_asked(command, hall, action):
    """Where nobody can be asked, --yes must be said."""
    before = command.json("streams", "show", hall)
    said = command("streams", action, hall)
    assert (said.code, said.out) == (2, "")
    assert "There is no terminal to ask at: say --yes if that is meant." in said.err
    assert command.json("streams", "show", hall) == before


def test_streams_of_other_channels_are_read(command, config, tmp_path):
    """Such as the files of a plugin; what such a channel cannot do, it says."""
    (tmp_path / "mine" / "assets" / "houses").mkdir(parents=True)
    (tmp_path / "mine/assets/houses/2020-01-01_a.json").write_text('{"of": "brick"}')
    plugin = {"channel_id_prefix": "mine", "path": "mine", "has_assets": True}
    config.write_text(json.dumps({**json.loads(config.read_text()), "plugins": [plugin]}))
    assert "mine_assets:houses" in command("streams", "list").out
    assert command.json("streams", "head", "mine_assets:houses") == [
        {"timestamp": "2020-01-01T00:00:00.000Z", "value": {"of": "brick"}}
    ]
    said = command("streams", "purge", "mine_assets:houses", "--yes")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "hyperstream: Channel 'mine_assets' (AssetsFileChannel) cannot purge stream houses.\n"
    )
