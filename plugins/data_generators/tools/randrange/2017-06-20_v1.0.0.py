"""Random items of a range."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from random_tool import RandomTool, Seed, whole


class Randrange(RandomTool):
    """Draw from the items of ``range(start, stop, step)``, at each tick of an alignment stream.

    There are no sources; the alignment stream is required. The output holds ints: with a seed,
    those of Python's `random.seed` followed by successive calls of `random.randrange`. Each
    execution starts anew, and goes on over all intervals that it has to compute.

    Parameters
    ----------
    start : int
        Where the range starts; where it stops, if that is all.
    stop : int, optional
        Where the range stops, which is not in it. None: it goes from 0 to `start`.
    step : int
        From one item to the next; not 0.
    seed : int, float, str, bytes or bytearray, optional
        As for `random.seed`. None: something else each time.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Randrange(start=0, stop=100, step=10, seed=1), alignment=["tick", "tick"])
    {1: 20, 2: 90}
    """

    def __init__(
        self, start: int, stop: int | None = None, step: int = 1, seed: Seed = None
    ) -> None:
        self._start = whole("start", start)
        self._stop = None if stop is None else whole("stop", stop)
        self._step = whole("step", step)
        super().__init__(seed, start=start, stop=stop, step=step)

    def _draw(self, generator: random.Random) -> Callable[[], int]:
        return partial(generator.randrange, self._start, self._stop, self._step)
