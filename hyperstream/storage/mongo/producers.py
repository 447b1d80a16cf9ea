"""How streams are computed, in MongoDB: the field ``producer`` of their definitions.

It holds the keys of all sources, by which the readers of a source are found. Where
a call computes many streams from the same many sources, these streams are a
*group*, named by a digest of the keys, and only one of them, the *keeper*, has the
keys: so they do not take room for each pair of a source and a sink. A keeper that
leaves its group hands the keys over to another of its streams; with the last one
they are gone. Should a group have lost its keeper nevertheless, as in a copy that
was made meanwhile, all is stored anew when somebody computes its streams.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from pymongo import UpdateMany, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database

from hyperstream.client import Client
from hyperstream.storage.base import ProducerRecord, StreamAddress
from hyperstream.storage.mongo.codec import decode_value, encode_value
from hyperstream.storage.mongo.documents import (
    Document,
    address_of,
    definitions,
    fetched,
    find_definitions,
    key_of,
    setting_updates,
)
from hyperstream.utils.errors import StreamNotFoundError

Reach: TypeAlias = "tuple[int, int] | None"
# So many keys may be stored more than once, which saves the round trips that a group takes.
_REPEATED: Final = 1000
# How often to try to set what others set at the same time; then they have the last word.
_TRIES: Final = 5
# A condition on definitions: what changes only these takes no keys away that others need.
_NO_KEEPER: Final[Document] = {"producer.keeps": None}


def producers(client: Client, addresses: Sequence[StreamAddress]) -> list[ProducerRecord | None]:
    """Return how each stream was computed last; see `Ledger.producers`."""
    found = _found(client, addresses)
    stored = [found.get(address.key, {}).get("producer") or {} for address in addresses]
    kept = {each["group"]: tuple(each["sources"]) for each in stored if each.get("keeps")}
    missing = {each["group"] for each in stored if "group" in each} - kept.keys()
    if missing:
        kept |= client.run(lambda db: _kept(db, missing))
    return [_record(each, kept) for each in stored]


def set_producers(client: Client, records: Mapping[StreamAddress, ProducerRecord]) -> None:
    """Store how each of these streams is computed; see `Ledger.set_producers`.

    Raises
    ------
    StreamNotFoundError
        One of the streams is not defined.
    """
    by_sources: dict[tuple[str, ...], list[StreamAddress]] = {}
    for address, record in records.items():
        by_sources.setdefault(record.sources, []).append(address)
    keepers: dict[StreamAddress, Document] = {}
    others: dict[StreamAddress, Document] = {}
    for sources, addresses in by_sources.items():
        keys: Document = {"sources": list(sources)}
        if len(sources) * (len(addresses) - 1) <= _REPEATED:
            others |= {each: _document(records[each], keys) for each in addresses}
            continue
        digest = hashlib.sha256(json.dumps(sources).encode())
        group = {"group": digest.hexdigest()}
        others |= {each: _document(records[each], group) for each in addresses}
        # Hardly ever the one that keeps the former sources of these streams, and refuses at first.
        keeper = addresses[digest.digest()[0] % len(addresses)]
        keepers[keeper] = _document(records[keeper], {**keys, **group, "keeps": True})
        del others[keeper]
    _set(client, keepers, others)


def readers(client: Client, source: StreamAddress) -> list[tuple[StreamAddress, Reach]]:
    """Return the streams that were computed from one, each with its reach."""
    fields = {"stream_id": 1, "channel_id": 1, "sandbox": 1}
    fields |= {"producer.reach": 1, "producer.group": 1}

    def find(db: Database[Document], query: Document) -> list[Document]:
        return fetched(definitions(db).find(query, fields))

    found = client.run(lambda db: find(db, {"producer.sources": source.key}))
    groups = {each["producer"].get("group") for each in found} - {None}
    if groups:
        # One at a time, for the embedded server uses the index for one value.
        found += client.run(
            lambda db: [each for name in groups for each in find(db, {"producer.group": name})]
        )
    return list({address_of(each): _reach(each["producer"]) for each in found}.items())


def take_out(
    client: Client,
    address: StreamAddress,
    change: Callable[[Collection[Document], Document], int],
) -> None:
    """Change a definition so that it says no more how its stream is computed.

    Parameters
    ----------
    client : Client
        The connection.
    address : StreamAddress
        The stream, which need not be defined.
    change : callable
        Is given the collection and a filter, and returns how many definitions it has changed. It
        may be called again.
    """
    condition = _NO_KEEPER
    while not _is_changed(client, key_of(address) | condition, change):
        found = _found(client, [address])
        if not found:
            return
        condition = _handed_over(client, found)[address.key]


def unknown(address: StreamAddress) -> StreamNotFoundError:
    """Return the error for a stream without definition."""
    return StreamNotFoundError(
        f"Stream {address} is not in the database (any more); create it in its channel first.",
        stream=address,
    )


def _set(
    client: Client,
    keepers: Mapping[StreamAddress, Document],
    others: Mapping[StreamAddress, Document],
) -> None:
    """Set the field of some definitions; those that keep the keys of a group hand them over."""
    conditions = {address.key: _NO_KEEPER for address in (*keepers, *others)}
    for _ in range(_TRIES):
        # First the keepers, for the sake of those who look meanwhile.
        updates = [*_updates(keepers, conditions), *_updates(others, conditions)]
        if not updates or _send(client, updates) == len(keepers) + len(others):
            return
        wanted = {**keepers, **others}
        found = _found(client, wanted)
        for address in wanted:
            if address.key not in found:
                raise unknown(address)
        keepers, others = _missing(keepers, found), _missing(others, found)
        conditions = _handed_over(
            client, {each.key: found[each.key] for each in (*keepers, *others)}
        )


def _found(client: Client, addresses: Iterable[StreamAddress]) -> dict[str, Document]:
    return client.run(lambda db: find_definitions(db, addresses, "producer"))


def _is_changed(
    client: Client, query: Document, change: Callable[[Collection[Document], Document], int]
) -> bool:
    return bool(client.run(lambda db: change(definitions(db), query)))


def _updates(
    wanted: Mapping[StreamAddress, Document], conditions: Mapping[str, Document]
) -> list[UpdateMany]:
    return setting_updates(
        (address, conditions[address.key], {"producer": new}) for address, new in wanted.items()
    )


def _send(client: Client, updates: Sequence[UpdateMany]) -> int:
    """Make changes; return how many were made, as far as is known."""
    result = client.run(lambda db: definitions(db).bulk_write(updates, ordered=False))
    return result.modified_count


def _missing(
    wanted: Mapping[StreamAddress, Document], found: Mapping[str, Document]
) -> dict[StreamAddress, Document]:
    """Return what is wanted and not so yet."""
    return {each: new for each, new in wanted.items() if found[each.key].get("producer") != new}


def _handed_over(client: Client, leaving: Mapping[str, Document]) -> dict[str, Document]:
    """Give the keys that some definitions keep to others of their groups, where there are any.

    Returns
    -------
    dict
        Conditions, by stream key: a definition that meets its own may be changed, for what it keeps
        now was handed over.
    """
    stored = {key: each.get("producer") or {} for key, each in leaving.items()}
    # Never to one that keeps them already, for it may be about to leave, too.
    updates = [
        UpdateOne(
            {"producer.group": each["group"], **_NO_KEEPER},
            {"$set": {"producer.sources": each["sources"], "producer.keeps": True}},
        )
        for each in stored.values()
        if each.get("keeps")
    ]
    if updates:
        client.run(lambda db: definitions(db).bulk_write(updates, ordered=False))
    fields = ("group", "keeps")
    return {
        key: {f"producer.{name}": each.get(name) for name in fields} for key, each in stored.items()
    }


def _kept(db: Database[Document], groups: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the keys that are kept for groups, as far as they are."""
    queries = [{"producer.group": group, "producer.keeps": True} for group in groups]
    fields = {"producer.group": 1, "producer.sources": 1}
    found = [definitions(db).find_one(query, fields) for query in queries]
    stored = [each["producer"] for each in found if each is not None]
    return {each["group"]: tuple(each["sources"]) for each in stored}


def _document(record: ProducerRecord, sources: Document) -> Document:
    return {
        "tool": record.tool,
        "version": record.version,
        "parameters": encode_value(record.parameters),
        **sources,
        "reach": None if record.reach is None else list(record.reach),
    }


def _record(stored: Document, kept: Mapping[str, tuple[str, ...]]) -> ProducerRecord | None:
    sources = kept.get(stored["group"]) if "group" in stored else stored.get("sources")
    if sources is None:
        return None
    return ProducerRecord(
        tool=stored["tool"],
        version=stored["version"],
        parameters=decode_value(stored["parameters"]),
        sources=tuple(sources),
        reach=_reach(stored),
    )


def _reach(stored: Document) -> Reach:
    reach = stored.get("reach")
    return None if not reach else (int(reach[0]), int(reach[1]))
