"""Streams: references, identifiers, instances, views and collections."""

from __future__ import annotations

from hyperstream.storage.batch import Batch
from hyperstream.stream.stored import register_forms
from hyperstream.stream.stream import AssetStream, DatabaseStream, Producer, Stream
from hyperstream.stream.stream_collections import StreamDict, StreamInstanceCollection
from hyperstream.stream.stream_id import StreamId, get_stream_id
from hyperstream.stream.stream_instance import StreamInstance, StreamMetaInstance
from hyperstream.stream.stream_view import StreamView

__all__ = [
    "AssetStream",
    "Batch",
    "DatabaseStream",
    "Producer",
    "Stream",
    "StreamDict",
    "StreamId",
    "StreamInstance",
    "StreamInstanceCollection",
    "StreamMetaInstance",
    "StreamView",
    "get_stream_id",
]

register_forms()
