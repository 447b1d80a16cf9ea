"""A connection says what happens to it, once, and ends when it is told to."""

from __future__ import annotations

import pytest

from hyperstream.utils.mqtt.connection import Connection
from hyperstream.utils.mqtt.options import Broker
from hyperstream.utils.mqtt.publisher import Publisher
from tests.helpers import BROKER
from tests.mosquitto import eventually
from tests.scripted_broker import CONNECT, ScriptedBroker


def test_what_was_stopped_before_it_was_there_goes_at_once(broker):
    """A connection that comes too late is ended, and nobody is told of it."""
    ups = []
    connection = Connection(Broker(BROKER, broker.port), "Nothing", on_up=ups.append)
    connection.stop(0)
    connection.start()
    eventually(lambda: "disconnected" in broker.log)
    assert ups == []


def test_a_broker_that_ends_each_connection_is_told_of_once(caplog):
    """After a few in a row it is an error, and then there is silence."""
    with ScriptedBroker({CONNECT: bytes([0x20, 2, 0, 0])}) as broker:
        broker.answers[0xC0] = None
        connection = Connection(Broker(BROKER, broker.port), "Nothing waits")
        connection.client._reconnect_min_delay = 0.01
        connection._on_up = lambda _: connection.client.socket().shutdown(2)
        connection.start()
        eventually(lambda: broker.received.count(CONNECT) > 8)
        connection.stop(10)
    warnings = [each.levelname for each in caplog.records if each.levelno > 20]
    assert warnings == ["WARNING", "WARNING", "ERROR"]
    assert "ends each connection soon after it has begun" in caplog.text
    assert "another process" not in caplog.text


@pytest.mark.slow
def test_a_message_that_fell_between_connections_is_sent_again(broker):
    """What the library did not take, though it seemed connected, goes first next time."""
    listener = broker.listen("log")
    publisher = Publisher(Broker(BROKER, broker.port), "log", 0, 10)
    try:
        publisher.put("1")
        eventually(lambda: listener.texts == ["1"])
        broker.stop()
        eventually(lambda: not publisher._is_up)
        publisher._is_up = True
        publisher.put("2")
        eventually(lambda: publisher._connection.client._last_mid > 1)
        publisher.put("3")
        broker.start()
        # At this level the broker does not keep them for a listener that is not back yet.
        eventually(lambda: not publisher._waiting and not publisher._sent)
        assert publisher.dropped == 0
    finally:
        publisher.close(1)
