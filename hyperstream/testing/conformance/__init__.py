"""The tests that every channel passes that stores data, and every catalogue.

A channel of your own is tested by a subclass of `ChannelConformance` (or of the
parts that apply to it) in a test file for pytest:

.. code-block:: python

    class TestMyChannel(ChannelConformance):
        def make_channel(self):
            return MyChannel("mine")

Examples
--------
>>> from hyperstream.channels import MemoryChannel
>>> class TestMemoryChannel(ChannelConformance):
...     def make_channel(self):
...         return MemoryChannel("memory")
>>> len([name for name in dir(TestMemoryChannel) if name.startswith("test_")]) > 50
True
"""

from __future__ import annotations

from hyperstream.testing.conformance.base import Conformance
from hyperstream.testing.conformance.catalogue import CatalogueConformance
from hyperstream.testing.conformance.execution import CleaningConformance, ExecutionConformance
from hyperstream.testing.conformance.marking import DeletingConformance, MarkingConformance
from hyperstream.testing.conformance.reading import ReadingConformance
from hyperstream.testing.conformance.stateful import StatefulConformance
from hyperstream.testing.conformance.streams import StreamsConformance
from hyperstream.testing.conformance.writing import WritingConformance

__all__ = [
    "CatalogueConformance",
    "ChannelConformance",
    "CleaningConformance",
    "Conformance",
    "DeletingConformance",
    "ExecutionConformance",
    "ForeignChannelConformance",
    "MarkingConformance",
    "ReadingConformance",
    "StatefulConformance",
    "StaticChannelConformance",
    "StreamsConformance",
    "WritingConformance",
]


class ForeignChannelConformance(
    WritingConformance,
    ReadingConformance,
    StreamsConformance,
    MarkingConformance,
    ExecutionConformance,
):
    """What a channel passes that cannot remove single instances."""


class StaticChannelConformance(
    WritingConformance,
    ReadingConformance,
    StreamsConformance,
    DeletingConformance,
    CleaningConformance,
    StatefulConformance,
):
    """What a channel passes whose streams count as calculated up to now."""


class ChannelConformance(StaticChannelConformance, MarkingConformance):
    """What a channel passes that stores data, removes them, and knows what is calculated."""
