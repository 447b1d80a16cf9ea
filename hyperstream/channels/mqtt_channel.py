"""A channel whose streams come from MQTT."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from datetime import timedelta
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from typing_extensions import Self

from hyperstream._time import get_clock
from hyperstream.channels.database_channel import DatabaseChannel
from hyperstream.channels.mqtt_inbox import Inbox
from hyperstream.channels.mqtt_intake import Intake
from hyperstream.channels.mqtt_topics import Subscription
from hyperstream.storage.mongo import MongoStorage
from hyperstream.utils.errors import ConfigurationError
from hyperstream.utils.mqtt.connection import Session
from hyperstream.utils.mqtt.options import (
    BROKER,
    COUNT,
    DURATION,
    Broker,
    Kinds,
    checked,
    is_text,
    is_whole,
)

_VERSIONS = {"5": mqtt.MQTTv5, "3.1.1": mqtt.MQTTv311}
_FOREVER = 0xFFFFFFFF
_WINDOW, _LARGEST_WINDOW = 5000, 65535
_SESSION: Kinds = {
    "client_id": ("text", is_text),
    "version": ('"5" or "3.1.1"', lambda value: value in tuple(_VERSIONS)),
    "session_seconds": ("a whole number", lambda value: is_whole(value, 1, _FOREVER)),
    "window": (
        f"a whole number from 1 to {_LARGEST_WINDOW}",
        lambda value: is_whole(value, 1, _LARGEST_WINDOW),
    ),
}
_SIZES: Kinds = {"max_skew": DURATION, "batch_size": COUNT}


class MQTTChannel(DatabaseChannel):
    """A database channel that fills its streams with what comes over MQTT.

    A topic becomes a stream, its variable parts the meta data, a message one or more instances.
    Every process may read and compute; one of them receives, between `start` and `stop`. Streams
    are made when their first message comes.

    **Nothing is lost, and nothing stored twice.** Subscriptions are of service level 1, in a
    session that the broker keeps while nobody receives, and a message is acknowledged after it is
    in the journal of the database; what was not acknowledged comes again. How much a broker keeps
    is its own setting (for mosquitto ``persistence true`` and ``max_queued_messages 0``). What
    publishers send at level 0 may be lost on the way. Timestamps from the payload make sure that
    what comes again is recognised; one that is the time of arrival is another one then.

    **What becomes of an instance**, by its timestamp:

    - new: it is stored. What was computed from the stream and covers that time is forgotten, and
      computed again when it is next asked for;
    - there already, with the same value: nothing. Two dicts that agree are merged;
    - there already, with another value: logged, with topic and both values, and counted
      (``conflicting``); what is there stays;
    - in the future by at most `max_skew`: it is stored when its time has come, and acknowledged
      then. By more: logged and counted (``future``), not stored.

    Messages that cannot be read (``unreadable``), hold what MongoDB cannot (``unstorable``) or have
    a topic without subscription (``unknown``) are logged and counted. All of them are acknowledged,
    or they would come again for ever. Of equal troubles on one topic one in a minute is a warning.
    Messages that the broker kept for newcomers (retained ones) and that do not say when they were
    measured are counted (``retained``), and not stored.

    While the database is away messages wait, unacknowledged, and are tried again; that is said
    once. While the broker is away, connecting is tried again and again.

    **Reading.** Nothing computes these streams, and one never knows what is still to come. So they
    have no calculated intervals: a tool, a workflow, and ``window(interval,
    force_calculation=True)`` get what is there. An online workflow asks for intervals that end
    some seconds ago, so that messages have time to arrive; what is later than that is late data, as
    above.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    subscriptions : sequence of Subscription or str
        The topics. Text is the topic of a `Subscription` without further arguments. The
        first that matches says what becomes of a message.
    storage : MongoStorage, optional
        The database; the one opened last otherwise.
    broker : dict, optional
        Where the broker is: ``server`` ("localhost"), ``port`` (1883; 8883 with tls), ``username``,
        ``password``, ``tls`` (True, or a dictionary with any of ``ca_certs``, ``certfile``,
        ``keyfile``, ``check_hostname``). And the session: ``client_id`` (the channel and the
        machine; no two processes may receive with the same one), ``version`` ("5", else
        "3.1.1"), ``session_seconds`` (how long the broker keeps it; for ever) and ``window`` (how
        many messages may be unacknowledged, 5000), both for version 5 only; it is also
        how many messages of level 0 may wait.
    max_skew : float
        How far, in seconds, the clocks of senders may be ahead.
    batch_size : int
        How many messages to store at once, at most. They do not wait for each other: the next
        ones are those that have come during the last write.

    Raises
    ------
    ConfigurationError
        A topic or a setting cannot be used.

    Examples
    --------
    In a plugin, as the file ``channels/house_mqtt.py``, this makes the channel ``house``:

    >>> from hyperstream.channels.mqtt_payloads import JSONDecoder
    >>> from hyperstream.channels.mqtt_topics import Subscription
    >>> class HouseMqtt(MQTTChannel):
    ...     def __init__(self, channel_id):
    ...         temperature = Subscription(
    ...             "house/{house}/room/{room}/temp", JSONDecoder(value="t", timestamp="at")
    ...         )
    ...         super().__init__(channel_id, [temperature], broker={"server": "10.0.0.5"})
    >>> HouseMqtt("house").subscriptions[0].filter
    'house/+/room/+/temp'

    The process that receives says ``with hs.channel_manager.house: ...``, or calls `start`.
    """

    def __init__(
        self,
        channel_id: str,
        subscriptions: Sequence[Subscription | str],
        storage: MongoStorage | None = None,
        broker: Mapping[str, Any] | None = None,
        max_skew: float = 5.0,
        batch_size: int = 1000,
    ) -> None:
        super().__init__(channel_id, storage)
        name = f"broker of channel {channel_id!r}"
        if isinstance(subscriptions, str) or not subscriptions:
            raise ConfigurationError(f"Channel {channel_id!r} needs a list of subscriptions.")
        values = checked(broker or {}, {**BROKER, **_SESSION}, name)
        self.subscriptions = [
            Subscription(each) if isinstance(each, str) else each for each in subscriptions
        ]
        self._broker = Broker.of({key: values[key] for key in BROKER if key in values}, name)
        self._session = Session(
            client_id=values.get("client_id", f"hyperstream-{channel_id}-{platform.node()}"),
            seconds=values.get("session_seconds", _FOREVER),
            window=values.get("window", _WINDOW),
            version=_VERSIONS[values.get("version", "5")],
        )
        sizes = {"max_skew": max_skew, "batch_size": batch_size}
        checked(sizes, _SIZES, f"MQTT channel {channel_id!r}")
        self._max_skew = timedelta(seconds=max_skew)
        self._batch_size = batch_size
        self._receiver: _Receiver | None = None

    @property
    def counts(self) -> dict[str, int]:
        """What has become of messages since `start`, in this process.

        ``received`` and ``dropped`` (of level 0, without room) count messages; ``unknown`` and
        ``unreadable`` messages that hold nothing; ``stored``, ``repeated`` (there already),
        ``conflicting``, ``unstorable``, ``future`` and ``retained`` instances.
        """
        return {} if self._receiver is None else self._receiver.counts

    def _facts(self) -> Mapping[str, object]:
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items() if count)
        topics = ", ".join(each.filter for each in self.subscriptions)
        receiving = {"receiving": self.is_receiving, "messages": counts}
        return {**super()._facts(), "topics": topics, **receiving}

    @property
    def is_receiving(self) -> bool:
        """Whether this process receives."""
        return self._receiver is not None and self._receiver.pid == os.getpid()

    def start(self) -> None:
        """Begin to receive, in the background. Returns at once; does nothing if it does already."""
        with self._lock:
            if not self.is_receiving:
                self._receiver = _Receiver(
                    self,
                    Inbox(
                        self._broker,
                        self._session,
                        [each.filter for each in self.subscriptions],
                        get_clock(),
                        self._session.window,
                    ),
                    self._max_skew,
                    self._batch_size,
                )

    def wait_until_subscribed(self, seconds: float) -> bool:
        """Wait until the broker knows what to send; tell whether it does.

        From the first time on it keeps messages. Earlier ones it does not.
        """
        receiver = self._receiver
        return receiver is not None and receiver.inbox.wait_until_subscribed(seconds)

    def stop(self, seconds: float = 10.0) -> None:
        """Receive no more.

        Parameters
        ----------
        seconds : float
            How long storing what has come may take. The broker keeps the rest.
        """
        with self._lock:
            receiver, self._receiver = self._receiver, None
        # The threads and the connection of a process that has forked are the parent's.
        if receiver is not None and receiver.pid == os.getpid():
            receiver.stop(seconds)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _Receiver:
    """An inbox and the thread that stores what is in it."""

    def __init__(
        self, channel: MQTTChannel, inbox: Inbox, max_skew: timedelta, batch_size: int
    ) -> None:
        self.pid = os.getpid()
        self.inbox = inbox
        self._intake = Intake(
            channel, channel.subscriptions, inbox, get_clock(), max_skew, batch_size
        )
        name = f"hyperstream-mqtt-{channel.channel_id}"
        run = copy_context().run
        self._thread = threading.Thread(
            target=run, args=(self._intake.run,), name=name, daemon=True
        )
        self._thread.start()
        inbox.start()

    @property
    def counts(self) -> dict[str, int]:
        return {**self._intake.counts, "received": self.inbox.received}

    def stop(self, seconds: float) -> None:
        self.inbox.close()
        self._thread.join(seconds)
        self._intake.give_up()
        self.inbox.stop(1.0)
