"""Percentiles as rows of a file."""

from __future__ import annotations

from typing import Any

from hyperstream.stream import Stream
from hyperstream.tool.bins import percentages
from hyperstream.tool.csv_writing import CsvWritingTool


class PercentilesToCsv(CsvWritingTool):
    """Write the percentiles of each instance, such as percentiles_from_list's, as a row of a file.

    The sources are the streams of a plate, of lists of floats, or of single floats. Streams of one
    name share the file ``<name>.csv`` in the output path. Its columns are the timestamp, one for
    each tag of the plate, and one for each percentile, headed by its percentage: that of the
    source's tool percentiles_from_list; where that is not known, the percentages from 0 to 100 that
    bound equal segments. Rows are in order of time; computing an interval again replaces its rows.
    The outputs are empty.

    Parameters
    ----------
    selector_meta_data : str, optional
        The meta data tag of a plate that the outputs lack.

    Examples
    --------
    >>> from pathlib import Path
    >>> from hyperstream.testing import try_selector_tool
    >>> sources = {"room=hall": [[19.5, 20.5, 24.0]], "room=attic": [[3.5, 12.0, 31.0]]}
    >>> try_selector_tool(PercentilesToCsv(), sources, [""])
    {'': {}}
    >>> print(Path("output/source.csv").read_text())
    timestamp,room,0.0,50.0,100.0
    1970-01-01T00:00:01.000Z,hall,19.5,20.5,24.0
    1970-01-01T00:00:01.000Z,attic,3.5,12.0,31.0
    """

    def __init__(self, selector_meta_data: str | None = None) -> None:
        super().__init__(selector_meta_data)

    def _cells(self, source: Stream, value: Any) -> dict[str, Any]:
        values = list(value) if hasattr(value, "__len__") else [value]
        names = _percentages(source)
        if names is None:
            names = percentages(len(values) - 1, None) if len(values) > 1 else [50.0]
        if len(names) != len(values):
            raise ValueError(f"there are {len(names)} percentages, but {len(values)} values.")
        return dict(zip(map(str, names), values, strict=True))


def _percentages(source: Stream) -> list[float] | None:
    """Return the percentages that the tool of a stream gives, if it is known."""
    tool = source.tool
    if getattr(tool, "name", None) != "percentiles_from_list":
        return None
    return percentages(tool.n_segments, tool.percentiles)
