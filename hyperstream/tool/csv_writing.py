"""Tools that write the instances of streams to CSV files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from hyperstream._time import from_ms, iso_format
from hyperstream.execution import current_context
from hyperstream.tool.batches import Pace, collected
from hyperstream.tool.csv_files import Table, file_name
from hyperstream.tool.plates import grouped_with_sources
from hyperstream.tool.pointwise import TimeByTime
from hyperstream.tool.selector_tool import SelectorTool

if TYPE_CHECKING:
    from hyperstream.stream import Batch, Stream
    from hyperstream.time_interval import TimeInterval

    Row = tuple[list[str], dict[str, Any]]


class CsvWritingTool(TimeByTime, SelectorTool):
    """Base class of tools that write each instance of their sources as a row of a file.

    A tool implements ``_cells(self, source, value)``, which returns column name
    to cell. Sources of one name share the file ``<name>.csv`` in the output
    path of the current context. Its columns are the timestamp, one for each
    meta data tag of these sources, and those of the cells; its rows are in order
    of time. Computing an interval replaces the rows of the sources there, so
    that none is there twice. The outputs are empty.

    Attributes
    ----------
    grows : bool
        Whether the cells may be of other columns in each row; 0 stands where a
        row has no such cell.

    Examples
    --------
    >>> class PairsToCsv(CsvWritingTool):
    ...     def _cells(self, source, value):
    ...         return {"low": value[0], "high": value[1]}
    >>> from hyperstream.testing import try_selector_tool
    >>> found = try_selector_tool(PairsToCsv(None), {"room=hall": [(1, 2), (3, 4)]}, [""])
    >>> print(current_context().output_path.joinpath("source.csv").read_text())
    timestamp,room,low,high
    1970-01-01T00:00:01.000Z,hall,1,2
    1970-01-01T00:00:02.000Z,hall,3,4
    """

    grows = False

    def _execute_batches(
        self, sources: Sequence[Stream], interval: TimeInterval
    ) -> Iterator[tuple[Any, Batch]]:
        by_name: defaultdict[str, list[Stream]] = defaultdict(list)
        for source in sources:
            by_name[source.stream_id.name].append(source)
        for name, group in by_name.items():
            pairs = [pair for source in group for pair in source.stream_id.meta_data]
            tags = list(dict.fromkeys(tag for tag, _ in pairs))
            owners = {source: _values(source, tags) for source in group}
            Table(
                path=current_context().output_path / file_name(name),
                key_names=["timestamp", *tags],
                interval=interval,
                owners=frozenset(owners.values()),
                grows=self.grows,
            ).write(self._rows(owners, interval))
        return iter(())

    def _rows(self, owners: dict[Stream, tuple[str, ...]], interval: TimeInterval) -> Iterator[Row]:
        pace = Pace()
        for stamps, groups in grouped_with_sources(list(owners), interval):
            for part in pace.parts(len(stamps)):
                rows = map(partial(self._group, owners), groups[part])
                done = collected(rows, stamps[part], groups[part])
                for stamp, group in zip(stamps[part].tolist(), done, strict=True):
                    moment = iso_format(from_ms(stamp))
                    yield from (([moment, *owner], cells) for owner, cells in group)

    def _group(
        self, owners: dict[Stream, tuple[str, ...]], group: list[tuple[Stream, Any]]
    ) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
        return [(owners[source], self._cells(source, value)) for source, value in group]

    def _cells(self, source: Stream, value: Any) -> dict[str, Any]:
        """Return the cells of a row: column name to cell."""
        raise NotImplementedError(f"Tool {self.name} has no _cells: write it.")


def _values(source: Stream, tags: list[str]) -> tuple[str, ...]:
    meta_data = dict(source.stream_id.meta_data)
    return tuple(meta_data.get(tag, "") for tag in tags)
