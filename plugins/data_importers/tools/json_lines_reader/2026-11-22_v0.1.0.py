"""Files of JSON lines as a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from data_file import TextFile, files
from dateutil.parser import parse
from file_times import time_reader

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import UTC, TimeInterval
from hyperstream.tool import Tool, check_input_stream_count

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class JsonLinesReader(Tool):
    r"""Read files with a JSON object, one of whose members is the time, on each line.

    There are no sources. The output holds dicts, one for each line: the object without its time.
    The lines may be in any order. Blank lines are passed over; a bad line or date anywhere in a
    file is an error that names file and line.

    Parameters
    ----------
    filename : str
        The file: UTF-8 text, plain or compressed by gzip. Or a pattern, such as
        ``2020-*.jsonl``, for many files, which are read in alphabetical order.
    datetime_key : str
        The key of the time.
    datetime_parser : callable
        Makes a datetime of it; naive means UTC. By default times are text in ISO 8601, or in any
        other form with year, month and day that dateutil understands; or seconds since 1970.

    Examples
    --------
    >>> from pathlib import Path
    >>> from hyperstream.testing import try_tool
    >>> written = Path("hall.jsonl").write_text('{"timestamp": "1970-01-01T00:00:02Z", "t": 20.5}')
    >>> try_tool(JsonLinesReader(filename="hall.jsonl"), seconds=5)
    {2: {'t': 20.5}}
    """

    def __init__(
        self,
        filename: str,
        datetime_key: str = "timestamp",
        datetime_parser: Callable[[Any], datetime] = parse,
    ) -> None:
        super().__init__(
            filename=filename, datetime_key=datetime_key, datetime_parser=datetime_parser
        )
        self._takes_numbers = datetime_parser is parse
        self._time = time_reader(datetime_parser)

    @check_input_stream_count(0)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        for path in files(self.filename):
            lines = JsonLines(path)
            with closing(lines.rows()) as rows:
                yield from lines.batches(rows, self._instance, interval)

    def _instance(self, line: str) -> tuple[datetime, dict[str, Any]]:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"this is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise ValueError("this is no JSON object")  # noqa: TRY004 - the file is wrong
        if self.datetime_key not in found:
            raise ValueError(f"there is no {self.datetime_key!r} to take the time from")
        return self._moment(found.pop(self.datetime_key)), found

    def _moment(self, given: Any) -> datetime:
        if not self._takes_numbers or isinstance(given, str):
            return self._time(given)
        if isinstance(given, bool) or not isinstance(given, (int, float)):
            raise ValueError(f"{given!r} is no date")  # noqa: TRY004 - the file is wrong
        try:
            return _EPOCH + timedelta(seconds=given)
        except (OverflowError, ValueError):
            raise ValueError(f"{given!r} lies outside the years 1 to 9999") from None


class JsonLines(TextFile):
    """The lines of a file, read one after the other, without the blank ones."""

    _line = 0

    @property
    def line(self) -> int:
        """The number of the line that was read last."""
        return self._line

    def rows(self) -> Generator[str, None, None]:
        """Yield each line. The file is open until the generator ends or is closed."""
        with self.opened() as file:
            for self._line, line in enumerate(file, start=1):
                if not line.isspace():
                    yield line
