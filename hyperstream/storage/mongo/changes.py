"""Changing what definitions say about the work on their streams, by compare and set."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from random import uniform
from typing import TypeAlias, TypeVar

from hyperstream.client import Client
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo.documents import (
    Document,
    definitions,
    find_definitions,
    setting_updates,
)
from hyperstream.storage.mongo.entry import FIELDS, Entry, real_time
from hyperstream.utils.errors import HyperStreamError

T = TypeVar("T")
Decision: TypeAlias = Callable[[StreamAddress, "Entry | None", int], "tuple[T, Entry | None]"]
_SECONDS = 60.0
_LONGEST_PAUSE = 0.05


def change(
    client: Client,
    addresses: Sequence[StreamAddress],
    decide: Decision[T],
    noting: Mapping[str, object] | None = None,
) -> dict[StreamAddress, T]:
    """Change the state of streams, each atomically, in a fixed number of round trips.

    Parameters
    ----------
    client : Client
        Where the definitions are.
    addresses : sequence of StreamAddress
        The streams.
    decide : callable
        Is given an address, its stream's state (None for an unknown stream), and
        the real time (in milliseconds, for all streams the same), and returns
        an answer and the new state (the old one or None: no change).
        It is asked again where somebody else changed the state meanwhile; so it
        may be asked after its own change was made, should its acknowledgement
        have been lost and a change by somebody else have followed.
    noting : mapping, optional
        More fields of the definitions to set, of streams whose state changes.

    Returns
    -------
    dict
        The answers, by address.

    Raises
    ------
    HyperStreamError
        Others change the same streams without end.
    """
    # Tells whether a change was one's own, where the acknowledgement of it was lost.
    writer = secrets.token_hex(8)
    answers: dict[StreamAddress, T] = {}
    pending = list(addresses)
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        updates = {}
        now = real_time()
        for address, definition in _read(client, pending):
            if definition is not None and definition.get("writer") == writer:
                continue
            entry = None if definition is None else Entry.of(definition)
            answers[address], changed = decide(address, entry, now)
            if definition is not None and changed is not None and changed is not entry:
                fields = {**changed.document(), **(noting or {}), "writer": writer}
                updates[address] = _update(definition.get("revision"), fields)
        if not updates or _send(client, updates):
            return answers
        pending = list(updates)
        time.sleep(uniform(0, _LONGEST_PAUSE))  # noqa: S311 - no secret
    names = ", ".join(map(str, pending[:5]))
    raise HyperStreamError(
        f"Other processes have changed the definitions of {names} again and again for "
        f"{_SECONDS:g} s; try again when they are less busy.",
        streams=pending,
    )


def _read(
    client: Client, addresses: Sequence[StreamAddress]
) -> list[tuple[StreamAddress, Document | None]]:
    found: dict[str, Document] = client.run(
        lambda db: find_definitions(db, addresses, "revision", "writer", *FIELDS)
    )
    return [(address, found.get(address.key)) for address in addresses]


def _update(revision: int | None, fields: Document) -> tuple[Document, Document]:
    # A definition of release 0.3.8 has no revision yet: None finds that.
    return {"revision": revision}, {**fields, "revision": (revision or 0) + 1}


def _send(client: Client, updates: Mapping[StreamAddress, tuple[Document, Document]]) -> bool:
    """Make changes; tell whether all were made, as far as is known."""
    operations = setting_updates((address, *each) for address, each in updates.items())
    result = client.run(lambda db: definitions(db).bulk_write(operations, ordered=False))
    return result.modified_count == len(updates)
