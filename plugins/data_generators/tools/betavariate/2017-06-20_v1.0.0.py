"""Random numbers between 0 and 1, of a beta distribution."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, number


class Betavariate(RandomTool):
    """Draw from a beta distribution, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds floats between 0 and
    1: with a seed, those of Python's `random.seed` followed by successive calls of
    `random.betavariate`. Each execution starts anew, and goes on over all intervals that it has to
    compute.

    Parameters
    ----------
    alpha : float
        Greater than 0.
    beta : float
        Greater than 0.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Betavariate(alpha=2, beta=5, seed=1), alignment=["tick", "tick"])
    {1: 0.0844..., 2: 0.2431...}
    """

    def __init__(self, alpha: float, beta: float, seed: Seed = None) -> None:
        self._alpha = number("alpha", alpha)
        self._beta = number("beta", beta)
        super().__init__(seed, alpha=alpha, beta=beta)

    def _draw(self, generator: random.Random) -> Callable[[], float]:
        return partial(generator.betavariate, self._alpha, self._beta)
