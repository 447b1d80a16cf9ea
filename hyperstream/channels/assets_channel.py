"""The channel of static data and user input, in MongoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperstream.channels.database_channel import DatabaseChannel
from hyperstream.stream import AssetStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperstream.stream import StreamId, StreamInstance


class AssetsChannel(DatabaseChannel):
    """A database channel for static assets and user input, such as parameters of workflows.

    Its streams count as calculated up to now.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    storage : MongoStorage, optional
        The database; the one opened last otherwise.
    """

    stream_class = AssetStream

    def write_to_stream(
        self,
        stream_id: StreamId | str,
        data: StreamInstance | Iterable[StreamInstance],
        sandbox: str | None = None,
    ) -> None:
        """Write instances to a stream that exists.

        Parameters
        ----------
        stream_id : StreamId or str
            The stream.
        data : StreamInstance, or several
            What to write.
        sandbox : str, optional
            The private copy-space that it is in.

        Raises
        ------
        StreamNotFoundError
            The stream does not exist.
        DuplicateInstanceError, ValueEncodingError, ValueError
            See `StreamWriter`.
        """
        self.get_or_create_stream(stream_id, try_create=False, sandbox=sandbox).writer(data)
