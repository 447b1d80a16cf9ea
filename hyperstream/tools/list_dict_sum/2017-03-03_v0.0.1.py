"""The sum of each list of dicts, key by key."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.batches import Pace, collected
from hyperstream.tool.pointwise import TimeByTime

logger = logging.getLogger(__name__)


class ListDictSum(TimeByTime, Tool):
    """Add the dicts of each list, key by key.

    One source, of lists of dicts of numbers (or arrays). The output holds dicts: for each key the
    sum over the dicts that have it, added to what it has at the start.

    Parameters
    ----------
    start_dict : dict, optional
        What to start with for each list; it is not changed.
    log_new_keys : bool
        Whether to log keys that `start_dict`, if there is one, lacks, once for each key and
        execution.
    insert_new_keys : bool
        Whether such keys are in the output.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(ListDictSum(start_dict={"hall": 0, "attic": 0}), [[{"hall": 1}, {"hall": 2}], []])
    {1: {'hall': 3, 'attic': 0}, 2: {'hall': 0, 'attic': 0}}
    """

    def __init__(
        self,
        start_dict: Mapping[Any, Any] | None = None,
        log_new_keys: bool = True,
        insert_new_keys: bool = True,
    ) -> None:
        super().__init__(
            start_dict=start_dict, log_new_keys=log_new_keys, insert_new_keys=insert_new_keys
        )
        self._start = dict(start_dict or {})
        self._log = log_new_keys and start_dict is not None
        self._insert = insert_new_keys

    @check_input_stream_count(1)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        pace = Pace()
        known: set[Any] = set(self._start)
        for batch in sources[0].window(interval, force_calculation=True).batches():
            for part in pace.parts(len(batch)):
                rows = batch.part(part.start, part.stop)
                values = rows.value_list()
                sums = map(partial(self._sum, known), values)
                yield Batch(rows.timestamps, collected(sums, rows.timestamps, values))

    def _sum(self, known: set[Any], dicts: Sequence[Mapping[Any, Any]]) -> dict[Any, Any]:
        """Add dicts; `known` are the keys that need not be logged any more."""
        total = dict(self._start)
        for each in dicts:
            for key, value in each.items():
                if self._log and key not in known:
                    known.add(key)
                    logger.warning("Tool %s found new key %r", self.name, key)
                if key in total:
                    total[key] = total[key] + value  # not +=, which would change an array
                elif self._insert:
                    total[key] = value
        return total
