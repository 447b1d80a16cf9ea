"""A broker that says what a test wants it to say, byte by byte."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from tests.helpers import BROKER

CONNECT, SUBSCRIBE, PUBACK, DISCONNECT = 0x10, 0x82, 0x40, 0xE0
CONNACK = bytes([0x20, 3, 0, 0, 0])
# With a reason in words: the oldest library that is supported overlooks the code without them.
TAKEN_OVER = bytes([0xE0, 6, 0x8E, 4, 0x1F, 0, 1]) + b"x"
NOT_AUTHORIZED = 0x87


def suback(*reasons: int) -> bytes:
    """Return the answer to the first subscription of a connection."""
    return bytes([0x90, 3 + len(reasons), 0, 1, 0, *reasons])


def publish(topic: bytes, payload: bytes) -> bytes:
    """Return a message at level 1 with the packet id 7."""
    body = len(topic).to_bytes(2, "big") + topic + bytes([0, 7, 0]) + payload
    return bytes([0x32, len(body)]) + body


class ScriptedBroker:
    """Answers packets of MQTT 5, each kind with the bytes given, one connection after the other.

    Parameters
    ----------
    answers
        By the first byte of a packet, what to send. None: close the connection.
    """

    def __init__(self, answers: dict[int, bytes | None]) -> None:
        self.answers = answers
        self.received: list[int] = []
        self._server = socket.create_server((BROKER, 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> ScriptedBroker:  # noqa: PYI034 - nobody derives from this
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):  # when the server is closed
            while True:
                connection, _ = self._server.accept()
                with connection, suppress(ConnectionError):
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        while start := stream.read(1):
            stream.read(stream.read(1)[0])  # all packets of the tests are short
            self.received.append(start[0])
            answer = self.answers.get(start[0], b"")
            if answer is None:
                return
            connection.sendall(answer)
