"""The algebra of claims: what somebody who asks for intervals may compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperstream.storage.base import Grant

if TYPE_CHECKING:
    from hyperstream.time_interval import TimeIntervals


def grant(
    wanted: TimeIntervals,
    calculated: TimeIntervals,
    claimed: TimeIntervals,
    expired: TimeIntervals,
) -> Grant:
    """Divide what is wanted of one stream.

    Parameters
    ----------
    wanted : TimeIntervals
        What is asked for.
    calculated : TimeIntervals
        What is done already.
    claimed : TimeIntervals
        What others, who are alive, are computing.
    expired : TimeIntervals
        What dead attempts had claimed.

    Returns
    -------
    Grant
        What is free, the part of it to be cleared first, and what to wait for.
    """
    missing = wanted - calculated
    free = missing - claimed
    return Grant(granted=free, leftovers=free & expired, busy=missing & claimed)
