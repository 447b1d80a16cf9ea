"""Tools with one sink."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from hyperstream.execution import Computation
from hyperstream.execution.collect import to_one_sink
from hyperstream.stream.stream_instance import instances
from hyperstream.tool.base_tool import BaseTool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hyperstream.execution import ToolCall
    from hyperstream.execution.plan import Routed
    from hyperstream.stream import Stream, StreamInstance
    from hyperstream.time_interval import TimeInterval


class Tool(BaseTool):
    """Base class of tools that compute one stream from any number of streams.

    A tool implements ``_execute(self, sources, alignment_stream, interval)``,
    which yields a `StreamInstance` for each result inside the interval (start,
    end]; or ``_execute_batches`` with the same arguments, which yields `Batch`
    objects. It reads a source by ``source.window(interval,
    force_calculation=True)``, and never changes its values.

    Examples
    --------
    >>> class Double(Tool):
    ...     def _execute(self, sources, alignment_stream, interval):
    ...         for timestamp, value in sources[0].window(interval, force_calculation=True):
    ...             yield StreamInstance(timestamp, 2 * value)
    >>> Double().name
    'double'
    """

    def execute(
        self,
        sources: Sequence[Stream] | None,
        sink: Stream,
        interval: TimeInterval,
        alignment_stream: Stream | None = None,
    ) -> None:
        """Compute what is missing of an interval in the sink.

        Parameters
        ----------
        sources : sequence of Stream, or None
            What the tool reads.
        sink : Stream
            Where the results go.
        interval : TimeInterval
            Open at the start, closed at the end; what lies after now is not
            computed (reads the clock).
        alignment_stream : Stream, optional
            The stream whose timestamps the output has.

        Raises
        ------
        ToolExecutionError
            The tool failed, or gave what cannot be stored.

        Examples
        --------
        >>> from hyperstream.channels import MemoryChannel
        >>> memory = MemoryChannel("memory")
        >>> celsius, kelvin = map(memory.get_or_create_stream, ["celsius", "kelvin"])
        >>> celsius.writer([StreamInstance(datetime(2020, 1, 1, hour), hour) for hour in (1, 2)])
        >>> class ToKelvin(Tool):
        ...     def _execute(self, sources, alignment_stream, interval):
        ...         for timestamp, value in sources[0].window(interval, force_calculation=True):
        ...             yield StreamInstance(timestamp, value + 273.15)
        >>> day = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2))
        >>> ToKelvin().execute(sources=[celsius], sink=kelvin, interval=day)
        >>> kelvin.window(day).values()
        [274.15, 275.15]
        """
        Computation(self.bind(sources, sink, alignment_stream)).run(interval)

    def bind(
        self, sources: Sequence[Stream] | None, sink: Stream, alignment_stream: Stream | None = None
    ) -> ToolCall:
        """Tie the tool to its sources and its sink, to be computed later."""
        read = list(sources or ())
        arguments: dict[str, Any] = {"sources": read, "alignment_stream": alignment_stream}

        def produce(interval: TimeInterval) -> Routed:
            if self._uses_batches:
                for batch in self._execute_batches(**arguments, interval=interval) or ():
                    yield 0, batch
            else:
                yield from to_one_sink(self._execute(**arguments, interval=interval) or ())

        return self._bind([*read, alignment_stream], [sink], produce)

    def _execute(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterable[StreamInstance] | None:
        """Yield the results of an interval; here from `_execute_batches`."""
        batches = self._batches_of(
            sources=sources, alignment_stream=alignment_stream, interval=interval
        )
        return chain.from_iterable(map(instances, batches))
