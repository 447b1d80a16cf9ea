"""Histograms as rows of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hyperstream.stream import Stream
from hyperstream.tool.bins import edges
from hyperstream.tool.csv_writing import CsvWritingTool


class HistogramsToCsv(CsvWritingTool):
    """Write each histogram, such as those of histogram_from_list, as a row of a file.

    The sources are the streams of a plate, of histograms: lists of ints, one for each bin, or
    dicts of category to int. Streams of one name share the file ``<name>.csv`` in the output path.
    Its columns are the timestamp, one for each tag of the plate, and one for each bin, headed by
    its lower edge or category. Rows are in order of time; computing an interval again replaces
    its rows. The outputs are empty.

    Parameters
    ----------
    first_break : float
        The first break between bins.
    break_width : float
        The distance between breaks.
    n_breaks : int
        The number of breaks.
    breaks : sequence of float, optional
        The breaks themselves, in ascending order, instead of these three.
    categorical : bool
        Whether the histograms are dicts; a category that is new gets a column of its own.
    selector_meta_data : str, optional
        The meta data tag of a plate that the outputs lack.

    Examples
    --------
    >>> from pathlib import Path
    >>> from hyperstream.testing import try_selector_tool
    >>> tool = HistogramsToCsv(breaks=[0, 10])
    >>> try_selector_tool(tool, {"room=hall": [[0, 3, 1]], "room=attic": [[2, 2, 0]]}, [""])
    {'': {}}
    >>> print(Path("output/source.csv").read_text())
    timestamp,room,-inf,0,10
    1970-01-01T00:00:01.000Z,hall,0,3,1
    1970-01-01T00:00:01.000Z,attic,2,2,0
    """

    def __init__(
        self,
        first_break: float = 0,
        break_width: float = 1,
        n_breaks: int = 101,
        breaks: Sequence[float] | None = None,
        categorical: bool = False,
        selector_meta_data: str | None = None,
    ) -> None:
        super().__init__(
            selector_meta_data,
            first_break=first_break,
            break_width=break_width,
            n_breaks=n_breaks,
            breaks=breaks,
            categorical=categorical,
        )
        self.grows = categorical
        self._names = list(map(str, edges(first_break, break_width, n_breaks, breaks)[:-1]))

    def _cells(self, source: Stream, value: Any) -> dict[str, Any]:
        if self.grows:
            return {**value}
        if len(value) != len(self._names):
            raise ValueError(f"there are {len(self._names)} bins, but {len(value)} counts.")
        return dict(zip(self._names, value, strict=True))
