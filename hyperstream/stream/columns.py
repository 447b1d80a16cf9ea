"""How instances become columns of a table: the same for CSV, Parquet, Arrow and pandas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from hyperstream.storage.batch import Batch, Column

TIMESTAMP = "timestamp"
VALUE = "value"


def are_flat(values: Sequence[Any]) -> bool:
    """Tell whether all values are dicts whose keys can be columns.

    Examples
    --------
    >>> are_flat([{"a": 1}, {}]), are_flat([{"a": 1}, 5]), are_flat([{"timestamp": 1}])
    (True, False, False)
    """
    return all(
        isinstance(value, dict)
        and TIMESTAMP not in value
        and all(isinstance(key, str) for key in value)
        for value in values
    )


def column_names(batches: Iterable[Batch]) -> list[str] | None:
    """Return the keys of all values, in order of first appearance, if all are dicts; else None.

    Examples
    --------
    >>> column_names([Batch.of([1], [{"b": 1}]), Batch.of([2, 3], [{"a": 1}, {"b": 2}])])
    ['b', 'a']
    """
    names: dict[str, None] = {}
    for batch in filter(len, batches):
        if isinstance(batch.values, np.ndarray) or not are_flat(batch.values):
            return None
        for value in batch.values:
            names.update(dict.fromkeys(value))
    return list(names) or None


def columns_of(batch: Batch, names: Sequence[str] | None) -> Iterator[tuple[str, Column]]:
    """Yield the columns of a batch: one for each name, or one ``value`` where names are None.

    A key that is not there is None.
    """
    if names is None:
        yield VALUE, batch.values
        return
    values = batch.value_list()
    for name in names:
        yield name, [value.get(name) for value in values]
