"""The channel of assets that are files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hyperstream.channels.file_channel import FileChannel, FileDateTimeVersion
from hyperstream.utils.errors import StreamDataNotAvailableError


class AssetsFileChannel(FileChannel):
    """A channel of JSON documents: each file ``<date>_….json`` is an instance.

    A document is read when it is first asked for, and kept in memory.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    path : str or path
        The folder; each sub-folder is a stream.
    up_to_timestamp : datetime
        Until when to be up to date at first (UTC).

    Raises
    ------
    ConfigurationError
        There is no such folder.
    StreamDataNotAvailableError
        The name of a file begins with a date that is wrong.
    """

    def data_loader(self, short_path: str, file_info: FileDateTimeVersion) -> Any:
        """Return the document in a file.

        Raises
        ------
        StreamDataNotAvailableError
            The file cannot be read, or is no JSON.
        """
        path = Path(self.path, short_path, file_info.long_filename)
        try:
            # Editors on some systems begin a file with a byte order mark; "-sig" drops it.
            return json.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            problem: Exception = error
            reason = f"cannot be read: {error.strerror}"
        except UnicodeDecodeError as error:
            problem = error
            reason = "is not text in UTF-8"
        except json.JSONDecodeError as error:
            problem = error
            reason = f"is no valid JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise StreamDataNotAvailableError(
            f"Asset {short_path}: {path} {reason}.", path=str(path)
        ) from problem

    def file_filter(self, sorted_file_names: Sequence[str]) -> Iterable[FileDateTimeVersion]:
        """Yield the JSON files that are named by date."""
        return super().file_filter([name for name in sorted_file_names if name.endswith(".json")])
