"""What is asked of a stream: over which interval, and whether that can be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperstream._time import utcnow
from hyperstream.time_interval import (
    RelativeTimeInterval,
    TimeInterval,
    TimeIntervals,
    parse_time_tuple,
)
from hyperstream.utils.errors import StreamNotAvailableError

if TYPE_CHECKING:
    from hyperstream.stream.stream import Stream


def interval_of(stream: Stream, asked: Any) -> TimeInterval:
    """Return the interval of a stream that is asked for.

    Parameters
    ----------
    stream : Stream
        The stream.
    asked : TimeInterval, RelativeTimeInterval, (start, end) or None
        A pair may have any form of `parse_time_tuple`; a relative one counts from now (reads the
        clock). None: the last calculated interval.

    Raises
    ------
    TypeError
        It is neither an interval nor a pair.
    ValueError
        The pair is no interval, or None is given and nothing is calculated.
    """
    if asked is None:
        return _last_interval(stream)
    if isinstance(asked, RelativeTimeInterval):
        return asked.absolute(utcnow())
    if isinstance(asked, TimeInterval):
        return asked
    try:
        start, end = asked
    except (TypeError, ValueError):
        msg = f"A time interval of {stream} is a TimeInterval or a pair, not {asked!r}."
        raise TypeError(msg) from None
    return interval_of(stream, parse_time_tuple(start, end))


def check_is_there(stream: Stream, interval: TimeInterval) -> None:
    """Check that a stream that nobody here computes is calculated where a tool elsewhere does it.

    Otherwise what is computed from it would be taken for complete. What lies after now is not
    missing (reads the clock), and a stream that no tool computes is never calculated.

    Raises
    ------
    StreamNotAvailableError
        It is not calculated in the whole interval.
    """
    if stream.is_made_elsewhere is None:
        record = stream.channel.ledger.producers([stream.address])[0]
        stream.is_made_elsewhere = record is not None
    if not stream.is_made_elsewhere:
        return
    asked = TimeIntervals([interval]) & TimeIntervals([TimeInterval.up_to_now()])
    missing = asked - stream.calculated_intervals
    if not missing.is_empty:
        msg = (
            f"Stream {stream} is computed by a tool, but not calculated in {missing.humanized}, "
            "and nothing in this process can calculate it: load the workflow that does, or "
            "execute the tool."
        )
        raise StreamNotAvailableError(msg, stream=stream, missing=missing)


def _last_interval(stream: Stream) -> TimeInterval:
    calculated = stream.calculated_intervals
    if calculated.is_empty:
        msg = f"Nothing of {stream} is calculated: name the time interval of the window."
        raise ValueError(msg)
    return calculated[-1]
