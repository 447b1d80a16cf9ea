"""Computing the streams of a plate and keeping nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import SelectorTool
from hyperstream.tool.pointwise import TimeByTime


class PlateSink(TimeByTime, SelectorTool):
    """Have all streams of a plate computed.

    The sources are the streams of a plate, of any values. The outputs are empty.

    Parameters
    ----------
    selector_meta_data : str, optional
        The meta data tag of a plate that the outputs lack.

    Examples
    --------
    >>> from hyperstream.testing import try_selector_tool
    >>> try_selector_tool(PlateSink(), {"room=hall": [20.5], "room=attic": [12.0]}, [""])
    {'': {}}
    """

    def __init__(self, selector_meta_data: str | None = None) -> None:
        super().__init__(selector_meta_data)

    def _execute_batches(
        self, sources: Sequence[Stream], interval: TimeInterval
    ) -> Iterator[tuple[Any, Batch]]:
        for source in sources:
            # To read one instance is enough: the whole window is computed before.
            source.window(interval, force_calculation=True).first()
        return iter(())
