"""What the tools of this plugin share: files, their rows, and errors that say where they are."""

from __future__ import annotations

import glob
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeVar

from hyperstream.stream import Batch
from hyperstream.stream.stream_instance import to_batch
from hyperstream.time_interval import TimeInterval
from hyperstream.tool.batches import selected
from hyperstream.utils.errors import HyperStreamError

Row = TypeVar("Row")

_SIZE = 1024
_GZIP = b"\x1f\x8b"  # no text in UTF-8 begins like this


class DataFileError(HyperStreamError, ValueError):
    """A file cannot be read: says which file, which line, and why.

    Parameters
    ----------
    path : Path
        The file.
    problem : str
        What is wrong, as the end of a sentence.
    line : int, optional
        The line, counted from 1.
    unit : str
        What is counted, if not lines.
    """

    def __init__(
        self, path: Path, problem: str, line: int | None = None, unit: str = "line"
    ) -> None:
        place = f"File {path}" if line is None else f"File {path}, {unit} {line}"
        super().__init__(f"{place}: {problem}", path=str(path), line=line)


class TextFile:
    """The rows of a text file (UTF-8), plain or compressed by gzip.

    Parameters
    ----------
    path : str or Path
        The file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def line(self) -> int:
        """The number of the line that was read last."""
        raise NotImplementedError(f"{type(self).__name__} has no line: write it.")

    def error(self, problem: str) -> DataFileError:
        """Return an error about the line that was read last."""
        return DataFileError(self.path, problem, self.line)

    @contextmanager
    def opened(self) -> Iterator[TextIO]:
        """Open the file inside a ``with`` block.

        Raises
        ------
        DataFileError
            It cannot be opened, is no UTF-8 text, or its compression is damaged.
        """
        try:
            with self.path.open("rb") as file:
                packed = file.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
                content = gzip.GzipFile(fileobj=file) if packed else file
                with TextIOWrapper(content, encoding="utf-8-sig", newline="") as text:
                    yield text
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataFileError(self.path, f"its compression is damaged: {error}.") from error
        except OSError as error:
            raise DataFileError(self.path, f"it cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise DataFileError(self.path, f"it is no UTF-8 text: {error.reason}.") from error

    def batches(
        self,
        rows: Iterator[Row],
        convert: Callable[[Row], tuple[datetime, Any]],
        interval: TimeInterval,
    ) -> Iterator[Batch]:
        """Yield what some of the rows hold inside an interval.

        Rows outside of the interval are checked all the same, so that what is wrong with a file
        does not depend on what is asked for.

        Parameters
        ----------
        rows : iterator
            Rows of this file.
        convert : callable
            Makes a time and a value of a row; ValueError where that is impossible.
        interval : TimeInterval
            Open at the start, closed at the end.

        Raises
        ------
        DataFileError
            Something is wrong with a row.
        """
        while part := [self._converted(row, convert) for row in islice(rows, _SIZE)]:
            batch = to_batch(part)
            after, until = batch.timestamps > interval.start_ms, batch.timestamps <= interval.end_ms
            yield selected(batch, after & until)

    def _converted(
        self, row: Row, convert: Callable[[Row], tuple[datetime, Any]]
    ) -> tuple[datetime, Any]:
        try:
            return convert(row)
        except ValueError as error:
            raise self.error(f"{error}.") from error


def found_files(name: str, pattern: str | None = None) -> list[Path]:
    """Return the file of a name or, where there is none, those that match it as a pattern.

    Parameters
    ----------
    name : str
        The name of a file, or a pattern such as ``2020-*.csv``; ``**`` stands for any folders.
    pattern : str, optional
        The pattern, where that differs from the name.

    Returns
    -------
    list of Path
        In alphabetical order; empty where there is none.
    """
    if Path(name).exists():
        return [Path(name)]
    # Not Path.glob, which takes no pattern that begins at the root.
    return sorted(map(Path, glob.glob(pattern or name, recursive=True)))  # noqa: PTH207


def files(name: str | Path) -> list[Path]:
    """Return the file of a name, or those that match it as a pattern, in alphabetical order.

    A name that is no pattern is returned as it is, whether there is such a file or not.

    Raises
    ------
    DataFileError
        No file matches the pattern.
    """
    if glob.escape(str(name)) == str(name):
        return [Path(name)]
    found = found_files(str(name))
    if not found:
        raise DataFileError(Path(name), "there is no such file, and none that matches the pattern.")
    return found
