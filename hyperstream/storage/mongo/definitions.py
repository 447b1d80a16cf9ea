"""The definitions of streams, in MongoDB."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime

from bson import ObjectId
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from hyperstream._time import from_ms
from hyperstream.client import Client
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo.documents import (
    Document,
    address_of,
    chunks,
    definitions,
    duplicates,
    fetched,
    find_definitions,
    in_series,
    key_of,
    stored_id,
)
from hyperstream.storage.mongo.producers import take_out
from hyperstream.utils.errors import StreamAlreadyExistsError

# Two processes that insert the same at the same time hinder each other with larger parts.
_PART = 1000
_FIELDS = ("stream_id", "channel_id", "sandbox")
_ADDRESS = {"_id": 0, **dict.fromkeys(_FIELDS, 1)}


class MongoDefinitions:
    """Which streams there are: the collection ``stream_definitions``.

    Parameters
    ----------
    client : Client
        The connection.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self, addresses: Sequence[StreamAddress]) -> None:
        """Define streams that are not there yet.

        Raises
        ------
        StreamAlreadyExistsError
            Some are there. Then none is created, unless another process
            creates the same ones at the same moment.
        """
        new = list(dict.fromkeys(addresses))
        self._check_absent(new, self._client.run(lambda db: find_definitions(db, new)))
        self._check_absent(new, self._insert(new))

    def create_missing(self, addresses: Sequence[StreamAddress]) -> list[StreamAddress]:
        """Define streams, those of them that are not there; return all as they are defined.

        It costs least where none is there. Other processes may create the same
        ones at the same moment.
        """
        defined: dict[str, StreamAddress] = {}
        missing = list(dict.fromkeys(addresses))
        while missing:
            taken = self._insert(missing)
            defined |= {each.key: each for each in missing if each.key not in taken}
            others = [each for each in missing if each.key in taken]
            defined |= {each.key: each for each in self.stored(others)}
            missing = [each for each in others if each.key not in defined]  # removed meanwhile
        return [defined[each.key] for each in addresses]

    def stored(self, addresses: Sequence[StreamAddress]) -> list[StreamAddress]:
        """Return those of the streams that are defined; see `get`."""
        if not addresses:
            return []
        found = self._client.run(lambda db: find_definitions(db, addresses, *_FIELDS))
        return list(map(address_of, found.values()))

    def get(self, address: StreamAddress) -> StreamAddress | None:
        """Return a stream's address with its meta data in the order in which it was created.

        None if there is no such stream.
        """
        found = self._client.run(lambda db: definitions(db).find_one(key_of(address), _ADDRESS))
        return None if found is None else address_of(found)

    def exists(self, address: StreamAddress) -> bool:
        """Tell whether a stream is defined."""
        return self.get(address) is not None

    def find(
        self,
        channel_id: str,
        sandbox: str | None = None,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        limit: int = 0,
    ) -> list[StreamAddress]:
        """Return the streams of a channel, outside of sandboxes or in one.

        Parameters
        ----------
        channel_id : str
            The channel.
        sandbox : str, optional
            The sandbox.
        name : str, optional
            Only streams of this name.
        tags : mapping, optional
            Only streams whose meta data contain all of these.
        limit : int
            How many to look at; 0 means all.
        """
        query = in_series(channel_id, sandbox, name)
        found = self._client.run(
            lambda db: fetched(definitions(db).find(query, _ADDRESS, limit=limit))
        )
        wanted = set((tags or {}).items())
        addresses = map(address_of, found)
        return [address for address in addresses if wanted <= set(address.meta_data)]

    def count(self, channel_id: str) -> int:
        """Return how many streams a channel has outside of sandboxes."""
        query = in_series(channel_id, None)
        return self._client.run(lambda db: definitions(db).count_documents(query))

    def remove(self, address: StreamAddress) -> None:
        """Forget a stream, which need not be there; its instances stay."""
        take_out(
            self._client,
            address,
            lambda collection, query: collection.delete_one(query).deleted_count,
        )

    def last_updated(self, address: StreamAddress) -> datetime | None:
        """Return when instances were last written to a stream, None if that is not known."""
        return self._moment(address, "last_updated")

    def last_accessed(self, address: StreamAddress) -> datetime | None:
        """Return when somebody last began to compute a stream, None if that is not known."""
        return self._moment(address, "last_accessed")

    def _moment(self, address: StreamAddress, field: str) -> datetime | None:
        found = self._client.run(lambda db: find_definitions(db, [address], field))
        moment = found.get(address.key, {}).get(field)
        return None if moment is None else from_ms(int(moment))

    def _insert(self, addresses: Sequence[StreamAddress]) -> set[str]:
        """Define streams; return the keys of those that somebody else has defined."""
        documents = {address: _document(address) for address in addresses}
        return self._client.run(lambda db: _insert(db, documents)) if documents else set()

    @staticmethod
    def _check_absent(addresses: Sequence[StreamAddress], found: Container[str]) -> None:
        present = [address for address in addresses if address.key in found]
        if present:
            raise StreamAlreadyExistsError(
                f"Stream {present[0]} exists already"
                + (f", and so do {len(present) - 1} others" if present[1:] else "")
                + "; get_or_create_stream returns it.",
                stream=present[0],
            )


def _document(address: StreamAddress) -> Document:
    document: Document = {
        "_id": ObjectId(),
        "stream_key": address.key,
        "stream_id": stored_id(address),
        "channel_id": address.channel_id,
        "calculated_intervals": [],
        "revision": 0,
    }
    return document if address.sandbox is None else {**document, "sandbox": address.sandbox}


def _insert(db: Database[Document], documents: Mapping[StreamAddress, Document]) -> set[str]:
    """Insert definitions; return the keys of those that somebody else has inserted."""
    taken: set[str] = set()
    for part in chunks(documents, _PART):
        try:
            definitions(db).insert_many([documents[each] for each in part], ordered=False)
        except BulkWriteError as error:
            refused = [part[each["index"]] for each in duplicates(error)]
            ids = {documents[each]["_id"] for each in refused}
            found = find_definitions(db, refused, "_id")
            # An earlier try may have inserted it, without its answer coming through.
            mine = {key for key, definition in found.items() if definition["_id"] in ids}
            taken |= {each.key for each in refused} - mine
    return taken
