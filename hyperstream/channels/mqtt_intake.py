"""From messages to stored instances: all that happens between an inbox and the database."""

from __future__ import annotations

import logging
import reprlib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from hyperstream._time import Clock, from_ms, iso_format, normalise, to_ms
from hyperstream.channels.base_channel import BaseChannel
from hyperstream.channels.mqtt_inbox import Arrival, Inbox
from hyperstream.channels.mqtt_payloads import Reading
from hyperstream.channels.mqtt_topics import Subscription
from hyperstream.channels.writer import changes, moments
from hyperstream.storage.batch import Batch
from hyperstream.stream import StreamId
from hyperstream.stream.late import invalidate_readers
from hyperstream.utils.errors import DuplicateInstanceError, ValueEncodingError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_QUIET_SECONDS = 60.0
_KNOWN = 10_000
_MILLISECOND = timedelta(milliseconds=1)

logger = logging.getLogger(__name__)


class Item(NamedTuple):
    """An instance that a message holds."""

    stream_id: StreamId
    stamp: int
    value: Any
    topic: str


class Delivery(NamedTuple):
    """What was read from a message."""

    arrival: Arrival
    items: list[Item]

    @property
    def due(self) -> int:
        """The moment, in milliseconds, from which none of it lies in the future."""
        return max((item.stamp for item in self.items), default=self.arrival.at)


