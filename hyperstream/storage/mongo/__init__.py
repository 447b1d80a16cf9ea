"""Streams in MongoDB: their definitions, their instances, and what is calculated of them."""

from __future__ import annotations

from hyperstream.storage.mongo.catalogue import MongoCatalogue
from hyperstream.storage.mongo.codec import register
from hyperstream.storage.mongo.definitions import MongoDefinitions
from hyperstream.storage.mongo.instances import MongoInstances
from hyperstream.storage.mongo.ledger import MongoLedger
from hyperstream.storage.mongo.sessions import MongoSessions
from hyperstream.storage.mongo.storage import MongoStorage

__all__ = [
    "MongoCatalogue",
    "MongoDefinitions",
    "MongoInstances",
    "MongoLedger",
    "MongoSessions",
    "MongoStorage",
    "register",
]
