"""How stream ids and instances are kept in the database where they are values themselves."""

from __future__ import annotations

from hyperstream.storage.mongo.forms import register
from hyperstream.stream.stream_id import StreamId
from hyperstream.stream.stream_instance import StreamInstance


def register_forms() -> None:
    """Let the database keep `StreamId` and `StreamInstance` values."""
    register(
        StreamId,
        "stream_id",
        lambda value: [value.name, [list(pair) for pair in value.meta_data]],
        lambda payload: StreamId(payload[0], payload[1]),
    )
    register(StreamInstance, "stream_instance", list, lambda payload: StreamInstance(*payload))
