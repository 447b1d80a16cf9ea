"""A handler of Python's logging that publishes messages over MQTT."""

from __future__ import annotations

import logging
import os

from hyperstream.utils.mqtt.options import Broker
from hyperstream.utils.mqtt.publisher import Publisher

logger = logging.getLogger(__name__)


class MQTTHandler(logging.Handler):
    """Publishes messages over MQTT, in the background.

    Connecting begins with the first message. A broker that is slow or away costs whoever logs
    nothing: messages are kept, up to a bound, and sent when it is there.

    Parameters
    ----------
    broker
        The broker.
    topic
        The topic.
    qos
        0 (at most once), 1 (at least once) or 2 (once).
    max_queued
        How many messages are kept; when another one comes, the oldest is dropped.
    close_seconds
        How long closing may take in order to send what is kept.
    """

    def __init__(
        self,
        broker: Broker,
        topic: str = "hyperstream",
        qos: int = 1,
        max_queued: int = 10_000,
        close_seconds: float = 2.0,
    ) -> None:
        super().__init__()
        self._settings = broker, topic, qos, max_queued
        self._address = broker.address
        self._close_seconds = close_seconds
        self._publisher: Publisher | None = None
        self._pid = 0
        self._closed = False
        # At the end of a program logging calls `close` with the lock of the handler held, and that
        # waits for threads which may log: filters are asked before the lock is taken.
        self.addFilter(lambda _: not self._closed)

    @property
    def dropped(self) -> int:
        """How many messages this process has dropped."""
        return self._publisher.dropped if self._publisher and self._pid == os.getpid() else 0

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a message over. Logging calls this with the lock of the handler held."""
        try:
            message = self.format(record)
        except Exception:  # noqa: BLE001 - as every handler does: logging says what was wrong
            self.handleError(record)
            return
        if self._publisher is None or self._pid != os.getpid():
            # After a fork, threads and connection are the parent's.
            self._publisher, self._pid = Publisher(*self._settings), os.getpid()
        self._publisher.put(message)

    def close(self) -> None:
        """Send what is kept, as far as that is possible in a short time; then disconnect."""
        self._closed = True
        publisher, self._publisher = self._publisher, None
        if publisher is not None and self._pid == os.getpid():
            left = publisher.close(self._close_seconds)
            if left:
                logger.warning(
                    "%d log messages could not be sent to the MQTT broker at %s.",
                    left,
                    self._address,
                )
        super().close()
