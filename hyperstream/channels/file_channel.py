"""Channels whose documents are files with a date in their name."""

from __future__ import annotations

import os
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path, PurePath
from typing import Any

from dateutil.parser import isoparse
from semantic_version import Version

from hyperstream._time import MIN_DATE, UTC, normalise, utcnow
from hyperstream.channels.memory_channel import ReadOnlyMemoryChannel
from hyperstream.storage.batch import Batch
from hyperstream.stream import (
    Stream,
    StreamId,
    StreamInstance,
    StreamInstanceCollection,
    StreamView,
)
from hyperstream.stream.asking import interval_of
from hyperstream.time_interval import TimeInterval
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import ConfigurationError, StreamDataNotAvailableError
from hyperstream.utils.text import as_unicode

_MILLISECOND = timedelta(milliseconds=1)
_ISO_DATE = r"\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"
_NO_VERSION = Version("0.0.0")


class FileDateTimeVersion(Printable):
    """What the name of a file says: a time and, where there is one, a version.

    Parameters
    ----------
    filename : str
        The name, without folder. It begins with a date or a time (UTC) in one of
        the forms ``2016-10-26``, ``2016-07-13T1058Z`` or
        ``2016_07_13_10_58_00_000`` (down to milliseconds).
    split_char : str
        What stands between the time and the rest, and in the last form between
        the numbers.

    Attributes
    ----------
    long_filename, filename_no_extension, extension : str
        The name, and its parts.
    timestamp : datetime
        The time (UTC).
    version : semantic_version.Version or None
        The version, where the rest of the name is one, such as ``v1.0.2``.

    Raises
    ------
    ValueError
        The name does not begin with a possible time, or its version is not of
        the form ``v1.0.2``.

    Examples
    --------
    >>> file = FileDateTimeVersion("2016-07-13T1058Z_v0.0.2.py")
    >>> file.timestamp.isoformat(), str(file.version), file.is_python
    ('2016-07-13T10:58:00+00:00', '0.0.2', True)
    >>> FileDateTimeVersion("2016_10_26_13_45_00_250_houses.json").timestamp.isoformat()
    '2016-10-26T13:45:00.250000+00:00'
    """

    def __init__(self, filename: str, split_char: str = "_") -> None:
        path = PurePath(filename)
        # The end of a version is no extension: 2016-10-26_v0.1.0
        whole = path.suffix[1:].isdigit()
        self.long_filename = filename
        self.filename_no_extension = filename if whole else path.stem
        self.extension = "" if whole else path.suffix
        found = _form(split_char).match(self.filename_no_extension)
        if found is None:
            raise ValueError(
                f"The file name {filename!r} does not begin with a date: name the file like "
                f"2016-10-26{split_char}v0.1.0.py or 2016-07-13T1058Z{split_char}v0.0.2.py."
            )
        try:
            self.timestamp = _moment(found["time"], split_char)
        except ValueError as error:
            raise ValueError(
                f"The date in the file name {filename!r} is wrong: {error}."
            ) from error
        self.version = _version(filename, self.filename_no_extension[found.end() :])

    @property
    def is_python(self) -> bool:
        """Whether this is a Python file."""
        return self.extension == ".py"


class FileStream(Stream):
    """A stream of files: a window that reaches beyond what is known looks at the folder again."""

    channel: FileChannel

    def window(
        self,
        time_interval: TimeInterval | Sequence[Any] | None = None,
        force_calculation: bool = False,
    ) -> StreamView:
        """Return a lazy view on what lies in a time interval; see `Stream.window`.

        The view ends now (reads the clock) at the latest, as no file is later.
        """
        interval = interval_of(self, time_interval)
        now = utcnow()
        if interval.start < now < interval.end:
            interval = TimeInterval(interval.start, now)
        if self.channel.up_to_timestamp < interval.end <= now:
            self.channel.update_state(interval.end)
        return super().window(interval, force_calculation)


