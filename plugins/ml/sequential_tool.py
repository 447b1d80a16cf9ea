"""What the tools of this plugin share that must remember what they have seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from hyperstream._time import MIN_MS, iso_format, to_ms
from hyperstream.execution import ToolCall
from hyperstream.stream import Stream, StreamInstance
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool
from hyperstream.utils.errors import InputStreamCountError

# Takes the next value of the source; returns what the output holds there, None for nothing.
Step = Callable[[Any], Any]


class SequentialTool(Tool):
    """Base class of tools whose output depends on all that came before in their source.

    The state is kept nowhere but in the output: each instance holds what is needed to go on after
    it. So a tool reads its own output up to the interval asked for, and goes on from the last
    instance that counts as calculated. What of the source came after that is read again; in the
    usual order, one interval after the other, that is nothing. So neither the order in which
    intervals are computed makes a difference, nor a restart. A value that comes late makes all
    of the output after it void.

    A tool implements ``_begin(self)`` and ``_go_on(self, value)``.

    Parameters
    ----------
    first : datetime
        Where the first source value lies that counts (naive means UTC): what is before is not
        read.
    **parameters
        Of the tool.

    Raises
    ------
    TypeError
        `first` is no datetime.
    """

    def __init__(self, first: datetime, **parameters: Any) -> None:
        super().__init__(first=first, **parameters)
        # An interval does not contain its start.
        self._before_ms = max(to_ms(first) - 1, MIN_MS)

    @property
    def source_count(self) -> int:
        """One: the output, which is read as well, is not named by the user."""
        return 1

    def bind(
        self, sources: Sequence[Stream] | None, sink: Stream, alignment_stream: Stream | None = None
    ) -> ToolCall:
        """Tie the tool to its source and its sink, which is the last that it reads."""
        return super().bind([*(sources or ()), sink], sink, alignment_stream)

    def _execute(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[StreamInstance]:
        *read, own = sources
        if len(read) != 1:
            raise InputStreamCountError(
                f"Tool {type(self).__name__} takes 1 source stream, not {len(read)}.",
                expected=1,
                given=len(read),
            )
        if interval.end_ms <= self._before_ms:
            return
        known, step = self._state(own, interval.start_ms)
        needed = TimeInterval.from_ms(known, interval.end_ms)
        for timestamp, value in read[0].window(needed, force_calculation=True):
            result = _tried(step, timestamp, value)
            if result is not None and timestamp in interval:
                yield StreamInstance(timestamp, result)

    def _state(self, own: Stream, until_ms: int) -> tuple[int, Step]:
        """Return the time of the last output up to a time, and how to go on after it."""
        if until_ms > self._before_ms:
            past = TimeInterval.from_ms(self._before_ms, until_ms)
            # What is there but not calculated may be wrong: late data have made it void.
            for piece in reversed(list(own.calculated_intervals & past)):
                last = own.channel.tail(own, piece, 1)
                if len(last):
                    return int(last.timestamps[0]), self._go_on(last.value_list()[0])
        return self._before_ms, self._begin()

    def _begin(self) -> Step:
        """Return what takes the values of the source from the first on."""
        raise NotImplementedError(f"Tool {self.name} has no _begin: write it.")

    def _go_on(self, value: Any) -> Step:
        """Return what takes the values of the source after the output had this value."""
        raise NotImplementedError(f"Tool {self.name} has no _go_on: write it.")


def _tried(step: Step, timestamp: datetime, value: Any) -> Any:
    try:
        return step(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the source's value at {iso_format(timestamp)} cannot be used: {error}"
        ) from error