class Intake:
    """Stores what arrives in an inbox, and acknowledges it then.

    Parameters
    ----------
    channel : BaseChannel
        Where the streams are, or are made.
    subscriptions : sequence of Subscription
        The first that matches a topic says what becomes of a message.
    inbox : Inbox
        The messages.
    clock : callable
        Tells what lies in the future.
    max_skew : timedelta
        How far in the future a timestamp may lie: so long a message waits for its time.
    size : int
        How many messages to store at once.

    Attributes
    ----------
    counts : Counter
        What became of instances and messages; see `MQTTChannel.counts`.
    """

    def __init__(
        self,
        channel: BaseChannel,
        subscriptions: Sequence[Subscription],
        inbox: Inbox,
        clock: Clock,
        max_skew: timedelta,
        size: int,
    ) -> None:
        self._channel = channel
        self._subscriptions = subscriptions
        self._inbox = inbox
        self._now: Callable[[], int] = lambda: to_ms(normalise(clock()))
        self._skew = max_skew // _MILLISECOND
        self._size = size
        self._held: list[Delivery] = []
        self._latest: defaultdict[StreamId, int] = defaultdict(int)
        self._said: dict[tuple[str, str], float] = {}
        self._given_up = threading.Event()
        self._is_in_trouble = False
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        """Store messages until the inbox is closed and empty."""
        while not self._given_up.is_set():
            arrivals = self._inbox.take(self._size, self._patience())
            if not arrivals and self._inbox.is_closed:
                return  # what is held for its time comes again
            deliveries = self._held + list(map(self._read, arrivals))
            now = self._now()
            self._held = [each for each in deliveries if each.due > now]
            ready = [each for each in deliveries if each.due <= now]
            self._store(ready)
            if not self._given_up.is_set():
                self._inbox.acknowledge(each.arrival for each in ready)
            if self._inbox.dropped > self.counts["dropped"]:
                self.counts["dropped"] = self._inbox.dropped
                self._say("dropped", "", "MQTT messages of service level 0 found no room.")

    def give_up(self) -> None:
        """End, even if something is not stored yet."""
        self._given_up.set()

    def _patience(self) -> float | None:
        if not self._held:
            return None
        wait = min(each.due for each in self._held) - self._now()
        return min(max(wait / 1000, 0.001), 1.0)  # the clock may be another than that of waiting

    def _read(self, arrival: Arrival) -> Delivery:
        """Read a message; what it does not hold, or should not, is said and left out."""
        items: list[Item] = []
        matches = ((each, each.match(arrival.topic)) for each in self._subscriptions)
        subscription, fields = next(
            ((each, fields) for each, fields in matches if fields is not None), (None, None)
        )
        if subscription is None or fields is None:
            self._reject("unknown", arrival.topic, "no subscription has such a topic")
            return Delivery(arrival, items)
        try:
            readings = list(subscription.read(fields, arrival.payload))
            stamps = [self._stamp(arrival, *each) for each in readings]
        except Exception as error:  # noqa: BLE001 - a decoder may raise anything
            problem = f"{type(error).__name__}: {error} in {reprlib.repr(arrival.payload)}"
            self._reject("unreadable", arrival.topic, problem)
            return Delivery(arrival, items)
        for (stream_id, reading), stamp in zip(readings, stamps, strict=True):
            if arrival.retained and reading.timestamp is None:
                self.counts["retained"] += 1
            elif reading.timestamp is not None and stamp - self._now() > self._skew:
                moment = iso_format(from_ms(stamp))
                self._reject("future", arrival.topic, f"its time {moment} lies in the future")
            else:
                items.append(Item(stream_id, stamp, reading.value, arrival.topic))
        return Delivery(arrival, items)

    def _stamp(self, arrival: Arrival, stream_id: StreamId, reading: Reading) -> int:
        """Return when something was measured, in milliseconds."""
        if reading.timestamp is None:
            # Two that arrive in one millisecond are two; but a clock may have been set back.
            latest = self._latest[stream_id]
            is_next = 0 <= latest - arrival.at <= self._skew
            self._latest[stream_id] = latest + 1 if is_next else arrival.at
            return self._latest[stream_id]
        if isinstance(reading.timestamp, timedelta):
            return to_ms(from_ms(arrival.at + reading.timestamp // _MILLISECOND))
        return to_ms(reading.timestamp)

    def _store(self, deliveries: Sequence[Delivery]) -> None:
        """Store what was read, again and again while the database does not take it."""
        # What comes again may be stored already, but perhaps nobody was told that it is late.
        is_first = not any(each.arrival.repeated for each in deliveries)
        everything = [item for each in deliveries for item in each.items]
        todo = [everything] if everything else []
        pause = _FIRST_PAUSE
        while todo and not self._given_up.is_set():
            items = todo.pop()
            try:
                self._write(items, is_first)
            except (DuplicateInstanceError, ValueEncodingError) as error:
                todo += self._parted(items, error)
            except Exception as error:  # noqa: BLE001 - the messages must wait, whatever it is
                todo.append(items)
                self._complain(error)
                self._given_up.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                self._rejoice()
                continue
            is_first = False

    def _parted(
        self, items: list[Item], error: DuplicateInstanceError | ValueEncodingError
    ) -> list[list[Item]]:
        """Return both halves of what could not be stored, the first last; reject a single one."""
        if len(items) > 1:
            half = len(items) // 2
            return [items[half:], items[:half]]
        kind = "conflicting" if isinstance(error, DuplicateInstanceError) else "unstorable"
        self._reject(kind, items[0].topic, str(error).rstrip("."))
        return []

    def _write(self, items: Sequence[Item], is_first: bool) -> None:
        """Store instances, and forget what was computed without them."""
        columns: defaultdict[StreamId, list[Item]] = defaultdict(list)
        for item in items:
            columns[item.stream_id].append(item)
        streams = self._channel.get_or_create_streams(list(columns))
        batches = [
            Batch.of([item.stamp for item in column], [item.value for item in column])
            for column in columns.values()
        ]
        new = self._channel.write_batches(list(zip(streams, batches, strict=True)))
        changed = [
            (stream, changes(batch, stamps) if is_first else batch.timestamps)
            for stream, batch, stamps in zip(streams, batches, new, strict=True)
        ]
        invalidate_readers(
            [
                (self._channel.ledger, stream.address, moments(stamps))
                for stream, stamps in changed
                if len(stamps)
            ]
        )
        stored = sum(map(len, new))
        self.counts["stored"] += stored
        self.counts["repeated"] += len(items) - stored

    def _complain(self, error: Exception) -> None:
        if not self._is_in_trouble:
            self._is_in_trouble = True
            logger.error(
                "Messages from MQTT cannot be stored now (%s). They are not acknowledged, and "
                "tried again until it works.",
                error,
            )

    def _rejoice(self) -> None:
        if self._is_in_trouble:
            self._is_in_trouble = False
            logger.warning("Messages from MQTT are stored again.")

    def _reject(self, kind: str, topic: str, problem: str) -> None:
        self.counts[kind] += 1
        self._say(kind, topic, f"A message from MQTT on {topic!r} is not stored: {problem}.")

    def _say(self, kind: str, topic: str, text: str) -> None:
        """Log a line, and for a minute the next ones of its kind and topic for debugging only."""
        now = time.monotonic()
        if len(self._said) > _KNOWN:
            self._said.clear()
        if now < self._said.get((kind, topic), 0):
            logger.debug("%s", text)
            return
        self._said[kind, topic] = now + _QUIET_SECONDS
        logger.warning("%s", text)
