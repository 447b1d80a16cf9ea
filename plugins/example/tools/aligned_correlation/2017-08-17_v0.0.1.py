"""The ratio of two streams."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.batches import collected
from hyperstream.tool.joins import matched
from hyperstream.tool.pointwise import TimeByTime


class AlignedCorrelation(TimeByTime, Tool):
    """Divide the values of one stream by those of another at the same time.

    Two sources, of numbers. The output holds the ratio at each time that both have; a zero in the
    second source is an error.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(AlignedCorrelation(), [1.0, 2.0, 3.0], {2: 4.0, 3: 2.0})
    {2: 0.5, 3: 1.5}
    """

    @check_input_stream_count(2)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        for left, right in matched(sources, interval):
            pairs = list(zip(left.value_list(), right.value_list(), strict=True))
            ratios = (operator.truediv(*pair) for pair in pairs)
            yield Batch.of(left.timestamps, collected(ratios, left.timestamps, pairs))
