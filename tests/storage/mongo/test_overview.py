"""What a database holds, at a glance."""

from __future__ import annotations

import uuid
from datetime import datetime

from bson import ObjectId

from hyperstream._time import from_ms, use_clock
from hyperstream.storage.base import ProducerRecord
from hyperstream.storage.mongo import MongoSessions
from hyperstream.storage.mongo.overview import (
    Overview,
    StreamSummary,
    overview,
    server_version,
    stream_summaries,
)
from hyperstream.storage.owners import new_owner
from hyperstream.storage.sessions import StoredSession
from tests.storage.mongo.parts import NOON, NOTHING, OTHER, batch_of, spans


def test_a_stream_is_summed_up(client, address, instances, ledger, definitions):
    """From its definition alone."""
    definitions.create([OTHER])
    with use_clock(from_ms(NOON)):
        instances.write([(address, batch_of({NOON: 1, NOON + 1: 2}))])
    ledger.mark(address, spans((NOON, NOON + 1)))
    ledger.set_producers({address: ProducerRecord("apply", "1.0.0", {}, (OTHER.key,))})
    expected = StreamSummary(address, 2, from_ms(NOON), spans((NOON, NOON + 1)), "apply")
    assert stream_summaries(client) == [StreamSummary(OTHER, None, None, NOTHING, None), expected]
    assert stream_summaries(client, address) == [expected]


def test_a_count_is_never_less_than_nothing(client, address):
    """It is a hint, which a crash may leave wrong."""
    client.db.stream_definitions.update_one({}, {"$set": {"instance_count": -3}})
    assert stream_summaries(client)[0].instances == 0


def test_everything_is_counted(client, address, instances):
    """Of workflows of one id, which release 0.3.8 has left, the latest counts."""
    instances.write([(address, batch_of({NOON: 1, NOON + 1: 2}))])
    for online in (False, True):
        document = {"_id": ObjectId(), "workflow_id": "w", "name": "W", "online": online}
        client.db.workflow_definitions.insert_one(document)
    client.db.workflow_definitions.insert_one({"workflow_id": "v", "name": "V"})
    client.db.plate_definitions.insert_one({"plate_id": "H", "meta_data_id": "house"})
    for active in (False, True):
        session = StoredSession(uuid.uuid4(), datetime(2020, 1, 1), None, active, owner=new_owner())
        MongoSessions(client).add(session)
    assert overview(client) == Overview(
        streams={"mongo": 1}, instances=2, workflows=2, online=1, plates=1, sessions=2, active=1
    )


def test_the_server_says_its_version(client):
    """Three numbers or more."""
    assert server_version(client).count(".") >= 2
