"""One engine works on a workflow at a time."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from hyperstream.client import Client
from hyperstream.models import EngineStatusModel, TimeIntervalModel
from hyperstream.online_engine.leases import Leases, real_now
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.storage.mongo import MongoStorage
from hyperstream.testing.times import over

ELSEWHERE = "station:0a1b:7|4711|123|c0ffee"
SECONDS = 30


class Time:
    """A clock that nobody sets but the test."""

    now = 1000.0

    def __call__(self):
        """Return what it shows."""
        return self.now


@pytest.fixture
def now():
    """The clock of all engines."""
    return Time()


@pytest.fixture(params=["memory", "mongo"])
def catalogue(request):
    """Give a place where leases are kept."""
    if request.param == "memory":
        yield MemoryCatalogue()
        return
    client = Client(request.getfixturevalue("mongo_config"))
    yield MongoStorage(client).catalogue
    client.disconnect()


@pytest.fixture
def engine(catalogue, now):
    """Give a function that makes the leases of another engine."""
    return lambda: Leases(catalogue, SECONDS, now)


def lease(catalogue, owner, seconds, workflow_id="w"):
    """Store the lease of an engine elsewhere."""

    def change(status):
        expires = real_now() + timedelta(seconds=seconds)
        status.engine = EngineStatusModel(owner=owner, expires=expires)
        return True

    catalogue.change_status(workflow_id, change)


def test_the_first_engine_has_it(engine):
    """What is free is taken, and others get nothing of it."""
    one, other = engine(), engine()
    assert list(one.hold(["a", "b"])) == ["a", "b"]
    assert list(other.hold(["a", "b", "c"])) == ["c"]
    assert (one.held, other.held) == (["a", "b"], ["c"])


def test_a_lease_is_kept_in_the_database(engine, catalogue):
    """Its owner is there, with the time until which it holds."""
    one = engine()
    one.hold(["w"])
    found = catalogue.status("w").engine
    assert found.owner == one.owner
    left = (found.expires - real_now()).total_seconds()
    assert SECONDS - 10 < left <= SECONDS


def test_a_lease_is_renewed_in_time(engine, catalogue, now, monkeypatch):
    """It is renewed after a third of its time, not whenever somebody looks."""
    changes = []
    change = catalogue.change_status
    monkeypatch.setattr(
        catalogue, "change_status", lambda *a: changes.append(now.now) or change(*a)
    )
    one = engine()
    for now.now in (0, 9, 11, 12, 22):
        assert list(one.hold(["w"])) == ["w"]
    assert changes == [0, 11, 22]


def test_what_is_given_back_is_free(engine):
    """Another engine has it at once; what is known of the workflow stays."""
    one, other = engine(), engine()
    one.hold(["w"])
    one.save("w", lambda known: setattr(known, "interval", TimeIntervalModel.of(over(0, 1))))
    one.release(["w"])
    assert one.held == []
    assert other.hold(["w"])["w"].interval.to_interval() == over(0, 1)


def test_only_what_is_ours_is_given_back(engine, catalogue):
    """Giving back what another engine has changes nothing."""
    one, other = engine(), engine()
    one.hold(["w"])
    other.release(["w", "x"])
    assert catalogue.status("w").engine.owner == one.owner
    assert catalogue.status("x") is None


def test_a_lease_that_is_over_is_free(engine, catalogue, caplog):
    """It is taken at once, which is logged with the name of the other engine."""
    lease(catalogue, ELSEWHERE, -1)
    assert list(engine().hold(["w"])) == ["w"]
    assert caplog.messages == [
        (
            "Workflow w is taken over from the engine of process 4711 on station, which has not "
            "renewed its lease"
        )
    ]


def test_a_lease_that_holds_is_respected(engine, catalogue, now, caplog):
    """It is logged once who executes the workflow, however often it is renewed."""
    caplog.set_level("INFO")
    one = engine()
    for now.now in range(0, 100, 10):
        lease(catalogue, ELSEWHERE, SECONDS + now.now / 1000)
        assert one.hold(["w"]) == {}
    assert caplog.messages == [
        "Workflow w is executed by the engine of process 4711 on station; standing by"
    ]


def test_a_lease_that_is_not_renewed_is_free(engine, catalogue, now):
    """It is taken when it was seen unchanged for its time, though the other's clock is wrong."""
    lease(catalogue, ELSEWHERE, 100_000)
    one = engine()
    found = []
    for now.now in (0, 15, 29, 31):
        found.append(list(one.hold(["w"])))
    assert found == [[], [], [], ["w"]]


def test_the_lease_of_a_process_that_has_ended_is_free(engine, catalogue):
    """Where it was one of this machine, nobody waits for its time to be over."""
    code = "from hyperstream.storage.owners import new_owner; print(new_owner())"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lease(catalogue, ended.stdout.strip(), 1000)
    assert list(engine().hold(["w"])) == ["w"]


class Meddled:
    """A catalogue where others come between looking and doing."""

    def __init__(self, catalogue, meanwhile):
        self._catalogue = catalogue
        self._meanwhile = meanwhile

    def statuses(self):
        """Return what there is, and let others change it."""
        found = self._catalogue.statuses()
        self._meanwhile()
        return found

    def __getattr__(self, name):
        return getattr(self._catalogue, name)


def test_somebody_may_be_faster(engine, catalogue, now):
    """Of two that find the same lease free, one has it."""
    other = engine()
    one = Leases(Meddled(catalogue, lambda: other.hold(["w"])), SECONDS, now)
    assert one.hold(["w"]) == {}
    assert catalogue.status("w").engine.owner == other.owner


def test_a_lease_that_was_taken_away_is_gone(engine, catalogue, now):
    """Whoever had it learns so, and cannot save anything any more."""
    one = engine()
    one.hold(["w"])
    lease(catalogue, ELSEWHERE, 1000)
    assert not one.save("w", lambda known: setattr(known, "failures", 7))
    assert one.hold(["w"]) == {}
    assert one.held == []
    assert catalogue.status("w").engine.failures == 0


def test_a_workflow_that_was_deleted_is_not_made_again(engine, catalogue):
    """Saving how far it is leaves nothing behind."""
    one = engine()
    one.hold(["w"])
    catalogue.remove_workflow("w")
    assert not one.save("w", lambda known: setattr(known, "failures", 7))
    assert catalogue.status("w") is None
