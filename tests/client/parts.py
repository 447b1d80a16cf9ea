"""What the tests of the connection share."""

from __future__ import annotations

import mongoengine


class Row(mongoengine.Document):
    """A model as HyperStream's own are."""

    meta = {"db_alias": "hyperstream", "collection": "rows"}  # noqa: RUF012 - as MongoEngine wants
    number = mongoengine.IntField()
