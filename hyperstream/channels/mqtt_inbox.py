"""Messages from an MQTT broker that are acknowledged when somebody says so."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hyperstream._time import Clock, normalise, to_ms
from hyperstream.utils.mqtt.connection import Connection, Session
from hyperstream.utils.mqtt.options import Broker

_TAKEN_OVER = 0x8E

logger = logging.getLogger(__name__)


class Arrival(NamedTuple):
    """A message as it came.

    Parameters
    ----------
    topic : str
        Its topic; empty if that is no valid text.
    payload : bytes
        What is in it.
    at : int
        When it came, in milliseconds.
    repeated : bool
        Whether it may have come before.
    retained : bool
        Whether it was published before the subscription.
    packet_id : int
        By which it is acknowledged; 0 if nobody waits for that.
    connection : int
        The number of the connection through which it came.
    """

    topic: str
    payload: bytes
    at: int
    repeated: bool
    retained: bool
    packet_id: int
    connection: int


class Inbox:
    """Receives messages in the background.

    The broker keeps each message until it is acknowledged, also while this process is away. What
    was not acknowledged when a connection ended comes again.

    Parameters
    ----------
    broker : Broker
        The broker.
    session : Session
        What the broker keeps.
    filters : sequence of str
        The topics.
    clock : callable
        Tells when messages arrive.
    capacity : int
        How many messages at service level 0 may wait, which the broker does not keep.

    Attributes
    ----------
    received, dropped : int
        How many messages have come, and how many at level 0 found no room.
    """

    def __init__(
        self,
        broker: Broker,
        session: Session,
        filters: Sequence[str],
        clock: Clock,
        capacity: int,
    ) -> None:
        self._filters = list(dict.fromkeys(filters))
        self._session = session
        self._clock = clock
        self._capacity = capacity
        self._changed = threading.Condition()
        self._waiting: deque[Arrival] = deque()
        self._connections = 0
        self._is_up = False
        self._closed = False
        self._subscribed = threading.Event()
        self.received = 0
        self.dropped = 0
        self._connection = Connection(
            broker, "The broker keeps messages", session, on_up=self._up, on_down=self._down
        )
        client = self._connection.client
        client.on_message = self._came
        client.on_subscribe = self._answered

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is taken."""
        return self._closed

    def start(self) -> None:
        """Begin to receive, when the broker is there. Returns at once."""
        self._connection.start()

    def wait_until_subscribed(self, seconds: float) -> bool:
        """Wait until the broker has accepted a subscription; tell whether it has."""
        return self._subscribed.wait(seconds)

    def take(self, most: int, seconds: float | None) -> list[Arrival]:
        """Return the messages that wait, at most so many; wait for one at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, seconds)
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def acknowledge(self, arrivals: Iterable[Arrival]) -> None:
        """Let the broker forget messages.

        Those of connections that have ended are not acknowledged: in the one that is there now,
        their packet ids may mean others.
        """
        with self._changed:  # so that it is the same connection until the end
            for each in arrivals:
                if each.packet_id and self._is_up and each.connection == self._connections:
                    self._connection.client.ack(each.packet_id, 1)

    def close(self) -> None:
        """Take nothing more; what comes now stays with the broker."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stop(self, seconds: float) -> None:
        """Disconnect, in at most so long."""
        self.close()
        self._connection.stop(seconds)

    def _up(self, is_old: bool) -> None:
        with self._changed:
            self._connections += 1
            self._is_up = True
            again = self._connections > 1
        if again and not is_old:
            logger.warning(
                "The MQTT broker has forgotten client %r: messages may be lost that were "
                "published while the connection was interrupted.",
                self._session.client_id,
            )
        # Asked for again each time: the topics may be others than those the broker remembers.
        client, options = self._connection.client, SubscribeOptions
        if self._session.version == mqtt.MQTTv5:
            how = options(1, retainHandling=options.RETAIN_SEND_IF_NEW_SUB)
            client.subscribe([(each, how) for each in self._filters])
        else:
            client.subscribe([(each, 1) for each in self._filters])

    def _down(self, reason: ReasonCode) -> None:
        with self._changed:
            self._is_up = False
        if reason.value == _TAKEN_OVER:
            # To connect again would end the other one, and so on.
            self._connection.client.disconnect()
            logger.error(
                "Another process connects to the MQTT broker as client %r: this one receives "
                "nothing more. Give each its own client_id, or run one.",
                self._session.client_id,
            )

    def _answered(
        self, _: mqtt.Client, __: Any, ___: int, reasons: Sequence[ReasonCode], ____: Any
    ) -> None:
        answers = zip(self._filters, reasons, strict=False)
        refused = [topic for topic, reason in answers if reason.is_failure]
        if refused:
            logger.error("The MQTT broker refuses the subscription to %s.", ", ".join(refused))
        if len(refused) < len(self._filters):
            self._subscribed.set()

    def _came(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        at = to_ms(normalise(self._clock()))
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        with self._changed:
            if self._closed:
                return
            self.received += 1
            packet_id = message.mid if message.qos else 0
            if not packet_id and len(self._waiting) >= self._capacity:
                self.dropped += 1
                return
            arrival = Arrival(
                topic,
                bytes(message.payload),
                at,
                message.dup,
                message.retain,
                packet_id,
                self._connections,
            )
            self._waiting.append(arrival)
            self._changed.notify_all()
