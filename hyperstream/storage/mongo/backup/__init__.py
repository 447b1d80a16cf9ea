"""Copies of a database in a folder of files, and back; the same for every kind of server.

A backup has a file of BSON documents for each collection, which ``mongorestore``
and ``bsondump`` read too, and a manifest with counts and checksums. Marks are
read before the data that they speak of, so that a backup that is made while
others write holds the data of every interval that it calls calculated. The exact
copy of one moment is made while nobody writes.

To move from the embedded server to one of your own::

    backup(Client({"path": ".hyperstream"}), "monday")
    restore(Client({"host": "db.example.org"}), "monday")
"""

from __future__ import annotations

from hyperstream.storage.mongo.backup.manifest import CollectionFile, Manifest
from hyperstream.storage.mongo.backup.restoring import restore
from hyperstream.storage.mongo.backup.writing import backup

__all__ = ["CollectionFile", "Manifest", "backup", "restore"]
