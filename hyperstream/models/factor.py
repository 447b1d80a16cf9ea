"""Stored factors of workflows."""

from __future__ import annotations

from mongoengine import BooleanField, EmbeddedDocument, EmbeddedDocumentField, ListField

from hyperstream.models.base import LENIENT, text
from hyperstream.models.tool import ToolModel


class OutputPlateDefinitionModel(EmbeddedDocument):
    """The plate that a factor creates when it is executed."""

    plate_id = text(required=True)
    meta_data_id = text(required=True)
    description = text()
    use_provided_values = BooleanField(default=False)
    parent_plate = text()

    meta = LENIENT


class FactorDefinitionModel(EmbeddedDocument):
    """A factor: a tool that computes sink nodes from source nodes.

    `factor_type` is the name of the factor's class.
    """

    factor_type = text(required=True)
    tool = EmbeddedDocumentField(ToolModel, required=True)
    sources = ListField(text())
    sinks = ListField(text())
    alignment_node = text()
    splitting_node = text()
    output_plate = EmbeddedDocumentField(OutputPlateDefinitionModel)

    meta = LENIENT
