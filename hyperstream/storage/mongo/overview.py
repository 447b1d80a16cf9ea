"""What a database holds, at a glance: nothing is changed, and no instance is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database

from hyperstream._time import from_ms
from hyperstream.client import Client
from hyperstream.models import (
    PlateDefinitionModel,
    WorkflowDefinitionModel,
    collection_of,
)
from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo.documents import Document, address_of, definitions, fetched, key_of
from hyperstream.storage.mongo.entry import Entry
from hyperstream.storage.mongo.sessions import MongoSessions
from hyperstream.time_interval import TimeIntervals

_WHERE = ("stream_id", "channel_id", "sandbox")
_FIELDS = (*_WHERE, "calculated_intervals", "instance_count", "last_updated", "producer.tool")


@dataclass(frozen=True)
class StreamSummary:
    """What the definition of a stream says.

    Attributes
    ----------
    address : StreamAddress
        The stream.
    instances : int or None
        About how many instances it has; None if that is not known.
    updated : datetime or None
        When instances were last written (UTC).
    calculated : TimeIntervals
        What is calculated.
    tool : str or None
        The tool that computed it last.
    """

    address: StreamAddress
    instances: int | None
    updated: datetime | None
    calculated: TimeIntervals
    tool: str | None


@dataclass(frozen=True)
class Overview:
    """What a database holds.

    Attributes
    ----------
    streams : dict
        The number of streams, by channel.
    instances : int
        About how many instances they have.
    workflows, online : int
        The number of workflows, and of those that the online engine executes.
    plates : int
        The number of plates.
    sessions, active : int
        The number of sessions, and of those that may go on.
    """

    streams: dict[str, int]
    instances: int
    workflows: int
    online: int
    plates: int
    sessions: int
    active: int


def stream_summaries(client: Client, address: StreamAddress | None = None) -> list[StreamSummary]:
    """Return what is known of all streams, in order of their addresses.

    Parameters
    ----------
    client : Client
        The database, which is up to date.
    address : StreamAddress, optional
        Only this stream.
    """
    query = {} if address is None else key_of(address)
    found = client.run(lambda db: _definitions(db, query, *_FIELDS))
    return sorted(map(_summary, found), key=lambda each: each.address.key)


def overview(client: Client) -> Overview:
    """Count what is in a database, which may be one of release 0.3.8.

    Parameters
    ----------
    client : Client
        The database.
    """
    streams = client.run(lambda db: _definitions(db, {}, "channel_id", "instance_count"))
    workflows = client.run(_workflows)
    sessions = MongoSessions(client).sessions()
    return Overview(
        streams=dict(sorted(Counter(each["channel_id"] for each in streams).items())),
        instances=sum(_count(each) or 0 for each in streams),
        workflows=len(workflows),
        online=sum(workflows.values()),
        plates=client.run(_plates),
        sessions=len(sessions),
        active=sum(each.is_running for each in sessions),
    )


def server_version(client: Client) -> str:
    """Return the version of MongoDB that the server is, or is compatible with."""
    return str(client.run(lambda db: db.command("buildInfo"))["version"])


def _definitions(db: Database[Document], query: Document, *fields: str) -> list[Document]:
    return fetched(definitions(db).find(query, {"_id": 0, **dict.fromkeys(fields, 1)}))


def _workflows(db: Database[Document]) -> dict[Any, bool]:
    """Return which workflows are online."""
    fields = {"_id": 1, "workflow_id": 1, "online": 1}
    found = fetched(db[collection_of(WorkflowDefinitionModel)].find({}, fields))
    # Release 0.3.8 may have left several of one id, of which the latest counts.
    return {
        each["workflow_id"]: bool(each.get("online"))
        for each in sorted(found, key=lambda each: str(each["_id"]))
    }


def _plates(db: Database[Document]) -> int:
    return db[collection_of(PlateDefinitionModel)].estimated_document_count()


def _summary(definition: Document) -> StreamSummary:
    updated = definition.get("last_updated")
    return StreamSummary(
        address=address_of(definition),
        instances=_count(definition),
        updated=None if updated is None else from_ms(int(updated)),
        calculated=Entry.of(definition).calculated,
        tool=(definition.get("producer") or {}).get("tool"),
    )


def _count(definition: Document) -> int | None:
    count = definition.get("instance_count")
    # After a crash it may say less than nothing.
    return None if count is None else max(int(count), 0)
