"""A window for each instance."""

from __future__ import annotations

from datetime import timedelta

from hyperstream.stream import Batch
from hyperstream.tool.pointwise import PointwiseTool
from hyperstream.tool.windows import Offsets


class AligningWindow(PointwiseTool):
    """Give a window of time around each instance.

    One source, of any values. The output's values are TimeIntervals: for an instance at t the
    window (t + lower, t + upper].

    Parameters
    ----------
    lower, upper : float or timedelta
        From t to the start and the end of its window, in seconds if numbers; negative for the past.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> windows = try_tool(AligningWindow(lower=-2.0, upper=1.0), {5: "knock"})
    >>> {time: window.humanized for time, window in windows.items()}
    {5: '(1970-01-01 00:00:03, 1970-01-01 00:00:06]'}
    """

    def __init__(self, lower: float | timedelta = -1.0, upper: float | timedelta = 0.0) -> None:
        super().__init__(lower=lower, upper=upper)
        self._window = Offsets(lower, upper)

    def _convert(self, batch: Batch) -> Batch:
        return self._window.around(batch.timestamps)
