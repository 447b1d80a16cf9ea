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
    definitions,
    duplicates,
    fetched,
    find_definitions,
    in_series,
    key_of,
    stored_id,
)
from hyperstream.utils.errors import StreamAlreadyExistsError

_ADDRESS = {"_id": 0, "stream_id": 1, "channel_id": 1, "sandbox": 1}


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
        documents = [_document(address) for address in new]
        if documents:
            self._check_absent(new, self._client.run(lambda db: _insert(db, documents)))

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
        """
        query = in_series(channel_id, sandbox, name)
        found = self._client.run(lambda db: fetched(definitions(db).find(query, _ADDRESS)))
        wanted = set((tags or {}).items())
        addresses = map(address_of, found)
        return [address for address in addresses if wanted <= set(address.meta_data)]

    def remove(self, address: StreamAddress) -> None:
        """Forget a stream, which need not be there; its instances stay."""
        self._client.run(lambda db: definitions(db).delete_one(key_of(address)))

    def last_updated(self, address: StreamAddress) -> datetime | None:
        """Return when instances were last written to a stream, None if that is not known."""
        return self._moment(address, "last_updated")

    def last_accessed(self, address: StreamAddress) -> datetime | None:
        """Return when a stream was last read by release 0.3.8, None if that is not known."""
        return self._moment(address, "last_accessed")

    def _moment(self, address: StreamAddress, field: str) -> datetime | None:
        found = self._client.run(lambda db: find_definitions(db, [address], field))
        moment = found.get(address.key, {}).get(field)
        return None if moment is None else from_ms(int(moment))

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


def _insert(db: Database[Document], documents: list[Document]) -> set[str]:
    """Insert definitions; return the keys of those that somebody else has inserted."""
    try:
        definitions(db).insert_many(documents, ordered=False)
    except BulkWriteError as error:
        refused = [documents[each["index"]] for each in duplicates(error)]
        query = {"stream_key": {"$in": [document["stream_key"] for document in refused]}}
        ids = {document["_id"] for document in refused}
        # An earlier try may have inserted it, without its answer coming through.
        found = fetched(definitions(db).find(query, {"stream_key": 1}))
        return {each["stream_key"] for each in found if each["_id"] not in ids}
    return set()
