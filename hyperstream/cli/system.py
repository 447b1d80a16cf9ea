"""What commands work on: the database of the configuration, or a whole HyperStream."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from hyperstream.client import Client
from hyperstream.config import HyperStreamConfig
from hyperstream.hyperstream import HyperStream
from hyperstream.storage.mongo import MongoStorage

_PATIENCE = 60.0


@contextmanager
def hyperstream(options: Namespace) -> Iterator[HyperStream]:
    """Give a HyperStream of the configuration, which ends with the block.

    It has all channels and tools of plugins. Warnings go to standard error.
    """
    hs: HyperStream = HyperStream(
        loglevel=logging.WARNING, file_logger=False, config_filename=options.config
    )
    try:
        yield hs
    finally:
        HyperStream.reset()


@contextmanager
def database(options: Namespace, *, patient: bool = False) -> Iterator[Client]:
    """Give a connection to the database, which need not be up to date.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    patient : bool
        Whether operations may take long. Otherwise the driver gives up those during which the
        server does not answer anything else, as the embedded one.
    """
    config = HyperStreamConfig(options.config).mongo
    with_patience = {"connect_seconds": _PATIENCE} if patient and config["embedded"] else {}
    client = Client({**with_patience, **config})
    try:
        yield client
    finally:
        client.disconnect()


@contextmanager
def storage(options: Namespace) -> Iterator[MongoStorage]:
    """Give the stores of the database: all that is needed where no plugin is."""
    config = HyperStreamConfig(options.config)
    client = Client(config.mongo)
    try:
        yield MongoStorage(client, upgrade=config.upgrade)
    finally:
        client.disconnect()
