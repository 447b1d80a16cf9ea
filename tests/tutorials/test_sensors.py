"""The plugin of the tutorial on real-time streams, with a real server, broker and machine."""

from __future__ import annotations

import doctest
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest

from hyperstream._time import use_clock
from hyperstream.channels import MemoryChannel
from hyperstream.plugin_manager import Plugin
from hyperstream.stream import StreamInstance
from hyperstream.testing import FixedClock
from hyperstream.time_interval import UTC, TimeInterval, TimeIntervals
from hyperstream.tool import Tool
from hyperstream.utils import utcnow
from hyperstream.utils.errors import HyperStreamError, ToolExecutionError
from tests.mosquitto import eventually

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "tutorials" / "plugins" / "sensors"
# This puts the folder on the path, so that what lies in it can be imported.
[TOOLS] = Plugin("sensors", [], str(FOLDER), True, False).load_channels()
local_api = import_module("local_api")
local_broker = import_module("local_broker")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = TimeInterval(NOON, NOON + 60 * MINUTE)


class Doubled(Tool):
    """Doubles the values, each at its time."""

    def _execute(self, sources, alignment_stream, interval):
        for moment, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(moment, 2 * value)

    def reach(self, interval, sources=()):
        """Say that an output needs the source at its own time only."""
        return interval


@pytest.fixture
def api():
    """Give an API with a reading each ten minutes, the first at noon."""
    with local_api.LocalApi() as running:
        running.readings = {NOON + n * MINUTE: 20.0 + n for n in range(0, 70, 10)}
        yield running


@pytest.fixture
def memory():
    """Give a channel."""
    return MemoryChannel("memory")


def poll(url, **parameters):
    """Make the tool for an API as the one of this machine is."""
    fields = {"records": "readings", "timestamp": "at", "value": "celsius", "pause": 0.01}
    return TOOLS.get_tool_class("http_poll")(url=url, **{**fields, **parameters})


def minutes(stream, interval=HOUR):
    """Return what a stream holds, by minutes after noon."""
    items = stream.window(interval, force_calculation=True)
    return {(time - NOON) / MINUTE: value for time, value in items}


def test_readings_come_in_order_and_inside_of_the_interval(api, memory):
    """The API sends both ends, in the order in which it got them; the start is not included."""
    api.readings = dict(reversed(api.readings.items()))
    sink = memory.create_stream("sink")
    poll(api.url).execute([], sink, HOUR)
    assert minutes(sink) == {n: 20.0 + n for n in range(10, 70, 10)}
    assert api.asked == ["/readings?start=2026-01-01T12:00:00.000Z&end=2026-01-01T13:00:00.000Z"]
    poll(api.url).execute([], sink, HOUR)
    assert len(api.asked) == 1


def test_a_long_interval_is_asked_for_in_parts(api, memory):
    """Each part once, and all readings are there."""
    sink = memory.create_stream("sink")
    poll(api.url, longest=1500.0).execute([], sink, HOUR)
    starts = [path.partition("start=2026-01-01T")[2][:5] for path in api.asked]
    assert starts == ["12:00", "12:25", "12:50"]
    assert len(minutes(sink)) == 6


def test_a_reading_without_value_is_left_out(api, memory):
    """Null means that nothing was measured."""
    api.readings[NOON + 10 * MINUTE] = None
    sink = memory.create_stream("sink")
    poll(api.url).execute([], sink, HOUR)
    assert 10 not in minutes(sink)


@pytest.mark.parametrize(
    "troubles", [[503], [500, 429, 408], ["hang up"], ["cut"], ["hang up", 503, "cut"]], ids=str
)
def test_what_fails_is_tried_again(api, memory, troubles):
    """Trouble that may pass is none, as long as there are tries left."""
    api.troubles.extend(troubles)
    sink = memory.create_stream("sink")
    poll(api.url).execute([], sink, HOUR)
    assert len(api.asked) == len(troubles) + 1
    assert len(minutes(sink)) == 6


