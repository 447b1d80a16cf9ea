"""HyperStream puts everything together."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hyperstream import (
    UTC,
    DatabaseConnectionError,
    HyperStream,
    StreamId,
    TimeInterval,
    ToolInitialisationError,
    ToolNotFoundError,
)
from hyperstream.embedded import server_status, stop_server
from hyperstream.execution import NoObserver, current_context
from hyperstream.progress_bars import ProgressBars
from hyperstream.utils.errors import ConfigurationError, ToolVersionNotFoundError
from tests.mosquitto import eventually
from tests.shown import shown

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = {
    "channel_id_prefix": "example",
    "channel_names": [],
    "path": str(ROOT / "plugins" / "example"),
    "has_tools": True,
    "has_assets": False,
}
HOUR = TimeInterval(datetime(2020, 1, 1, 11, tzinfo=UTC), datetime(2020, 1, 1, 12, tzinfo=UTC))


@pytest.fixture
def hs(tmp_path, mongo_config):
    """Make a HyperStream on a database of its own, with the example plugin."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"mongo": mongo_config, "plugins": [PLUGIN]}))
    yield HyperStream(file_logger=False, console_logger=False, config_filename=config)
    HyperStream.reset()


def test_the_classic_first_use_works_to_the_letter(hs):
    """A clock tool from the tool channel ticks through the last 30 seconds."""
    memory = hs.channel_manager.memory
    tools = hs.channel_manager.tools
    clock = tools[StreamId(name="clock")].window().last().value()
    now = datetime.now(UTC)
    before = now - timedelta(seconds=30)
    ticker = memory.get_or_create_stream(stream_id=StreamId(name="ticker"))
    clock.execute(
        sources=[], sink=ticker, interval=TimeInterval(before, now), alignment_stream=None
    )
    ticks = list(ticker.window().tail(5))
    last = now.replace(microsecond=0)
    expected = [last - timedelta(seconds=ago) for ago in range(4, -1, -1)]
    assert [tick.timestamp for tick in ticks] == expected
    assert all(tick.value == tick.timestamp for tick in ticks)


def test_a_tool_computes_into_the_database(hs):
    """The result is there for another reference to the same stream."""
    sink = hs.channel_manager.mongo.get_or_create_stream("ticks")
    hs.tools.clock(stride=600).execute(sources=[], sink=sink, interval=HOUR)
    assert [tick.minute for tick in sink.window(HOUR).timestamps()] == [10, 20, 30, 40, 50, 0]
    assert sink.calculated_intervals.span == HOUR


def test_plugins_bring_tools(hs):
    """A plugin's tool passes its source on."""
    memory = hs.channel_manager.memory
    ticks, copy = memory.create_stream("ticks"), memory.create_stream("copy")
    hs.tools.clock(stride=600).execute(sources=[], sink=ticks, interval=HOUR)
    hs.plugins.example.tools.dummy().execute(sources=[ticks], sink=copy, interval=HOUR)
    assert copy.window(HOUR).items() == ticks.window(HOUR).items()


def test_tools_are_asked_for_by_name_and_version(hs):
    """The latest is the default; every version is there."""
    manager = hs.channel_manager
    assert manager.get_tool("clock", {"stride": 60.0}).stride == 60.0
    assert manager.get_tool("clock", {}, version="0.0.1").version == "0.0.1"
    assert manager.get_tool_class("apply", version="0.0.2").version == "0.0.2"
    assert manager.get_tool_class("apply").version == "0.0.3"


@pytest.mark.parametrize(
    ("name", "parameters", "version", "error", "message"),
    [
        ("clok", {}, None, ToolNotFoundError, "clock"),
        ("clock", {}, "9.9.9", ToolVersionNotFoundError, "0.1.0"),
        ("clock", {"strid": 1.0}, None, ToolInitialisationError, "strid"),
        ("apply", {}, None, ToolInitialisationError, "func"),
    ],
)
def test_a_wrong_call_names_what_is_wrong(hs, name, parameters, version, error, message):
    """The name or version that is there, or the parameter that is not."""
    with pytest.raises(error, match=message):
        hs.channel_manager.get_tool(name, parameters, version=version)


def test_there_is_one_instance_until_it_is_reset(hs):
    """Calling the class again returns it; after a reset there is a new one."""
    assert HyperStream() is hs
    HyperStream.reset()
    HyperStream.reset()
    fresh = HyperStream(file_logger=False, console_logger=False)
    assert fresh is not hs


