"""One value, written once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count


class AssetWriter(Tool):
    """Write a value at the end of the interval that is computed.

    There are no sources. The output holds the value once for each execution, so it does depend
    on how an interval is divided.

    Parameters
    ----------
    value : object
        The value.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(AssetWriter(value={"house": "1"}), seconds=5)
    {5: {'house': '1'}}
    """

    not_chunk_invariant: ClassVar[str | None] = "it writes once in each execution"

    def __init__(self, value: Any) -> None:
        super().__init__(value=value)
        self._asset = value

    @check_input_stream_count(0)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        yield Batch.of([interval.end_ms], [self._asset])