@pytest.mark.parametrize(
    ("troubles", "asked", "message"),
    [
        ([503] * 9, 4, "gave no answer in 4 tries, the last time since HTTP Error 503: Service"),
        (["hang up"] * 9, 4, "gave no answer in 4 tries, the last time since Remote end closed"),
        (["cut"] * 9, 4, "gave no answer in 4 tries, the last time since IncompleteRead"),
        ([404], 1, "gave no answer in 1 try, the last time since HTTP Error 404: Not Found."),
    ],
)
def test_it_gives_up_with_one_error_and_marks_nothing(api, memory, troubles, asked, message):
    """The error names the address and the reason; the next execution begins anew."""
    api.troubles.extend(troubles)
    sink = memory.create_stream("sink")
    with pytest.raises(ToolExecutionError) as caught:
        poll(api.url).execute([], sink, HOUR)
    assert message in str(caught.value)
    assert api.url.partition("?")[0] in str(caught.value)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert len(api.asked) == asked
    assert sink.calculated_intervals.is_empty
    assert memory.data[sink.stream_id] == {}
    api.troubles.clear()
    poll(api.url).execute([], sink, HOUR)
    assert len(minutes(sink)) == 6


def test_a_failure_half_way_leaves_nothing(api, memory):
    """What the parts before it had given is taken back."""
    sink = memory.create_stream("sink")

    def found(start, end):
        if start > NOON:
            api.troubles.extend([404])
        return type(api).found(api, start, end)

    api.found = found
    api.troubles.extend([])
    with pytest.raises(ToolExecutionError):
        poll(api.url.replace("readings", "{start:%H}", 1), longest=600.0, tries=1).execute(
            [], sink, TimeInterval(NOON, NOON + 120 * MINUTE)
        )
    assert sink.calculated_intervals.is_empty
    assert memory.data[sink.stream_id] == {}


def test_nobody_at_the_address_is_an_error_too(memory):
    """It says that the connection was refused."""
    with local_api.LocalApi() as gone:
        url = gone.url
    with pytest.raises(ToolExecutionError, match=r"in 2 tries, the last time since .*refused"):
        poll(url, tries=2).execute([], memory.create_stream("sink"), HOUR)


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"records": "rows"}, "KeyError('rows')"),
        ({"timestamp": "time"}, "KeyError('time')"),
        ({"timestamp": "celsius", "unit": "ms", "value": "at.day"}, "TypeError("),
    ],
)
def test_an_answer_that_does_not_fit_is_an_error_at_once(api, memory, parameters, problem):
    """Asking again would not help; the error says what was not there."""
    with pytest.raises(ToolExecutionError) as caught:
        poll(api.url, **parameters).execute([], memory.create_stream("sink"), HOUR)
    assert "the parameters of the tool do not fit: " + problem in str(caught.value)
    assert isinstance(caught.value.__cause__, HyperStreamError)
    assert len(api.asked) == 1


def test_what_is_no_address_is_an_error():
    """A file cannot be asked."""
    with pytest.raises(ValueError, match="'file:///etc/hosts' is no address"):
        poll("file:///etc/hosts")


def test_late_readings_make_void_what_was_computed(api, memory):
    """From the first to the last that has come, changed or gone; nothing else is asked again."""
    tool = poll(api.url)
    sink, doubled = memory.create_stream("sink"), memory.create_stream("doubled")
    tool.execute([], sink, HOUR)
    Doubled().execute([sink], doubled, HOUR)
    assert tool.look_again(sink, HOUR) == TimeIntervals()

    api.readings[NOON + 25 * MINUTE] = 25.0
    api.readings[NOON + 30 * MINUTE] = -30.0
    del api.readings[NOON + 40 * MINUTE]
    void = tool.look_again(sink, HOUR)
    end = NOON + 40 * MINUTE
    millisecond = timedelta(milliseconds=1)
    changed = TimeIntervals([TimeInterval(NOON + 25 * MINUTE - millisecond, end)])
    assert void == changed
    assert doubled.calculated_intervals == TimeIntervals([HOUR]) - changed

    del api.asked[:]
    Doubled().execute([sink], doubled, HOUR)
    assert [path[-24:] for path in api.asked] == [f"{end:%Y-%m-%dT%H:%M:%S.000Z}"]
    expected = {10: 30.0, 20: 40.0, 25: 25.0, 30: -30.0, 50: 70.0, 60: 80.0}
    assert minutes(sink) == expected
    assert minutes(doubled) == {minute: 2 * value for minute, value in expected.items()}
    assert tool.look_again(sink, HOUR) == TimeIntervals()


def test_what_was_not_asked_for_is_not_looked_at_again(api, memory):
    """Late data are a matter of what has been computed."""
    tool = poll(api.url)
    sink = memory.create_stream("sink")
    assert tool.look_again(sink, HOUR) == TimeIntervals()
    half = TimeInterval(NOON, NOON + 30 * MINUTE)
    tool.execute([], sink, half)
    del api.asked[:]
    api.readings[NOON + 45 * MINUTE] = 45.0
    assert tool.look_again(sink, HOUR) == TimeIntervals()
    assert len(api.asked) == 1


