"""Stored streams: their definitions and their instances.

The engine reads and writes both through ``hyperstream.storage.mongo``, which
knows these field names too. The models are for whoever looks at a database with
MongoEngine, and say which indexes there are.
"""

from __future__ import annotations

from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    DynamicField,
    EmbeddedDocument,
    EmbeddedDocumentField,
    EmbeddedDocumentListField,
    IntField,
    ListField,
    StringField,
)

from hyperstream.models.base import stored_in, text
from hyperstream.models.time_interval import TimeIntervalModel
from hyperstream.time_interval import TimeInterval, TimeIntervals

DEFINITIONS = "stream_definitions"
INSTANCES = "streams"


class StreamIdField(EmbeddedDocument):
    """A stream's name and meta data, the latter as a list of [tag, value] pairs."""

    name = text(required=True)
    meta_data = ListField(ListField(text()))


class ClaimModel(EmbeddedDocument):
    """An interval (start, end] of a stream that somebody is computing, until `expires`.

    `owner` is empty where nobody is: what an attempt that died may have left
    in the interval is to be cleared before it is computed again. `is_void`
    where the owner will have to begin again, since late data have come.
    """

    start = DateTimeField(required=True)
    end = DateTimeField(required=True)
    owner = StringField(max_length=512)
    expires = DateTimeField(required=True)
    is_void = BooleanField()


class ProducerModel(EmbeddedDocument):
    """How a stream was computed.

    `sources` are the keys of the streams that were read, `reach` says how far
    around an output (first, second, in milliseconds), or is not there. Of many
    streams with the same many sources, which have the same `group`, only the
    one that `keeps` them for all has `sources`.
    """

    tool = text(required=True)
    version = text(required=True)
    parameters = DictField()
    sources = ListField(StringField())
    group = StringField()
    keeps = BooleanField()
    reach = ListField(IntField())


class StreamDefinitionModel(Document):
    """A stream of a database channel, and what is known of it.

    `stream_key` is the key of a `hyperstream.storage.base.StreamAddress`;
    `revision` counts the changes of intervals, claims and producer;
    `first_datetime`, `last_datetime` and `instance_count` say roughly where
    how much data is, as a hint for queries, which do not rely on it.
    """

    stream_id = EmbeddedDocumentField(StreamIdField, required=True)
    stream_type = text()
    channel_id = text(required=True)
    sandbox = text()
    calculated_intervals = EmbeddedDocumentListField(TimeIntervalModel)
    last_accessed = DateTimeField()
    last_updated = DateTimeField()
    stream_key = StringField(required=True)
    revision = IntField(default=0)
    writer = StringField()
    claims = EmbeddedDocumentListField(ClaimModel)
    producer = EmbeddedDocumentField(ProducerModel)
    first_datetime = DateTimeField()
    last_datetime = DateTimeField()
    instance_count = IntField()

    # The same stream id may be in several channels and sandboxes: the key says which is which.
    meta = stored_in(
        DEFINITIONS,
        {"fields": ["stream_key"], "unique": True},
        {"fields": ["producer.sources"]},
        {"fields": ["producer.group"]},
    )

    def get_calculated_intervals(self) -> TimeIntervals:
        """Return what is calculated."""
        stored = (item for item in self.calculated_intervals if not item.is_empty)
        return TimeIntervals([item.to_interval() for item in stored])

    def set_calculated_intervals(self, intervals: TimeIntervals | list[TimeInterval]) -> None:
        """Set what is calculated, in this object; `save` stores it.

        While other processes may compute the stream, change it through
        ``Stream.calculated_intervals``, which is atomic, and not through the model.
        """
        self.calculated_intervals = [
            TimeIntervalModel.of(item) for item in TimeIntervals(intervals)
        ]


class StreamInstanceModel(Document):
    """One value of a stream at one time.

    `value` is in the form that ``hyperstream.storage.mongo.codec`` describes.
    """

    stream_id = EmbeddedDocumentField(StreamIdField, required=True)
    stream_type = text()
    datetime = DateTimeField(required=True)
    value = DynamicField()
    stream_key = StringField(required=True)

    meta = stored_in(INSTANCES, {"fields": ["stream_key", "datetime"], "unique": True})
