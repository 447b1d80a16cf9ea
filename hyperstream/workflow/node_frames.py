"""Nodes as pandas DataFrames; it needs the package pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyperstream.stream.frames import frame_of, frame_of_many

if TYPE_CHECKING:
    import pandas as pd

    from hyperstream.stream import Stream
    from hyperstream.stream.stream import Moment
    from hyperstream.time_interval import TimeInterval
    from hyperstream.workflow.node import Node


def frame_of_node(
    node: Node, time_interval: TimeInterval | Sequence[Moment] | None, force_calculation: bool
) -> pd.DataFrame:
    """Return the streams of a node side by side; see `Node.to_pandas`."""
    if not node.plates:
        return frame_of(node.streams[None].window(time_interval, force_calculation))
    levels, streams = labelled(node)
    views = {
        label: stream.window(time_interval, force_calculation) for label, stream in streams.items()
    }
    return frame_of_many(views, levels)


def labelled(node: Node) -> tuple[list[str], dict[tuple[str, ...], Stream]]:
    """Return the tags of a node's plate values, and its streams by the data of their values."""
    streams = node.streams
    values = node.plate_values
    levels = [tag for tag, _ in values[0]] if values else []
    return levels, {tuple(data for _, data in value): streams[value] for value in values}