def test_a_broken_second_look_makes_nothing_void(api, memory):
    """Who cannot be asked has not corrected anything."""
    tool = poll(api.url, tries=1)
    sink = memory.create_stream("sink")
    tool.execute([], sink, HOUR)
    api.readings[NOON + 25 * MINUTE] = 25.0
    api.troubles.append(503)
    with pytest.raises(ConnectionError, match="503"):
        tool.look_again(sink, HOUR)
    assert sink.calculated_intervals == TimeIntervals([HOUR])


def test_other_apis_have_other_forms():
    """Their times and addresses are understood."""
    result = doctest.testmod(import_module("http_answers"))
    assert result.attempted > 3
    assert result.failed == 0


def test_the_api_says_how_long_to_wait(api, memory, monkeypatch):
    """As long as that is not longer than half a minute."""
    answers = import_module("http_answers")
    patience = answers.Patience(pause=0.5)

    def error(wanted):
        headers = {} if wanted is None else {"Retry-After": wanted}
        return answers.HTTPError("http://x", 503, "", headers, None)

    waits = [(1, None), (3, None), (20, None), (1, "7"), (1, "3600"), (1, "tomorrow")]
    found = [patience.seconds(failed, error(wanted)) for failed, wanted in waits]
    assert found == [0.5, 2.0, 30.0, 7.0, 30.0, 0.5]
    assert patience.seconds(2, OSError()) == 1.0


def machine(**parameters):
    """Make the tool that measures."""
    return TOOLS.get_tool_class("machine")(seconds=0.01, **parameters)


def test_the_machine_is_measured_now(memory):
    """Once for an interval, at its end."""
    sink = memory.create_stream("sink")
    now = utcnow()
    machine(max_age=3600).execute([], sink, TimeInterval(now - MINUTE, now))
    [(time, value)] = sink.window((now - MINUTE, now))
    assert time == now
    assert 0 <= value["cpu"] <= 100
    assert value["memory"] == pytest.approx(psutil.virtual_memory().percent, abs=20)
    assert value["received"] >= 0
    assert value["sent"] >= 0


def test_the_past_cannot_be_measured(memory):
    """It is empty, and stays so."""
    sink = memory.create_stream("sink")
    with use_clock(FixedClock(NOON + 61 * MINUTE)):
        machine(max_age=59.0).execute([], sink, HOUR)
        assert sink.calculated_intervals == TimeIntervals([HOUR])
        assert minutes(sink) == {}
        assert machine().not_chunk_invariant


def test_a_machine_without_network_is_measured(memory, monkeypatch):
    """Nothing was received and sent."""
    monkeypatch.setattr(psutil, "net_io_counters", lambda: None)
    sink = memory.create_stream("sink")
    now = utcnow()
    machine(max_age=3600).execute([], sink, TimeInterval(now - MINUTE, now))
    [(_, value)] = sink.window((now - MINUTE, now))
    assert (value["received"], value["sent"]) == (0, 0)


def test_the_broker_is_a_real_one():
    """It passes messages on, and is gone after its end."""
    broker = local_broker.LocalBroker()
    try:
        received = []
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.on_connect = lambda client, *_: client.subscribe("a", 1)
        client.on_subscribe = lambda client, *_: client.publish("a", "b", 1)
        client.on_message = lambda _, __, message: received.append(message.payload)
        client.connect(broker.address["server"], broker.address["port"])
        client.loop_start()
        eventually(lambda: received == [b"b"])
        client.disconnect()
        client.loop_stop()
    finally:
        broker.stop()
    with pytest.raises(ConnectionRefusedError):
        client.connect(broker.address["server"], broker.address["port"])


def test_a_broker_that_is_not_installed_is_asked_for(monkeypatch):
    """The error says how to install it."""
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(FileNotFoundError, match="apt-get install mosquitto"):
        local_broker.LocalBroker()


def test_a_broker_that_does_not_start_is_an_error(monkeypatch):
    """It is not waited for."""
    monkeypatch.setattr("shutil.which", lambda *_, **__: "/bin/false")
    with pytest.raises(ConnectionError, match="has not begun to answer"):
        local_broker.LocalBroker()
