"""A small HTTP API on this machine, to try things with: it fails when it is told to."""

from __future__ import annotations

import json
import threading
from collections import deque
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import ciso8601
from typing_extensions import Self


class LocalApi:
    """Answers ``/readings?start=…&end=…`` with ``{"readings": [{"at": …, "celsius": …}, …]}``.

    It runs in a thread, at a free port of 127.0.0.1, from its making to `stop`.

    Attributes
    ----------
    readings : dict
        What there is, by time; what is added later comes late.
    troubles : deque
        What to do in place of the next answers: a status of HTTP, ``"hang up"`` or ``"cut"``, which
        sends half of the answer.
    asked : list of str
        What was asked for.
    """

    def __init__(self) -> None:
        self.readings: dict[datetime, float | None] = {}
        self.troubles: deque[int | str] = deque()
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is, with places for the interval."""
        return f"http://127.0.0.1:{self._server.server_port}/readings?start={{start}}&end={{end}}"

    def found(self, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """Return the readings of an interval, both ends included, in the order they came in."""
        return [
            {"at": time.isoformat(), "celsius": celsius}
            for time, celsius in list(self.readings.items())
            if start <= time <= end
        ]

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _handler(api: LocalApi) -> type[BaseHTTPRequestHandler]:
    """Return the class that answers for an API."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.asked.append(self.path)
            trouble = api.troubles.popleft() if api.troubles else None
            if trouble == "hang up":
                return
            if isinstance(trouble, int):
                self.send_error(trouble)
                return
            wanted = parse_qs(urlsplit(self.path).query)
            start, end = (ciso8601.parse_datetime(wanted[key][0]) for key in ("start", "end"))
            text = json.dumps({"readings": api.found(start, end)}).encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text[: len(text) // 2] if trouble == "cut" else text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
