"""``hyperstream db``: care of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperstream.client import Client
from hyperstream.config import HyperStreamConfig
from hyperstream.storage.mongo.upgrade import upgrade

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> None:
    """Do what ``hyperstream db`` was asked to.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    client = Client(HyperStreamConfig(options.config).mongo)
    try:
        upgrade(client)
    finally:
        client.disconnect()
    print(f"The database {client.db_name!r} is up to date.")
