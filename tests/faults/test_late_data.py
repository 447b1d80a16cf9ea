"""Processes compute while others write late data and forget what is computed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter

import pytest

from hyperstream.stream.stream_instance import instances
from tests.faults.late_data import WHOLE, WIDTH, in_database

pytestmark = pytest.mark.slow
AT_WORK = ["execute", "execute", "write", "forget"]


def stored(stream):
    """Return what is stored of a stream, whether it is marked or not."""
    return [tuple(each) for each in instances(stream.channel.head(stream, WHOLE, 10_000))]


@pytest.fixture
def w(mongo_config):
    """Give the workflow in the database."""
    found = in_database(mongo_config)
    yield found
    found.nodes["raw"].channel.storage.client.disconnect()


def test_late_data_disturb_nobody(tmp_path, mongo_config, w):
    """No process fails, and in the end all is as if computed from what there is then."""
    config = tmp_path / "mongo.json"
    config.write_text(json.dumps(mongo_config))
    seeds = [random.randrange(1_000_000) for _ in AT_WORK]  # noqa: S311 - not a secret
    processes = [
        subprocess.Popen([sys.executable, "-m", "tests.faults.late_data", config, work, str(seed)])
        for work, seed in zip(AT_WORK, seeds, strict=True)
    ]
    assert [each.wait(timeout=120) for each in processes] == [0] * len(AT_WORK), seeds
    w.execute(WHOLE)
    sums = Counter()
    for house, stream in w.nodes["raw"].streams.items():
        raw = stored(stream)
        rolling = [(t, sum(v for s, v in raw if t - WIDTH < s <= t)) for t, _ in raw]
        assert stored(w.nodes["rolling"].streams[house]) == rolling, seeds
        sums.update(dict(rolling))
    assert stored(w.nodes["world"].streams[()]) == sorted(sums.items()), seeds
