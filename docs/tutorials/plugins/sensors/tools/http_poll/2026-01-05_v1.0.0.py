"""Readings from an HTTP API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from http_answers import BadAnswerError, Moment, Patience, answer, field, moment, rows

from hyperstream.stream import Stream, StreamInstance
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.tool import Tool, check_input_stream_count

_MILLISECOND = timedelta(milliseconds=1)


class HttpPoll(Tool):
    """Ask an HTTP API for the readings of an interval.

    There are no sources. The API answers in JSON; what fails is tried again, and after some tries
    it is an error, which leaves nothing behind. A reading without value (null) is left out.

    What an API has answered counts as complete. Ask for what lies some time ago, so that the
    readings are there, and for later ones call `look_again`.

    Parameters
    ----------
    url : str
        The address, in which ``{start}`` and ``{end}`` stand for the interval, in ISO 8601. Another
        form may be asked for: ``{start:%Y-%m-%d}``, ``{start:s}`` and ``{start:ms}`` (since 1970).
    timestamp : str
        Where a reading has its time, ``a.b`` for field b in field a: text in ISO 8601 (without
        zone: UTC), or a number since 1970.
    value : str
        Where it has its value; empty for all of it.
    records : str
        Where the answer has the readings: a list, or a dict of lists, one for each column. Empty
        if the answer is nothing else.
    unit : {"s", "ms"}
        The unit of times that are numbers.
    longest : float
        How many seconds to ask for at once; more are asked for in parts.
    tries, pause, timeout
        How often to ask, how many seconds to wait before the second try (twice as many before the
        third, and so on), and how many seconds to wait for an answer.
    """

    def __init__(
        self,
        url: str,
        timestamp: str,
        value: str = "",
        records: str = "",
        unit: str = "s",
        longest: float = 86400.0,
        tries: int = 4,
        pause: float = 0.5,
        timeout: float = 10.0,
    ) -> None:
        super().__init__(url=url, timestamp=timestamp, value=value, records=records, unit=unit)
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no address of an HTTP API.")
        self._longest = timedelta(seconds=longest)
        self._patience = Patience(tries, pause, timeout)

    @check_input_stream_count(0)
    def _execute(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        start = interval.start
        while start < interval.end:
            end = min(start + self._longest, interval.end)
            yield from self._readings(TimeInterval(start, end))
            start = end

    def look_again(self, stream: Stream, interval: TimeInterval) -> TimeIntervals:
        """Ask again for what has been answered, and make void what is not so any more.

        What came late, was corrected or withdrawn is void from its first time to its last, and so
        is everything that was computed from it. It is asked for and computed again when it is next
        requested. What was not asked for before is left alone.

        Parameters
        ----------
        stream : Stream
            What this tool has computed.
        interval : TimeInterval
            Where to look.

        Returns
        -------
        TimeIntervals
            What is void now; empty if nothing has changed.
        """
        void = TimeIntervals()
        for part in TimeIntervals([interval]) & stream.calculated_intervals:
            before = {each.timestamp: each.value for each in stream.window(part)}
            now = {each.timestamp: each.value for each in self._execute([], None, part)}
            missing = object()
            changed = [
                time
                for time in {**before, **now}
                if before.get(time, missing) != now.get(time, missing)
            ]
            if changed:
                void += TimeInterval(min(changed) - _MILLISECOND, max(changed))
        if not void.is_empty:
            stream.invalidate(void)
        return void

    def _readings(self, interval: TimeInterval) -> list[StreamInstance]:
        """Ask for the readings of an interval; return them in order of time."""
        url = self.url.format(start=Moment(interval.start), end=Moment(interval.end))
        document = answer(url, self._patience)
        try:
            found = [self._reading(row) for row in rows(field(document, self.records))]
        except (LookupError, OverflowError, TypeError, ValueError) as error:
            raise BadAnswerError(
                f"{url} has answered what the parameters of the tool do not fit: {error!r}."
            ) from error
        inside = [each for each in found if each.timestamp in interval and each.value is not None]
        return sorted(inside, key=_time)

    def _reading(self, row: Any) -> StreamInstance:
        time = moment(field(row, self.timestamp), self.unit)
        return StreamInstance(time, field(row, self.value))


def _time(instance: StreamInstance) -> datetime:
    return instance.timestamp
