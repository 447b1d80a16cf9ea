"""The claims that a round of work holds, renewed before they expire."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hyperstream.storage.base import Ledger, StreamAddress
    from hyperstream.stream import Stream
    from hyperstream.time_interval import TimeIntervals

T = TypeVar("T")
Owner = TypeVar("Owner")

# A quarter of the time that a claim in the database holds.
_RENEW_EVERY = 15.0


class ClaimLostError(Exception):
    """Somebody else has taken over what was being computed."""


class Lease:
    """The claims of one owner on some streams; safe between threads.

    Parameters
    ----------
    owner : str
        Whose claims they are.
    sinks : sequence of Stream
        The streams.

    Attributes
    ----------
    is_closed : bool
        Whether the round is over. A thread that is still at work then, as after Ctrl-C, stores
        nothing more.
    """

    def __init__(self, owner: str, sinks: Sequence[Stream]) -> None:
        self.owner = owner
        self._ledgers = by_ledger(sinks)
        self._lost: set[StreamAddress] = set()
        self._over: set[StreamAddress] = set()
        self._renewed = time.monotonic()
        self._lock = threading.Lock()
        self.is_closed = False

    def is_due(self) -> bool:
        """Tell whether it is time to renew the claims, and to store what there is by then."""
        return time.monotonic() - self._renewed >= _RENEW_EVERY

    def keep(self, mine: Iterable[StreamAddress]) -> None:
        """Renew all claims if it is time.

        Raises
        ------
        ClaimLostError
            There is no claim any more on one of `mine`.
        """
        if self.is_due():
            with self._lock:
                if self.is_due():  # still: another thread may have been faster
                    self._renew()
        if self.is_closed or not self._lost.isdisjoint(mine):
            raise ClaimLostError

    def close(self) -> None:
        """Let nobody rely on these claims any more."""
        self.is_closed = True

    def end(self, addresses: Iterable[StreamAddress]) -> None:
        """Let go of streams whose claims have become marks."""
        self._over.update(addresses)

    def release(self, unsafe: Mapping[StreamAddress, TimeIntervals]) -> None:
        """Give up every claim that is left in each of the ledgers, also where one of them fails.

        Parameters
        ----------
        unsafe : mapping
            By stream, where there may be data that no mark covers: the claims on that are left
            expired.
        """
        failure: BaseException | None = None
        for ledger, addresses in self._open():
            left = {address: unsafe[address] for address in addresses if address in unsafe}
            try:
                if left:
                    ledger.abandon(left, self.owner)
                ledger.release(addresses, self.owner)
                self.end(addresses)
            except BaseException as error:  # noqa: BLE001 - raised again below
                failure = failure or error
        if failure is not None:
            raise failure

    def _renew(self) -> None:
        self._renewed = time.monotonic()
        for ledger, addresses in self._open():
            self._lost |= ledger.renew(addresses, self.owner)

    def _open(self) -> list[tuple[Ledger, list[StreamAddress]]]:
        over = self._over
        held = [
            (ledger, [sink.address for sink in sinks if sink.address not in over])
            for ledger, sinks in self._ledgers
        ]
        return [each for each in held if each[1]]


def by_ledger(sinks: Iterable[Stream]) -> list[tuple[Ledger, list[Stream]]]:
    """Group streams by the ledger that knows them."""
    return grouped(sinks, lambda sink: sink.channel.ledger)


def calculated_of(streams: Iterable[Stream]) -> dict[StreamAddress, TimeIntervals]:
    """Return what is calculated of some streams; each ledger is asked once."""
    known: dict[StreamAddress, TimeIntervals] = {}
    for ledger, group in by_ledger(streams):
        addresses = [stream.address for stream in group]
        known.update(zip(addresses, ledger.calculated(addresses), strict=True))
    return known


def grouped(items: Iterable[T], owner: Callable[[T], Owner]) -> list[tuple[Owner, list[T]]]:
    """Group items by the very object that each belongs to, such as its channel.

    Examples
    --------
    >>> odd, even = [], []
    >>> [numbers for _, numbers in grouped([1, 2, 3], lambda n: odd if n % 2 else even)]
    [[1, 3], [2]]
    """
    groups: dict[int, tuple[Owner, list[T]]] = {}
    for item in items:
        mine = owner(item)
        groups.setdefault(id(mine), (mine, []))[1].append(item)
    return list(groups.values())
