"""Names of owners, from which it can be told that they are dead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hyperstream.storage import owners
from hyperstream.storage.owners import is_dead, new_owner

NAME_AND_WAIT = """
from hyperstream.storage.owners import new_owner
print(new_owner(), flush=True)
input()
"""


@pytest.fixture
def process():
    """Give a process that prints its owner name and waits."""
    with subprocess.Popen(
        [sys.executable, "-c", NAME_AND_WAIT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        yield running
        running.kill()


def test_every_owner_is_another_one():
    """Two owners of one process have different names."""
    assert new_owner() != new_owner()


def test_who_lives_is_not_dead():
    """Owners of a running process live."""
    assert not is_dead(new_owner())


def test_a_process_is_dead_when_it_has_been_killed(process):
    """Before, it lives; after, it is dead, also while its parent has not asked for its end."""
    owner = process.stdout.readline().strip()
    assert not is_dead(owner)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(owner)
    process.wait()
    assert is_dead(owner)


def test_a_later_process_of_the_same_id_is_another_owner():
    """The time of the start tells them apart."""
    machine, pid, started, secret = new_owner().split("|")
    assert is_dead("|".join((machine, pid, started + "0", secret)))


@pytest.mark.parametrize("owner", ["", "somebody", "host:boot:4026531836|1|5|abc", "a|b|c|d"])
def test_of_others_nothing_is_known(owner):
    """Owners on other machines, and names of another form, count as alive."""
    assert not is_dead(owner)


def test_a_process_of_another_user_is_not_dead(monkeypatch):
    """Who may not be asked lives, as long as nothing else is known."""
    machine, _, started, secret = new_owner().split("|")

    def forbid(pid, signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbid)
    monkeypatch.setattr(owners, "_started", lambda pid: "")
    assert not is_dead(f"{machine}|1|{started}|{secret}")


def forget():
    """Let the names of machine and process be found again."""
    owners._machine.cache_clear()
    owners._process.cache_clear()


def test_without_proc_an_owner_is_dead_when_its_process_is_gone(monkeypatch, process):
    """Other systems than Linux do not tell when a process started."""

    def missing(self, **options):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    forget()
    try:
        machine, _, started, secret = new_owner().split("|")
        assert started == ""
        owner = f"{machine}|{process.pid}||{secret}"
        assert not is_dead(owner)
        process.kill()
        process.wait()
        assert is_dead(owner)
    finally:
        forget()
