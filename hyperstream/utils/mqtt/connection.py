"""A connection to an MQTT broker that comes back by itself and says once when it goes."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hyperstream.utils.mqtt.options import Broker

KEEP_ALIVE = 60
_LONGEST_PAUSE = 30
# So many connections in a row that end so soon are more than a passing trouble.
_SOON, _SUSPICIOUS = 10.0, 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Session:
    """What a broker keeps of a client while it is away.

    Parameters
    ----------
    client_id
        By which the broker knows the client again. One client at a time can have it.
    seconds
        How long the broker keeps the session (MQTT 5 only).
    window
        How many messages the broker may send before one is acknowledged (MQTT 5 only).
    version
        Of the protocol: 5, or 4 for MQTT 3.1.1.
    """

    client_id: str
    seconds: int
    window: int
    version: int = mqtt.MQTTv5


def _nothing(*_: Any) -> None:
    pass


class Connection:
    """A connection in the background.

    Its callbacks are called in a thread of the library; they must be short and must not raise.

    Parameters
    ----------
    broker
        The broker.
    subject
        What waits where the broker is away: the beginning of a sentence in the log.
    session
        Of a receiver that acknowledges messages itself; None: the broker keeps nothing.
    on_up
        Called when the connection is there, with True if the broker has kept the session.
    on_down
        Called when it has ended or was refused, with the reason.

    Attributes
    ----------
    client
        The library's client, for publishing and subscribing.
    """

    def __init__(
        self,
        broker: Broker,
        subject: str,
        session: Session | None = None,
        on_up: Callable[[bool], None] = _nothing,
        on_down: Callable[[ReasonCode], None] = _nothing,
    ) -> None:
        self._broker = broker
        self._subject = subject
        self._session = session
        self._on_up = on_up
        self._on_down = on_down
        self._away = False
        self._stopped = False
        self._up_at = float("-inf")
        self._short = 0
        self.client = _client(broker, session)
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_connect_fail = self._not_reached

    def start(self) -> None:
        """Begin to connect, again and again until it works. Returns at once."""
        broker, session = self._broker, self._session
        if session is not None and session.version == mqtt.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = session.seconds
            properties.ReceiveMaximum = session.window
            self.client.connect_async(
                broker.server, broker.port, KEEP_ALIVE, clean_start=False, properties=properties
            )
        else:
            self.client.connect_async(broker.server, broker.port, KEEP_ALIVE)
        self.client.loop_start()

    def stop(self, seconds: float) -> None:
        """Disconnect. A thread that hangs in the network for longer than that is left to itself."""
        self._stopped = True
        self.client.disconnect()
        # The library waits for its thread without limit.
        stopping = threading.Thread(target=self.client.loop_stop, daemon=True)
        stopping.start()
        stopping.join(seconds)

    def _connected(
        self, client: mqtt.Client, _: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, __: Any
    ) -> None:
        if reason.is_failure:
            self._went(reason)
            self._on_down(reason)
            return
        if self._stopped:  # it was on the way when it was stopped
            client.disconnect()
            return
        if self._away and self._short < _SUSPICIOUS:
            logger.info("The MQTT broker at %s is back.", self._broker.address)
        self._away = False
        self._up_at = time.monotonic()
        self._on_up(flags.session_present)

    def _disconnected(
        self, client: mqtt.Client, _: Any, __: Any, reason: ReasonCode, ___: Any
    ) -> None:
        if not self._stopped and not self._away:
            is_short = time.monotonic() - self._up_at < _SOON
            self._short = self._short + 1 if is_short else 0
            self._went(reason)
        self._on_down(reason)

    def _not_reached(self, *_: Any) -> None:
        # The library calls this where it handles the error, and does not hand it on.
        self._went(str(sys.exc_info()[1]))

    def _went(self, reason: object) -> None:
        if self._away or self._stopped:
            return
        self._away = True
        if self._short < _SUSPICIOUS:
            logger.warning(
                "The MQTT broker at %s is not there (%s). %s until it is.",
                self._broker.address,
                reason,
                self._subject,
            )
        elif self._short == _SUSPICIOUS:
            logger.error(
                "The MQTT broker at %s ends each connection soon after it has begun (%s).%s",
                self._broker.address,
                reason,
                self._suspicion(),
            )

    def _suspicion(self) -> str:
        if self._session is None:
            return ""
        return f" Perhaps another process connects to it as client {self._session.client_id!r}."


def _client(broker: Broker, session: Session | None) -> mqtt.Client:
    """Make the library's client."""
    if session is None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
    elif session.version == mqtt.MQTTv5:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, session.client_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
    else:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, session.client_id, clean_session=False, manual_ack=True
        )
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    if broker.context is not None:
        client.tls_set_context(broker.context)
    client.reconnect_delay_set(1, _LONGEST_PAUSE)
    client.max_inflight_messages_set(0)  # who publishes counts them
    return client
