"""What comes over MQTT is in streams, once, and nothing else is."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings
from datetime import datetime, timedelta

import pytest

from hyperstream._time import UTC, to_ms, use_clock
from hyperstream.channels import DatabaseChannel, mqtt_intake
from hyperstream.channels.mqtt_channel import MQTTChannel
from hyperstream.channels.mqtt_payloads import JSONDecoder, Reading
from hyperstream.channels.mqtt_topics import Subscription
from hyperstream.client import Client
from hyperstream.plugin_manager import Plugin
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamId
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import ConfigurationError, NotCalculatedWarning
from tests.channels.files import write
from tests.channels.mqtt_parts import (
    ROOMS,
    SECONDS,
    START,
    Doubled,
    message,
    room,
    started,
    stored,
    wait_for,
)
from tests.mosquitto import eventually

HOUR = TimeInterval(START, START + timedelta(hours=1))


@pytest.fixture
def storage(mongo_config):
    """Give a database."""
    client = Client(mongo_config)
    yield MongoStorage(client)
    client.disconnect()


@pytest.fixture
def make(broker, storage):
    """Give a function that makes a channel on the broker; all are stopped after the test."""
    made = []

    def make_channel(subscriptions=(ROOMS,), client_id="test", **options):
        where = {**broker.options, "client_id": client_id, **options.pop("broker", {})}
        made.append(MQTTChannel("mqtt", subscriptions, storage, broker=where, **options))
        return made[-1]

    yield make_channel
    for channel in made:
        channel.stop()


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_messages_become_instances(broker, make, version):
    """The topic says which stream, the payload which time and value."""
    channel = started(make(broker={"version": version}))
    broker.publish([message(1, 20.5), message(2, 21.5), message(1, 5, house=2, room="bath")])
    wait_for(channel, stored=3)
    assert stored(room(channel)) == {1: 20.5, 2: 21.5}
    assert stored(room(channel, 2, "bath")) == {1: 5}
    assert set(channel.find_streams(house=2)) == {StreamId("temp", {"house": "2", "room": "bath"})}
    assert channel.counts == {"received": 3, "stored": 3, "repeated": 0}


def test_a_stream_is_read_without_a_word_when_forced(broker, make):
    """Nothing is marked as calculated; forced views and tools get what is there."""
    channel = started(make())
    broker.publish([message(1, 20.5)])
    wait_for(channel, stored=1)
    stream = room(channel)
    assert stream.calculated_intervals.is_empty
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert stream.window(HOUR, force_calculation=True).values() == [20.5]
    with pytest.warns(NotCalculatedWarning):
        assert stream.window(HOUR).values() == [20.5]


def test_the_time_of_arrival_is_the_timestamp_where_there_is_none(broker, make):
    """Two messages of one millisecond are two instances, in their order."""
    channel = started(make([Subscription("raw/{n}", "float")]))
    before = datetime.now(UTC)
    broker.publish([("raw/1", str(n)) for n in range(500)])
    wait_for(channel, stored=500)
    items = channel[StreamId("raw", {"n": 1})].window((-3600, 0), force_calculation=True).items()
    assert [value for _, value in items] == list(range(500))
    assert before - timedelta(milliseconds=1) <= items[0].timestamp <= datetime.now(UTC)


def test_a_clock_that_is_set_back_loses_nothing(broker, make):
    """What arrives after that has the new time of the clock."""
    now = [START + timedelta(hours=2)]
    with use_clock(lambda: now[0]):
        channel = started(make([Subscription("raw/{n}", "float")]))
    broker.publish([("raw/1", b"1")])
    wait_for(channel, stored=1)
    now[0] = START + timedelta(hours=1)
    broker.publish([("raw/1", b"2")])
    wait_for(channel, stored=2)
    assert stored(channel[StreamId("raw", {"n": 1})]) == {7200: 1, 3600: 2}


def test_one_message_may_fill_many_streams(broker, make):
    """A SenML pack has a stream for each name."""
    channel = started(make([Subscription("gateway/{gateway}", "senml")]))
    pack = [
        {"bn": "kitchen/", "bt": SECONDS, "n": "temp", "v": 20.5},
        {"n": "open", "vb": True},
        {"n": "temp", "t": 60, "v": 21},
    ]
    broker.publish([("gateway/7", json.dumps(pack))])
    wait_for(channel, stored=3)
    temperature = channel[StreamId("kitchen/temp", {"gateway": 7})]
    assert stored(temperature) == {0: 20.5, 60: 21}
    assert stored(channel[StreamId("kitchen/open", {"gateway": 7})]) == {0: True}


def test_a_time_may_count_from_the_arrival(broker, make):
    """What was measured five seconds ago has that time."""
    channel = started(make([Subscription("gateway/{gateway}", "senml")]))
    before = datetime.now(UTC)
    broker.publish([("gateway/7", b'[{"n": "t", "v": 1, "t": -5}]')])
    wait_for(channel, stored=1)
    view = channel[StreamId("t", {"gateway": 7})].window((-3600, 0), force_calculation=True)
    age = (before - view.first().timestamp).total_seconds()
    assert 5.001 > age > 5 - (datetime.now(UTC) - before).total_seconds()


def test_what_is_there_already_is_nothing(broker, make):
    """The same value at the same time is stored once, and dicts that agree are merged."""
    whole = Subscription("all/{x}", JSONDecoder(timestamp="t"))
    channel = started(make([ROOMS, whole]))
    broker.publish([message(1, 20.5)] * 3)
    broker.publish([message(1, 20.5)])
    for part in ({"a": 1}, {"b": 2}, {"a": 1, "c": 3}):
        broker.publish([("all/1", json.dumps({"t": SECONDS, **part}))])
    wait_for(channel, stored=2, repeated=5)
    assert stored(room(channel)) == {1: 20.5}
    assert stored(channel[StreamId("all", {"x": 1})]) == {0: {"a": 1, "b": 2, "c": 3}}


def test_a_contradiction_is_said_and_not_stored(broker, make, caplog):
    """The first value stays; topic and both values are logged; all others are stored."""
    channel = started(make())
    messages = [message(n, n) for n in range(100)]
    messages[50:50] = [message(7, 70), message(8, 80, house=2)]
    broker.publish([message(3, 30)])
    wait_for(channel, stored=1)
    broker.publish(messages)
    wait_for(channel, stored=100, conflicting=2)
    assert stored(room(channel)) == {n: (30 if n == 3 else n) for n in range(100)}
    assert stored(room(channel, 2)) == {8: 80}
    said = "\n".join(each.getMessage() for each in caplog.records if "intake" in each.name)
    assert "A message from MQTT on 'house/1/room/hall/temp' is not stored" in said
    assert "already holds 30 at 2020-01-01T00:00:03" in said
    assert "; 3 differs" in said


def test_late_data_make_void_what_was_computed(broker, make):
    """A computed stream forgets that moment, and gets it right when it is next asked for."""
    channel = started(make())
    broker.publish([message(n, n) for n in (1, 2, 4)])
    wait_for(channel, stored=3)
    sink = channel.get_or_create_stream("doubled")
    Doubled().execute(sources=[room(channel)], sink=sink, interval=HOUR)
    assert stored(sink) == {1: 2, 2: 4, 4: 8}
    broker.publish([message(3, 3), message(3600.5, 5), message(2, 2)])
    wait_for(channel, stored=5)
    third = TimeInterval.from_ms(1000 * SECONDS + 2999, 1000 * SECONDS + 3000)
    eventually(lambda: sink.calculated_intervals == TimeIntervals([HOUR]) - third)
    Doubled().execute(sources=[room(channel)], sink=sink, interval=HOUR)
    assert stored(sink) == {1: 2, 2: 4, 3: 6, 4: 8}


def decode_anything(payload):
    """Fail in a way of its own, or give what cannot be stored."""
    if payload == b"fail":
        raise KeyError(payload)
    if payload == b"foreign":
        return [5]
    return [Reading(object() if payload == b"object" else payload.decode(), START)]


def test_what_cannot_be_stored_is_said_and_counted(broker, make, caplog):
    """Bad payloads, far times and foreign topics are logged and left; they do not come again."""
    channel = started(make([ROOMS, Subscription("any/{x}", decode_anything), "free/+/{x}"]))
    soon = to_ms(datetime.now(UTC)) / 1000 + 3600
    topic, _ = message(1, 1)
    broker.publish(
        [
            (topic, b"\xff"),
            (topic, json.dumps({"v": 1})),
            (topic, json.dumps({"v": 1, "t": soon})),
            ("any/1", b"fail"),
            ("any/2", b"foreign"),
            ("any/3", b"object"),
            ("any/" + "x" * 600, b"text"),
            message(1, 20.5),
        ]
    )
    wait_for(channel, stored=1, unreadable=5, future=1, unstorable=1)
    said = "\n".join(each.getMessage() for each in caplog.records)
    assert "'any/1' is not stored: KeyError: b'fail'" in said
    assert "lies in the future" in said
    assert "which has no stored form" in said
    channel.stop()
    eventually(lambda: "Client test disconnected" in broker.log)
    again = started(make())
    broker.publish([message(2, 1)])
    wait_for(again, stored=1)
    assert again.counts == {"received": 1, "stored": 1, "repeated": 0}


def test_a_topic_that_nobody_wants_any_more_is_dropped(broker, make):
    """What the broker keeps for a former subscription is counted, and does not come again."""
    started(make(["old/{x}", ROOMS])).stop()
    channel = make()
    broker.publish([("old/1", b"5"), message(1, 20.5)])
    started(channel)
    wait_for(channel, unknown=1, stored=1)


def test_equal_troubles_are_warned_about_once_in_a_while(broker, make, caplog):
    """Of many bad messages of a topic, one is a warning; all are there for debugging."""
    caplog.set_level(logging.DEBUG, "hyperstream")
    channel = started(make())
    broker.publish([(message(1, 1)[0], b"bad")] * 20)
    wait_for(channel, unreadable=20)
    levels = [each.levelname for each in caplog.records if "is not stored" in each.getMessage()]
    assert sorted(levels) == ["DEBUG"] * 19 + ["WARNING"]


def test_what_was_said_is_not_remembered_without_bound(broker, make, caplog, monkeypatch):
    """Beyond a number of topics it begins anew."""
    monkeypatch.setattr(mqtt_intake, "_KNOWN", 0)
    channel = started(make())
    topics = [message(1, 1, house=house)[0] for house in (1, 2, 1)]
    broker.publish([(topic, b"bad") for topic in topics])
    wait_for(channel, unreadable=3)
    assert caplog.text.count("is not stored") == 3


@pytest.mark.slow
def test_a_clock_that_is_a_little_ahead_is_waited_for(broker, make):
    """A message from the near future is stored when its time has come."""
    channel = started(make(max_skew=30))
    moment = to_ms(datetime.now(UTC)) / 1000 + 2
    broker.publish([(message(1, 1)[0], json.dumps({"v": 1, "t": moment})), message(1, 20.5)])
    wait_for(channel, stored=1)
    assert stored(room(channel)) == {1: 20.5}
    wait_for(channel, stored=2)
    assert time.time() >= moment


def test_old_values_for_newcomers_have_no_time_of_arrival(broker, make):
    """A retained message is stored if it says when it was measured, and else left out."""
    timed, untimed = message(1, 20.5), ("raw/1", b"5")
    broker.publish([timed, untimed], retain=True)
    channel = started(make([ROOMS, Subscription("raw/{n}", "float")]))
    wait_for(channel, stored=1, retained=1)
    broker.publish([untimed], retain=True)
    wait_for(channel, stored=2)


def test_the_broker_keeps_what_comes_while_nobody_receives(broker, make):
    """A channel that starts again gets what it has missed, across a restart of the broker."""
    started(make()).stop()
    broker.publish([message(n, n) for n in range(50)])
    broker.stop()
    broker.start()
    channel = make()
    with channel:
        wait_for(channel, stored=50)
        assert channel.is_receiving
    assert not channel.is_receiving
    assert channel.counts == {}
    assert stored(room(channel)) == {n: n for n in range(50)}


@pytest.mark.slow
def test_a_broker_that_was_away_is_found_again(broker, make, caplog):
    """Neither its absence at the start nor a restart is the end."""
    broker.stop()
    channel = make()
    channel.start()
    channel.start()
    assert not channel.wait_until_subscribed(0.01)
    eventually(lambda: "is not there (" in caplog.text)
    broker.start()
    assert channel.wait_until_subscribed(30)
    broker.publish([message(1, 1)])
    wait_for(channel, stored=1)
    broker.stop()
    broker.start()
    broker.publish([message(2, 2)])
    wait_for(channel, stored=2)
    assert "has forgotten" not in caplog.text


@pytest.mark.slow
def test_a_broker_without_memory_is_told_of(broker, make, caplog):
    """If a restarted broker has forgotten the session, that is said, and receiving goes on."""
    broker.stop()
    broker.settings["persistence"] = "false"
    broker.start()
    channel = started(make(client_id="memory"))
    broker.stop()
    broker.start()
    eventually(lambda: "has forgotten client 'memory'" in caplog.text)
    eventually(lambda: broker.publish([message(1, 1)]) or channel.counts.get("stored"))


@pytest.mark.slow
def test_one_client_id_is_for_one_process(broker, make, caplog):
    """Two receivers of one id are told of each other, and lose nothing."""
    # Newer brokers tell the first one why it is disconnected, so that it leaves the field.
    channels = [started(make(client_id="twin")) for _ in range(2)]
    eventually(lambda: "nother process connects to" in caplog.text)
    assert "as client 'twin'" in caplog.text
    broker.publish([message(n, n) for n in range(10)])
    eventually(lambda: sum(channel.counts.get("stored", 0) for channel in channels) == 10)


def test_a_forked_process_does_not_touch_the_connection(broker, make):
    """A child that stops the channel, or ends, leaves its parent receiving."""
    channel = started(make())
    child = os.fork()
    if child == 0:
        receiving = channel.is_receiving
        channel.stop()
        os._exit(receiving)
    assert os.waitpid(child, 0)[1] == 0
    broker.publish([message(1, 1)])
    wait_for(channel, stored=1)


def test_a_plugin_has_a_channel_from_mqtt(broker, storage, tmp_path, monkeypatch):
    """The class of its file says what is subscribed; the database is that of HyperStream."""
    write(
        tmp_path / "channels" / "house_mqtt.py",
        f"""
        from hyperstream.channels.mqtt_channel import MQTTChannel
        from hyperstream.channels.mqtt_topics import Subscription

        class HouseMqtt(MQTTChannel):
            def __init__(self, channel_id):
                rooms = Subscription("house/{{house}}/temp", "float")
                super().__init__(channel_id, [rooms], broker={broker.options!r})
        """,
    )
    monkeypatch.setattr(sys, "path", [*sys.path])
    [channel] = Plugin("home", ["house_mqtt"], str(tmp_path), False, False).load_channels()
    assert channel.channel_id == "house"
    with channel:
        assert channel.wait_until_subscribed(30)
        broker.publish([("house/1/temp", b"20.5")])
        wait_for(channel, stored=1)
    assert channel.find_stream(house=1).window((-60, 0), force_calculation=True).values() == [20.5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "'mqtt' needs a list of subscriptions"),
        (("a/{x}",), "'mqtt' needs a list of subscriptions"),
        ((["a/#/b"],), "a/#/b"),
        ((["a/{x}"], None, {"host": "x"}), "broker of channel 'mqtt' has the unknown key 'host'"),
        ((["a/{x}"], None, {"version": 5}), 'version must be "5" or "3.1.1", not 5'),
        ((["a/{x}"], None, {"window": 70000}), "window must be a whole number from 1 to 65535"),
        ((["a/{x}"], None, {"client_id": ""}), "client_id must be text"),
        ((["a/{x}"], None, {"password": "secret"}), "has a password, but no username"),
        ((["a/{x}"], None, None, -1), "'mqtt'.max_skew must be a number of seconds"),
        ((["a/{x}"], None, None, 1, 0), "'mqtt'.batch_size must be"),
    ],
)
def test_wrong_settings_are_named(arguments, message):
    """A topic, a key or a value that cannot be is an error when the channel is made."""
    with pytest.raises(ConfigurationError, match=message):
        MQTTChannel("mqtt", *arguments)


def test_it_stores_and_reads_as_any_database_channel():
    """Nothing that the tests of all channels hold for its parent is overridden."""
    own = {name for name in vars(MQTTChannel) if not name.startswith("__")}
    assert issubclass(MQTTChannel, DatabaseChannel)
    assert own & set(dir(DatabaseChannel)) == {"_facts"}  # which only notebooks show