def test_output_goes_where_the_configuration_says(tmp_path, mongo_config):
    """The context of tools knows the folder."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"mongo": mongo_config, "output_path": "results"}))
    HyperStream(file_logger=False, console_logger=False, config_filename=config)
    try:
        assert current_context().output_path == tmp_path / "results"
    finally:
        HyperStream.reset()


def test_messages_go_over_mqtt_if_that_is_wanted(tmp_path, broker, mongo_config):
    """The handler lasts as long as HyperStream, and wrong settings are an error at once."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"mongo": mongo_config}))
    listener = broker.listen("hs/log")
    quiet = {"file_logger": False, "console_logger": False, "config_filename": config}
    try:
        with pytest.raises(ConfigurationError, match=r"mqtt_logger\.qos must be 0, 1 or 2, not 7"):
            HyperStream(mqtt_logger={"qos": 7}, **quiet)
        HyperStream(mqtt_logger={**broker.options, "topic": "hs/log", "close_seconds": 20}, **quiet)
        logging.getLogger("hyperstream").warning("careful")
    finally:
        HyperStream.reset()
    eventually(lambda: [text for text in listener.texts if text.endswith("careful")])


def test_the_root_logger_and_the_except_hook_are_left_alone(tmp_path):
    """Importing the package and making HyperStream changes neither."""
    program = (
        "import logging, sys; from hyperstream import HyperStream; HyperStream()\n"
        "assert sys.excepthook is sys.__excepthook__\n"
        "assert logging.getLogger().handlers == []\n"
        "assert logging.getLogger().level == logging.WARNING"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)


def test_an_unreachable_database_is_an_error_at_once(tmp_path):
    """Nothing falls back to the embedded one, and nothing stays behind."""
    config = tmp_path / "config.json"
    mongo = {"host": "127.0.0.1", "port": 1, "connect_seconds": 0.2}
    config.write_text(json.dumps({"mongo": mongo}))
    with pytest.raises(DatabaseConnectionError, match=r"127\.0\.0\.1:1.*[Ss]tart mongod"):
        HyperStream(file_logger=False, console_logger=False, config_filename=config)
    handlers = logging.getLogger("hyperstream").handlers
    assert not [each for each in handlers if isinstance(each, logging.FileHandler)]


def test_memory_streams_need_no_database(tmp_path):
    """The embedded server is started when something is first kept in it."""
    config = tmp_path / "config.json"
    config.write_text("{}")
    hs = HyperStream(file_logger=False, console_logger=False, config_filename=config)
    try:
        sink = hs.channel_manager.memory.create_stream("ticks")
        hs.tools.clock(stride=600).execute(sources=[], sink=sink, interval=HOUR)
        assert server_status(tmp_path / ".hyperstream") is None
    finally:
        HyperStream.reset()


@pytest.mark.slow
def test_ten_processes_that_start_at_once_share_one_server(tmp_path):
    """Each writes to the same new database directory, and all see the same."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"mongo": {"embedded": True, "idle_seconds": 2}}))
    program = (
        "import sys; from hyperstream import *; from datetime import datetime\n"
        "hs = HyperStream(file_logger=False, config_filename=sys.argv[1])\n"
        "stream = hs.channel_manager.mongo.get_or_create_stream('shared')\n"
        "stream.writer(StreamInstance(datetime(2020, 1, 1, int(sys.argv[2])), int(sys.argv[2])))\n"
        "print(server := hs.client.client.address)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(config), str(number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(10)
    ]
    answers = [process.communicate() for process in processes]
    assert {process.returncode for process in processes} == {0}, answers
    assert len({out for out, _ in answers}) == 1
    hs = HyperStream(file_logger=False, console_logger=False, config_filename=config)
    try:
        stream = hs.channel_manager.mongo["shared"]
        day = TimeInterval(datetime(2019, 12, 31), datetime(2020, 1, 2))
        assert stream.window(day, force_calculation=True).values() == list(range(10))
    finally:
        HyperStream.reset()
        stop_server(tmp_path / ".hyperstream")


def test_a_notebook_shows_the_parts(hs):
    """Channels, plugins and the session that is going on."""
    lines = shown(hs)
    assert lines[0] == "HyperStream "
    assert f"database|{hs.client}" in lines
    assert "plugins|example" in lines
    assert "mongo|DatabaseChannel" in lines
    with hs:
        assert f"session|{hs.current_session.session_id}" in shown(hs)


def test_to_show_it_opens_no_database(tmp_path):
    """An embedded server is not started for it."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"mongo": {"embedded": True, "path": str(tmp_path / "data")}}))
    hs = HyperStream(file_logger=False, console_logger=False, config_filename=config)
    assert f"database|hyperstream, embedded in {tmp_path / 'data'}" in shown(hs)
    HyperStream.reset()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("choice", "kind"), [(None, ProgressBars), (False, NoObserver)])
def test_progress_bars_are_a_choice(tmp_path, choice, kind):
    """By default they are shown where somebody sees them."""
    config = tmp_path / "config.json"
    config.write_text("{}")
    quiet = {"file_logger": False, "console_logger": False}
    HyperStream(**quiet, config_filename=config, progress_bars=choice)
    assert type(current_context().observer) is kind
    HyperStream.reset()
    assert type(current_context().observer) is NoObserver
