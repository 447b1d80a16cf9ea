"""Lends the connection of a client to the models of MongoEngine.

MongoEngine keeps its connections in dictionaries of its module, by alias, and opens and closes
them itself. It has no public way to use a connection that is already there, nor to leave one
without closing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from mongoengine import connection as mongoengine
from pymongo import MongoClient

ALIAS = "hyperstream"
_ALIASES = (ALIAS, mongoengine.DEFAULT_CONNECTION_NAME)


class Lender(Protocol):
    """What has a connection to lend."""

    db_name: str

    @property
    def client(self) -> MongoClient[dict[str, Any]]:
        """The driver's client, opened when it is asked for."""
        ...


@dataclass(frozen=True, eq=False)
class _Loan:
    """Stands in for the class of which MongoEngine makes its driver's client."""

    lender: Lender

    def __call__(self, **_: Any) -> MongoClient[dict[str, Any]]:
        return self.lender.client


def borrows(alias: str, lender: Lender | None = None) -> bool:
    """Tell whether the models of an alias use the connection of the lender (None: of any)."""
    settings = mongoengine._connection_settings.get(alias, {})  # noqa: SLF001 - see the module
    loan = settings.get("mongo_client_class")
    return isinstance(loan, _Loan) and lender in (None, loan.lender)


def lend(lender: Lender) -> None:
    """Let the models use a connection, from their next operation on.

    The alias ``hyperstream`` is always taken, the default one unless the program itself uses it.
    """
    take_back()
    loan = _Loan(lender)
    for alias in _ALIASES:
        if alias == ALIAS or alias not in mongoengine._connection_settings:  # noqa: SLF001 - see the module
            mongoengine.register_connection(
                alias, db=lender.db_name, mongo_client_class=loan, uuidRepresentation="standard"
            )


def take_back() -> None:
    """Detach the models from the connection that they borrow; it stays open."""
    for alias in _ALIASES:
        if borrows(alias):
            # `disconnect` closes the connection that it finds.
            mongoengine._connections.pop(alias, None)  # noqa: SLF001 - see the module
            mongoengine.disconnect(alias)
