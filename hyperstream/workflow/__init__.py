"""Workflows: tools that compute nodes from nodes, repeated over plates."""

from __future__ import annotations

from hyperstream.workflow.factor import Factor, MultiOutputFactor, NodeCreationFactor
from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.node import Node
from hyperstream.workflow.plate import Plate, PlateValue
from hyperstream.workflow.plate_manager import PlateManager
from hyperstream.workflow.workflow import Workflow, WorkflowMonitor
from hyperstream.workflow.workflow_manager import WorkflowManager

__all__ = [
    "Factor",
    "MetaDataManager",
    "MultiOutputFactor",
    "Node",
    "NodeCreationFactor",
    "Plate",
    "PlateManager",
    "PlateValue",
    "Workflow",
    "WorkflowManager",
    "WorkflowMonitor",
]
