"""Instances as JSON text."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import starmap
from typing import Any

from hyperstream.stream import Batch
from hyperstream.stream.stream_instance import instances
from hyperstream.tool.batches import collected
from hyperstream.tool.pointwise import PointwiseTool


class Jsonify(PointwiseTool):
    """Write each instance as JSON.

    One source, of values that JSON knows. The output holds texts: a list of the timestamp, as
    text, and the value, with the keys of dicts in order.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Jsonify(), [{"t": 20.5, "h": 60}])
    {1: '["1970-01-01 00:00:01+00:00", {"h": 60, "t": 20.5}]'}
    """

    def __init__(self) -> None:
        super().__init__()

    def _convert(self, batch: Batch) -> Batch:
        texts = starmap(_text, instances(batch))
        return Batch(batch.timestamps, collected(texts, batch.timestamps, batch.value_list()))


def _text(timestamp: datetime, value: Any) -> str:
    return json.dumps([str(timestamp), value], sort_keys=True)