class FileChannel(ReadOnlyMemoryChannel):
    """Abstract base class of channels whose streams are folders of files.

    Every sub-folder, at any depth, that holds files whose names begin with a
    time is a stream, named by its path. Each of these files is an instance:
    see `FileDateTimeVersion`. Folders that begin with ``.`` or ``__`` are passed
    over, and so are other files.

    A channel derived from it overrides `data_loader`, which makes the value of
    an instance from its file when that is first read, and where needed
    `file_filter`, which picks the files.

    One timestamp holds one value. Where several files of a folder have the same
    time, the lowest version is at that time, and each further one a millisecond
    after the one before.

    Files must not be removed or changed while the channel is in use, and no file
    may be added whose time lies before what is known (`up_to_timestamp`), as
    what was computed since would be without it.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    path : str or path
        The folder.
    up_to_timestamp : datetime
        Until when to be up to date at first (UTC).

    Attributes
    ----------
    path : str
        The folder, absolute.
    files : dict
        All files that were found in each sub-folder, also those of a later time,
        in order of time and version.

    Raises
    ------
    ConfigurationError
        There is no such folder.
    StreamDataNotAvailableError
        The name of a file begins with a date that is wrong.
    """

    path = ""

    def __init__(
        self, channel_id: str, path: str | os.PathLike[str], up_to_timestamp: datetime = MIN_DATE
    ) -> None:
        self.path = str(Path(path).expanduser().absolute())
        if not Path(self.path).is_dir():
            raise ConfigurationError(
                f"Channel {channel_id!r} has no folder {self.path}: create it, or name another.",
                path=self.path,
            )
        self.files: dict[str, list[FileDateTimeVersion]] = {}
        self._values: dict[tuple[str, str], Any] = {}
        self._held: defaultdict[str, set[str]] = defaultdict(set)
        self._lock = threading.RLock()
        super().__init__(channel_id, up_to_timestamp)

    def data_loader(self, short_path: str, file_info: FileDateTimeVersion) -> Any:
        """Return the value of an instance; must be overridden by deriving classes.

        Parameters
        ----------
        short_path : str
            The name of the stream: the sub-folder, as seen from ``self.path``.
        file_info : FileDateTimeVersion
            The file.
        """
        raise NotImplementedError(
            f"{type(self).__name__} cannot read {short_path}/{file_info.long_filename}: "
            "a FileChannel needs a method data_loader(short_path, file_info)."
        )

    def file_filter(self, sorted_file_names: Sequence[str]) -> Iterable[FileDateTimeVersion]:
        """Yield those files of a folder that are instances; may be overridden."""
        for name in sorted_file_names:
            if _form("_").match(PurePath(name).stem):
                yield FileDateTimeVersion(name)

    @staticmethod
    def walk(
        directory: str | os.PathLike[str], level: int | None = 1
    ) -> Iterator[tuple[str, list[str], list[str]]]:
        """Yield the path, the sub-folders and the files of a folder, and of those in it.

        Parameters
        ----------
        directory : str or path
            Where to begin.
        level : int or None
            How many levels to go down; None means all. Folders that begin with
            ``.`` or ``__`` are passed over.
        """
        for path, folders, files in os.walk(directory):
            folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
            yield path, folders, files
            if level is not None and len(Path(path).relative_to(directory).parts) >= level:
                folders.clear()

    def look(self) -> None:
        """Look at the folder again: what is in it is in `files` afterwards."""
        found = {}
        for path, _, names in self.walk(self.path, level=None):
            short_path = Path(path).relative_to(self.path).as_posix()
            if short_path != "." and (documents := self._documents(short_path, sorted(names))):
                found[short_path] = documents
        self.files = found

    def update_streams(self, up_to_timestamp: datetime) -> None:
        """Look at the folder again, and add all files up to a time (UTC) that are new."""
        with self._lock:
            self.look()
            for name, documents in self.files.items():
                held = self._held[name]
                for document in documents:
                    if document.long_filename not in held:
                        stamp = self._free_stamp(StreamId(name), document.timestamp)
                        if stamp <= up_to_timestamp:
                            self._add_document(StreamId(name), stamp, document)
                            held.add(document.long_filename)

    def get_results(self, stream: Stream, time_interval: TimeInterval) -> Iterator[StreamInstance]:
        """Yield the instances of a stream in (start, end], in time order."""
        for timestamp, item in super().get_results(stream, time_interval):
            yield StreamInstance(timestamp, self._value(stream.stream_id.name, item))

    def batches(self, stream: Stream, interval: TimeInterval, size: int) -> Iterator[Batch]:
        """Yield the instances in (start, end], in time order, in batches of at most `size`."""
        return map(partial(self._loaded, stream), super().batches(stream, interval, size))

    def head(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the first `n` instances in (start, end]."""
        return self._loaded(stream, super().head(stream, interval, n))

    def tail(self, stream: Stream, interval: TimeInterval, n: int) -> Batch:
        """Return the last `n` instances in (start, end], in time order."""
        return self._loaded(stream, super().tail(stream, interval, n))

    def _facts(self) -> Mapping[str, object]:
        return {"folder": self.path, "up to": self.up_to_timestamp}

    def _documents(self, short_path: str, names: list[str]) -> list[FileDateTimeVersion]:
        try:
            documents = sorted(self.file_filter(names), key=_order)
            if documents:
                StreamId(short_path)  # what the stream will be called
        except ValueError as error:
            folder = Path(self.path, short_path)
            raise StreamDataNotAvailableError(
                as_unicode(f"Channel {self.channel_id!r} cannot use folder {folder}: {error}"),
                path=str(folder),
            ) from error
        return documents

    def _free_stamp(self, stream_id: StreamId, timestamp: datetime) -> datetime:
        taken = self.data.get(stream_id, ())
        stamp = normalise(timestamp)
        while stamp in taken:
            stamp += _MILLISECOND
        return stamp

    def _add_document(self, stream_id: StreamId, timestamp: datetime, value: Any) -> None:
        if stream_id not in self.streams:
            stream = self._add(FileStream(self, stream_id, None, None))
            self.data[stream_id] = StreamInstanceCollection(name=stream)
        super()._add_document(stream_id, timestamp, value)

    def _loaded(self, stream: Stream, batch: Batch) -> Batch:
        name = stream.stream_id.name
        return Batch.of(batch.timestamps, [self._value(name, item) for item in batch.value_list()])

    def _value(self, short_path: str, item: Any) -> Any:
        """Return the value of a file, loading it if that was not done yet."""
        if not isinstance(item, FileDateTimeVersion):
            return item  # a deriving class put the value itself into ``self.data``
        key = (short_path, item.long_filename)
        if key not in self._values:
            self._values[key] = self.data_loader(short_path, item)
        return self._values[key]


@lru_cache
def _form(split_char: str) -> re.Pattern[str]:
    """Return the pattern of a time, in all forms, and of what parts it from the rest."""
    parting = re.escape(split_char)
    numbers = parting.join([r"\d{4}", *[r"\d\d"] * 5, r"\d{3}"])
    return re.compile(rf"(?P<time>{numbers}|{_ISO_DATE})(?:{parting}|$)", re.ASCII)


@lru_cache
def _moment(text: str, split_char: str) -> datetime:
    if re.fullmatch(_ISO_DATE, text, re.ASCII):
        return normalise(isoparse(text))
    *numbers, milliseconds = map(int, text.split(split_char))
    return datetime(*numbers, milliseconds * 1000, tzinfo=UTC)  # type: ignore[arg-type,misc]


@lru_cache
def _version(filename: str, text: str) -> Version | None:
    if not re.match(r"v\d", text):
        return None
    try:
        return Version(text[1:])
    except ValueError as error:
        raise ValueError(
            f"The version {text!r} in the file name {filename!r} is not of the form v1.0.2."
        ) from error


def _order(file: FileDateTimeVersion) -> tuple[datetime, Version, str]:
    return file.timestamp, file.version or _NO_VERSION, file.long_filename
