"""Answers of HTTP APIs in JSON, asked for again where asking fails."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import ciso8601

from hyperstream.time_interval import UTC
from hyperstream.utils.errors import HyperStreamError

LONGEST_PAUSE = 30.0
_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoAnswerError(HyperStreamError, ConnectionError):
    """An API has not answered, however often it was asked."""


class BadAnswerError(HyperStreamError, ValueError):
    """An API has answered something that cannot be understood."""


@dataclass(frozen=True)
class Patience:
    """How often to ask, and how long to wait.

    Parameters
    ----------
    tries : int
        How often at most.
    pause : float
        Seconds before the second try; twice as many before the next, and so on, 30 at most. Where
        the API says how long to wait (``Retry-After``, in seconds), it is as long as that.
    timeout : float
        Seconds to wait for an answer.
    """

    tries: int = 4
    pause: float = 0.5
    timeout: float = 10.0

    def seconds(self, failed: int, error: Exception) -> float:
        """Return how long to wait after so many failures, the last of which was this one."""
        wanted = error.headers.get("Retry-After", "") if isinstance(error, HTTPError) else ""
        pause = float(wanted) if wanted.isdigit() else self.pause * 2 ** (failed - 1)
        return min(pause, LONGEST_PAUSE)


def answer(url: str, patience: Patience) -> Any:
    """Return what an API answers.

    Parameters
    ----------
    url : str
        What to ask for.
    patience : Patience
        How often.

    Raises
    ------
    NoAnswerError
        It did not answer, or said that it cannot.
    """
    for number in range(1, patience.tries + 1):
        try:
            return _asked(url, patience.timeout)
        # OSError is all that can happen to a connection, HTTPError and time-outs too; ValueError
        # is an answer that is cut off.
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, HTTPError):
                error.close()  # it is the answer, too, and holds the connection
            if number == patience.tries or not _may_pass(error):
                raise NoAnswerError(
                    f"{url} gave no answer in {number} {'try' if number == 1 else 'tries'}, "
                    f"the last time since {error or type(error).__name__}."
                ) from error
            time.sleep(patience.seconds(number, error))
    raise ValueError(f"It takes at least one try, not {patience.tries}.")


def _asked(url: str, timeout: float) -> Any:
    headers = {"Accept": "application/json", "User-Agent": "hyperstream"}
    # Whoever makes the tool has checked that it is http or https.
    request = Request(url, headers=headers)  # noqa: S310
    with urlopen(request, timeout=timeout) as response:  # noqa: S310
        return json.load(response)


def _may_pass(error: Exception) -> bool:
    """Tell whether the same question may be answered another time."""
    if not isinstance(error, HTTPError):
        return True
    return error.code in _AGAIN or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR


def field(document: Any, path: str) -> Any:
    """Return what is at a path such as ``properties.mag``; the document itself for an empty one.

    Examples
    --------
    >>> field({"properties": {"mag": 4.5}}, "properties.mag")
    4.5
    """
    return reduce(lambda found, key: found[key], path.split(".") if path else [], document)


def rows(found: Any) -> Iterator[Any]:
    """Return rows, given as such or by columns.

    Examples
    --------
    >>> list(rows({"time": [1, 2], "t": [20.5, 21.0]}))
    [{'time': 1, 't': 20.5}, {'time': 2, 't': 21.0}]
    """
    if isinstance(found, Mapping):
        columns = zip(*found.values(), strict=True)
        return (dict(zip(found, row, strict=True)) for row in columns)
    return iter(found)


def moment(time: Any, unit: str) -> datetime:
    """Return the moment that an answer names: as text in ISO 8601, or as a number since 1970.

    Examples
    --------
    >>> print(moment("2026-01-01T12:00", "s"), moment(1767268800000, "ms"))
    2026-01-01 12:00:00 2026-01-01 12:00:00+00:00
    """
    if isinstance(time, str):
        return ciso8601.parse_datetime(time)
    return _EPOCH + timedelta(milliseconds=round(time * (1000 if unit == "s" else 1)))


class Moment:
    """A moment as it is written into a URL.

    Examples
    --------
    >>> noon = Moment(datetime(2026, 1, 1, 12, tzinfo=UTC))
    >>> f"{noon} {noon:%Y-%m-%d} {noon:s} {noon:ms}"
    '2026-01-01T12:00:00.000Z 2026-01-01 1767268800 1767268800000'
    """

    def __init__(self, time: datetime) -> None:
        self._time = time

    def __format__(self, form: str) -> str:
        """Write it as ISO 8601, as seconds or milliseconds since 1970, or as `strftime` does."""
        if form in {"s", "ms"}:
            unit = timedelta(seconds=1) if form == "s" else timedelta(milliseconds=1)
            return str((self._time - _EPOCH) // unit)
        if form:
            return self._time.strftime(form)
        return f"{self._time:%Y-%m-%dT%H:%M:%S}.{self._time.microsecond // 1000:03}Z"
