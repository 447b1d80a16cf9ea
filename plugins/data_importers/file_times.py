"""Times as they stand in files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from functools import partial
from typing import Any

import ciso8601
from dateutil import parser

from hyperstream.time_interval import UTC

# Two dates that differ in all that a text may leave out.
_DEFAULTS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2004, 2, 2, tzinfo=UTC))


def time_reader(datetime_parser: Callable[[Any], datetime]) -> Callable[[Any], datetime]:
    """Return a function that reads times, with errors that say what is wrong.

    Parameters
    ----------
    datetime_parser : callable
        Makes a datetime of what stands in a file; ``dateutil.parser.parse``, the default of the
        tools, stands for `timestamp`.

    Raises
    ------
    TypeError
        It is no function.

    Examples
    --------
    >>> time_reader(datetime.fromisoformat)("soon")
    Traceback (most recent call last):
        ...
    ValueError: 'soon' is no date: Invalid isoformat string: 'soon'
    """
    if not callable(datetime_parser):
        raise TypeError(f"The datetime_parser must be a function, not {datetime_parser!r}.")
    return timestamp if datetime_parser is parser.parse else partial(_parsed, datetime_parser)


def _parsed(datetime_parser: Callable[[Any], datetime], text: Any) -> datetime:
    try:
        moment = datetime_parser(text)
    except Exception as error:  # a function of the user's may raise anything
        raise ValueError(f"{text!r} is no date: {error}") from error
    if not isinstance(moment, datetime):
        problem = f"the datetime_parser makes {moment!r} of {text!r}, which is no datetime"
        raise ValueError(problem)  # noqa: TRY004 - what the file holds is wrong for the parser
    return moment


def timestamp(text: str) -> datetime:
    """Read a date or time: ISO 8601 fast, and whatever else dateutil understands.

    Parameters
    ----------
    text : str
        Without zone it is in UTC.

    Raises
    ------
    ValueError
        It is no date, or leaves out year, month or day, or its zone is not known.

    Examples
    --------
    >>> timestamp("2020-01-31T12:00:00+01:00").isoformat()
    '2020-01-31T11:00:00+00:00'
    >>> timestamp("31 Jan 2020 noon")
    Traceback (most recent call last):
        ...
    ValueError: '31 Jan 2020 noon' is no date
    """
    try:
        moment = ciso8601.parse_datetime(text.strip())
    except ValueError:
        moment = _by_dateutil(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999") from None


def _by_dateutil(text: str) -> datetime:
    # What a text leaves out, dateutil takes from today; read twice with two other days, it shows.
    try:
        first, second = (parser.parse(text, default=day, tzinfos=_zone) for day in _DEFAULTS)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no date") from None
    if first != second:
        raise ValueError(f"{text!r} is no date with year, month and day")
    return first


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """Give a zone that does not depend on where this machine stands."""
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is not None:
        raise ValueError(f"zone {name} is not known")
    return None
