"""Functions for windows of data: count, any_set, and online sums, means and variances."""

from __future__ import annotations

from hyperstream.itertools2.itertools2 import (
    any_set,
    count,
    online_average,
    online_product,
    online_sum,
    online_variance,
)

__all__ = [
    "any_set",
    "count",
    "online_average",
    "online_product",
    "online_sum",
    "online_variance",
]
