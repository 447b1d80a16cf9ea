"""What brokers may say, though the one of the other tests does not."""

from __future__ import annotations

import pytest

from hyperstream._time import utcnow
from hyperstream.channels.mqtt_inbox import Inbox
from hyperstream.utils.mqtt.connection import Session
from hyperstream.utils.mqtt.options import Broker
from tests.helpers import BROKER
from tests.mosquitto import eventually
from tests.scripted_broker import (
    CONNACK,
    CONNECT,
    DISCONNECT,
    NOT_AUTHORIZED,
    PUBACK,
    SUBSCRIBE,
    TAKEN_OVER,
    ScriptedBroker,
    publish,
    suback,
)


@pytest.fixture
def start():
    """Give a function that starts an inbox at a broker with such answers; both are ended."""
    running = []

    def run(**answers):
        named = {"connect": CONNECT, "subscribe": SUBSCRIBE, "puback": PUBACK}
        broker = ScriptedBroker({named[name]: answer for name, answer in answers.items()})
        inbox = Inbox(
            Broker(BROKER, broker.port), Session("me", 60, 10), ["a", "b", "a"], utcnow, 10
        )
        running.append((inbox, broker))
        inbox.start()
        return inbox, broker

    yield run
    for inbox, broker in running:
        inbox.stop(10)
        broker.__exit__()


def test_who_is_replaced_leaves_the_field(start, caplog):
    """Told that another one has its client id, it says so and connects no more."""
    _, broker = start(connect=CONNACK, subscribe=suback(1, 1) + TAKEN_OVER)
    eventually(lambda: "Another process connects to the MQTT broker as client 'me'" in caplog.text)
    eventually(lambda: broker.received == [CONNECT, SUBSCRIBE])
    assert "receives nothing more" in caplog.text


def test_a_subscription_that_is_refused_is_said(start, caplog):
    """The topics are named; the others are subscribed."""
    inbox, _ = start(connect=CONNACK, subscribe=suback(NOT_AUTHORIZED, 1))
    assert inbox.wait_until_subscribed(30)
    assert "refuses the subscription to a." in caplog.text


def test_nothing_subscribed_is_not_subscribed(start, caplog):
    """If all topics are refused, nobody is told that they are subscribed."""
    inbox, _ = start(connect=CONNACK, subscribe=suback(NOT_AUTHORIZED, NOT_AUTHORIZED))
    eventually(lambda: "refuses the subscription to a, b." in caplog.text)
    assert not inbox.wait_until_subscribed(0.01)


def test_a_topic_that_is_no_text_arrives_as_none(start):
    """The message can be acknowledged like any other."""
    inbox, broker = start(connect=CONNACK, subscribe=suback(1, 1) + publish(b"\xff", b"5"))
    [arrival] = inbox.take(10, 30)
    assert (arrival.topic, arrival.payload, arrival.packet_id) == ("", b"5", 7)
    inbox.acknowledge([arrival])
    eventually(lambda: PUBACK in broker.received)


def test_what_comes_through_another_connection_is_not_acknowledged(start):
    """A packet id means a message in its own connection only."""
    inbox, broker = start(connect=CONNACK, subscribe=suback(1, 1) + publish(b"a", b"5"))
    [arrival] = inbox.take(10, 30)
    inbox.acknowledge([arrival._replace(connection=arrival.connection - 1)])
    inbox.acknowledge([arrival._replace(packet_id=0)])
    inbox.stop(10)
    eventually(lambda: DISCONNECT in broker.received)
    assert PUBACK not in broker.received


def test_a_closed_inbox_takes_nothing(start):
    """What comes afterwards stays with the broker."""
    inbox, broker = start(
        connect=CONNACK,
        subscribe=suback(1, 1) + publish(b"a", b"5"),
        puback=publish(b"a", b"6"),
    )
    [arrival] = inbox.take(10, 30)
    inbox.close()
    inbox.acknowledge([arrival])
    eventually(lambda: PUBACK in broker.received)
    assert inbox.take(10, 0.2) == []
    assert inbox.is_closed
    assert inbox.received == 1
