"""Rows of features, as the tools of this plugin take them from a stream."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ONE_ROW, _TABLE = 1, 2


@dataclass(frozen=True)
class Rows:
    """Some rows of features.

    Parameters
    ----------
    data : numpy.ndarray of float64
        One row a row, one feature a column. It is not to be changed.
    target : numpy.ndarray or None
        What each row is, where that is known.
    single : bool
        Whether it was one row, and no table of rows.
    """

    data: NDArray[np.float64]
    target: NDArray[Any] | None
    single: bool

    @classmethod
    def of(cls, value: Any) -> Rows:
        """Read a value of a stream.

        Parameters
        ----------
        value : dict, array, number, or list of dicts
            ``{"data": one row, "target": what it is}``, or the same with a table and as many
            targets; the target may be missing. Or the row or table alone, or a number, which is
            a row of one feature. Or a list of dicts with a row each, as sliding_listify gives it.

        Raises
        ------
        ValueError
            It is none of these, or a feature is infinite or NaN.

        Examples
        --------
        >>> Rows.of({"data": [0.5, 1.5], "target": 3})
        Rows(data=array([[0.5, 1.5]]), target=array([3]), single=True)
        >>> Rows.of([{"data": [0.5, 1.5]}, {"data": [2.5, 3.5]}]).data
        array([[0.5, 1.5],
               [2.5, 3.5]])
        """
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            return joined([cls.of(each) for each in value])
        data, target = value, None
        if isinstance(value, Mapping):
            data, target = value.get("data"), value.get("target")
        table = _table(data, value)
        single = np.ndim(data) < _TABLE
        if target is None:
            return cls(table, None, single)
        targets = np.atleast_1d(np.asarray(target))
        if targets.shape != (len(table),):
            raise ValueError(f"it has {len(table)} rows, but targets of shape {targets.shape}")
        return cls(table, targets, single)

    def __len__(self) -> int:
        return len(self.data)

    def each(self, results: NDArray[Any]) -> Any:
        """Return results, one for each row, in the form of the rows: one, or an array."""
        return results[0].item() if self.single else results


def joined(parts: list[Rows]) -> Rows:
    """Join rows to a table.

    Raises
    ------
    ValueError
        They do not have the same features, or some have a target and others not.
    """
    widths = sorted({part.data.shape[1] for part in parts})
    if len(widths) > 1:
        raise ValueError(f"it has rows of {widths[0]} and of {widths[-1]} features")
    targets = [part.target for part in parts if part.target is not None]
    if len(targets) not in {0, len(parts)}:
        raise ValueError("some of its rows have a target, and others not")
    data = np.concatenate([part.data for part in parts])
    return Rows(data, np.concatenate(targets) if targets else None, single=False)


def _table(data: Any, value: Any) -> NDArray[np.float64]:
    try:
        table = np.empty(0) if data is None else np.asarray(data, dtype=np.float64)
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.ndim > _TABLE or table.size == 0:
        raise ValueError(f"{reprlib.repr(value)} holds no row of numbers, nor a table of them")
    if not np.isfinite(table).all():
        raise ValueError("a feature is infinite or NaN")
    # A copy, for it may be kept longer than what it was read from stays as it is.
    return np.array(table.reshape(1, -1) if table.ndim < _TABLE else table, order="C")
