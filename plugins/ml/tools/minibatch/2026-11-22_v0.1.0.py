"""Rows, some together."""

from __future__ import annotations

import operator
from datetime import datetime
from typing import Any

from feature_rows import Rows, joined
from sequential_tool import SequentialTool, Step


class Minibatch(SequentialTool):
    """Collect rows to tables of equal length.

    One source of rows, such as those of dataset: dicts ``{"data": array, "target": …}``, where the
    target may be missing, or arrays or numbers alone. The output holds, at the time of every row
    that makes a table full, the dict ``{"data": table, "target": array}``.

    To collect the rows of each hour, whatever their number, use sliding_window and
    sliding_listify: classifier and anomaly_detector take such lists as they are.

    Parameters
    ----------
    first : datetime
        Where the first row lies that counts (naive means UTC).
    size : int
        How many rows a table has.

    Raises
    ------
    ValueError
        The size is less than 1.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> rows = [{"data": [n, 0.5], "target": n} for n in range(5)]
    >>> try_tool(Minibatch(datetime(1970, 1, 1), size=2), rows)[4]
    {'data': array([[2. , 0.5],
           [3. , 0.5]]), 'target': array([2, 3])}
    """

    def __init__(self, first: datetime, size: int) -> None:
        super().__init__(first, size=size)
        if operator.index(size) < 1:
            raise ValueError(f"A table must have at least 1 row, not {size}.")

    def _begin(self) -> Step:
        waiting: list[Rows] = []

        def step(value: Any) -> dict[str, Any] | None:
            rows = Rows.of(value)
            if not rows.single:
                raise ValueError("it is a table already, but single rows were expected")
            waiting.append(rows)
            if len(waiting) < self.size:
                return None
            table = joined(waiting)
            waiting.clear()
            return {"data": table.data} | ({} if table.target is None else {"target": table.target})

        return step

    def _go_on(self, value: Any) -> Step:
        return self._begin()  # after a full table there is nothing left
