"""How many operations changes of definitions take."""

from __future__ import annotations

import bson
import pytest

from hyperstream.storage.base import StreamAddress
from hyperstream.storage.mongo.documents import setting_updates

STREAMS = [StreamAddress("mongo", "many", (("i", str(number)),)) for number in range(1000)]


@pytest.mark.parametrize("different", [1, 2, 7, 200, 1000])
def test_streams_share_operations_whether_they_change_alike_or_not(different):
    """It takes about as many operations, however many different changes there are."""
    changes = [
        (stream, {"revision": number % different}, {"value": number % different})
        for number, stream in enumerate(STREAMS)
    ]
    assert 40 <= len(setting_updates(changes)) <= 40 + different
    assert len(setting_updates(changes)) <= 200


def test_large_changes_have_operations_of_their_own():
    """An operation is never larger than what a server takes, which is 16 MB."""
    large = [[number, number + 1] for number in range(30_000)]
    changes = [(stream, {}, {"value": [n, large]}) for n, stream in enumerate(STREAMS[:50])]
    updates = setting_updates(changes)
    assert len(updates) == 50
    assert all(len(bson.encode({"u": each._doc})) < 2**24 for each in updates)


def test_nothing_takes_no_operation():
    """Without changes there are no updates, which a server would refuse."""
    assert setting_updates([]) == []
