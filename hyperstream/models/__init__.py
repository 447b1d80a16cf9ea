"""The documents that HyperStream keeps in MongoDB, as MongoEngine models.

Collections and field names are those of release 0.3.8. The models use the
connection alias ``hyperstream``, which `hyperstream.client.Client` registers.
"""

from __future__ import annotations

from mongoengine import Document

from hyperstream.models.base import (
    checked,
    collection_of,
    copied,
    declared_indexes,
    from_document,
    problems,
)
from hyperstream.models.factor import FactorDefinitionModel, OutputPlateDefinitionModel
from hyperstream.models.meta_data import MetaDataModel
from hyperstream.models.node import NodeDefinitionModel
from hyperstream.models.plate import PlateDefinitionModel, PlateModel
from hyperstream.models.session import SessionModel, UnameModel
from hyperstream.models.stream import (
    ClaimModel,
    ProducerModel,
    StreamDefinitionModel,
    StreamIdField,
    StreamInstanceModel,
)
from hyperstream.models.time_interval import TimeIntervalModel
from hyperstream.models.tool import ToolModel, ToolParameterModel
from hyperstream.models.workflow import (
    EngineStatusModel,
    WorkflowDefinitionModel,
    WorkflowStatusModel,
)

DOCUMENTS: tuple[type[Document], ...] = (
    MetaDataModel,
    PlateDefinitionModel,
    SessionModel,
    StreamDefinitionModel,
    StreamInstanceModel,
    WorkflowDefinitionModel,
    WorkflowStatusModel,
)

__all__ = [
    "DOCUMENTS",
    "ClaimModel",
    "EngineStatusModel",
    "FactorDefinitionModel",
    "MetaDataModel",
    "NodeDefinitionModel",
    "OutputPlateDefinitionModel",
    "PlateDefinitionModel",
    "PlateModel",
    "ProducerModel",
    "SessionModel",
    "StreamDefinitionModel",
    "StreamIdField",
    "StreamInstanceModel",
    "TimeIntervalModel",
    "ToolModel",
    "ToolParameterModel",
    "UnameModel",
    "WorkflowDefinitionModel",
    "WorkflowStatusModel",
    "checked",
    "collection_of",
    "copied",
    "declared_indexes",
    "from_document",
    "problems",
]
