"""Stored workflows, and what is asked of them."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, Document, EmbeddedDocumentListField

from hyperstream.models.base import DESCRIPTION_LENGTH, stored_in, text
from hyperstream.models.factor import FactorDefinitionModel
from hyperstream.models.node import NodeDefinitionModel
from hyperstream.models.time_interval import TimeIntervalModel


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


class WorkflowStatusModel(Document):
    """Which intervals of a workflow are requested, and when it was used."""

    workflow_id = text(required=True)
    last_updated = DateTimeField()
    last_accessed = DateTimeField()
    requested_intervals = EmbeddedDocumentListField(TimeIntervalModel)

    meta = stored_in("workflow_status", {"fields": ["workflow_id"]})
