"""Stored workflows, and what is asked of them."""

from __future__ import annotations

from typing import Any, Final

import bson
from bson.codec_options import CodecOptions
from mongoengine import (
    BooleanField,
    DateTimeField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    EmbeddedDocumentListField,
    FloatField,
    IntField,
)

from hyperstream.models.base import DESCRIPTION_LENGTH, LENIENT, stored_in, text
from hyperstream.models.factor import FactorDefinitionModel
from hyperstream.models.node import NodeDefinitionModel
from hyperstream.models.time_interval import TimeIntervalModel

# Of the 16 MB of a document, a little is for its id.
_LARGEST: Final = 16 * 1024 * 1024 - 1024
_OPTIONS: Final = CodecOptions[dict[str, Any]](uuid_representation=bson.UuidRepresentation.STANDARD)


class WorkflowDefinitionModel(Document):
    """A workflow: nodes, and the factors between them.

    `online` ones are executed by the online engine; `monitor` ones are logged
    at level MON while they run.
    """

    workflow_id = text(required=True)
    name = text(required=True)
    description = text(longest=DESCRIPTION_LENGTH)
    owner = text()
    nodes = EmbeddedDocumentListField(NodeDefinitionModel)
    factors = EmbeddedDocumentListField(FactorDefinitionModel)
    online = BooleanField(default=False)
    monitor = BooleanField(default=False)

    meta = stored_in("workflow_definitions", {"fields": ["workflow_id"]})


def too_large(workflow: WorkflowDefinitionModel) -> str:
    """Return why a workflow does not fit into a document; nothing if it does."""
    size = len(bson.encode(workflow.to_mongo(), codec_options=_OPTIONS))
    if size <= _LARGEST:
        return ""
    return (
        f"it takes {size / 1e6:.1f} MB, and a document of MongoDB holds 16 MB: let tools read "
        "large parameters from a file or a stream"
    )


class EngineStatusModel(EmbeddedDocument):
    """What the online engine has done with a workflow, and which engine is at it.

    The engine is `owner`, a name of `hyperstream.storage.owners`; others leave the workflow alone
    until `expires`. `interval` is the last one that was completed, at `completed`, and took
    `duration` seconds. `failures` counts those in a row since then; the last one ever was at
    `failed`, for the reason `error`. All moments but those of `interval` are real time.
    """

    owner = text()
    expires = DateTimeField()
    interval = EmbeddedDocumentField(TimeIntervalModel)
    completed = DateTimeField()
    duration = FloatField()
    failures = IntField(default=0)
    failed = DateTimeField()
    error = text(longest=DESCRIPTION_LENGTH)

    meta = LENIENT


class WorkflowStatusModel(Document):
    """Which intervals of a workflow are requested, when it was used, and what the engine did.

    `revision` counts changes, so that nobody undoes that of somebody else.
    """

    workflow_id = text(required=True)
    last_updated = DateTimeField()
    last_accessed = DateTimeField()
    requested_intervals = EmbeddedDocumentListField(TimeIntervalModel)
    engine = EmbeddedDocumentField(EngineStatusModel)
    revision = IntField()

    meta = stored_in("workflow_status", {"fields": ["workflow_id"]})
