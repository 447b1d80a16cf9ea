"""Messages go to the handlers of the hyperstream logger, and nothing else is touched."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import numpy as np
import pytest

from hyperstream.utils.errors import ConfigurationError
from hyperstream.utils.hyperstream_logger import (
    MON,
    HyperStreamLogger,
    SenMLFormatter,
    monitor,
)

LOGGER = logging.getLogger("hyperstream")


@pytest.fixture
def make():
    """Make loggers that are closed after the test."""
    made = []

    def make_logger(*args, **kwargs):
        made.append(HyperStreamLogger(*args, **kwargs))
        return made[-1]

    yield make_logger
    for logger in reversed(made):
        logger.close()


def test_the_root_logger_is_left_alone():
    """In a new process, the root logger and the exception hook are as Python made them."""
    program = (
        "import logging, sys; from hyperstream.utils import HyperStreamLogger;"
        "HyperStreamLogger(file_logger=False); root = logging.getLogger();"
        "print(root.handlers, root.level, sys.excepthook is sys.__excepthook__)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[] 30 True"


def test_the_console_shows_messages_of_its_level(make, capsys):
    """Messages from the level on are on standard error, with the name of their logger."""
    make(logging.WARNING, console_logger=True, file_logger=False)
    logging.getLogger("hyperstream.channels").warning("careful")
    logging.getLogger("hyperstream.channels").info("hidden")
    shown = capsys.readouterr().err
    assert "WARNING  hyperstream.channels: careful" in shown
    assert "hidden" not in shown


def test_the_file_has_its_own_level_folder_and_name(make, tmp_path):
    """A dictionary says where the file is and what it takes; the folder is made."""
    options = {"path": tmp_path / "a" / "b", "filename": "c.log", "loglevel": logging.DEBUG}
    make("ERROR", console_logger=False, file_logger=options)
    assert not (tmp_path / "a" / "b" / "c.log").exists()
    LOGGER.debug("detail")
    assert "detail" in (tmp_path / "a" / "b" / "c.log").read_text()


def test_the_default_file_is_in_the_folder_logs(make, tmp_path, monkeypatch):
    """True means logs/hyperstream.log."""
    monkeypatch.chdir(tmp_path)
    make(console_logger=False, file_logger=True)
    LOGGER.info("hello")
    assert "hello" in (tmp_path / "logs" / "hyperstream.log").read_text()


def test_closing_leaves_no_trace(tmp_path):
    """Handlers and level are as before, and closing again does nothing."""
    before = LOGGER.level, list(LOGGER.handlers)
    logger = HyperStreamLogger(5, file_logger={"path": tmp_path})
    assert LOGGER.level == 5
    assert len(LOGGER.handlers) == len(before[1]) + 2
    logger.close()
    logger.close()
    assert (LOGGER.level, LOGGER.handlers) == before
    assert logger.handlers == []


def test_without_handlers_the_level_still_holds():
    """False for both adds no handler, but sets the level, until it is closed."""
    before = LOGGER.level
    logger = HyperStreamLogger(7, console_logger=False, file_logger=False)
    assert logger.handlers == []
    assert LOGGER.level == 7
    logger.close()
    LOGGER.setLevel(8)
    logger.close()
    assert LOGGER.level == 8
    LOGGER.setLevel(before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"console_logger": {"path": "x"}}, "console_logger has the unknown key 'path'"),
        ({"file_logger": {"file": "x"}}, "it may have path, filename, loglevel"),
        ({"console_logger": {"loglevel": "LOUD"}}, "console_logger.loglevel is 'LOUD'"),
        ({"default_loglevel": None}, "default_loglevel is None"),
        ({"console_logger": "yes"}, "console_logger must be True, False or a dictionary, not str"),
        ({"mqtt_logger": {"host": "x"}}, "mqtt_logger has the unknown key 'host'"),
        ({"mqtt_logger": {"port": "1883"}}, "mqtt_logger.port must be a whole number from 1"),
        ({"mqtt_logger": {"topic": "a/+"}}, "mqtt_logger.topic must be the name of a topic"),
        ({"mqtt_logger": {"qos": 3}}, "mqtt_logger.qos must be 0, 1 or 2, not 3"),
        ({"mqtt_logger": {"max_queued": 0}}, "mqtt_logger.max_queued must be a whole number above"),
        ({"mqtt_logger": {"close_seconds": -1}}, "mqtt_logger.close_seconds must be a number"),
        ({"mqtt_logger": {"formatter": "xml"}}, "mqtt_logger.formatter is 'xml'; it may be 'text'"),
        ({"mqtt_logger": {"loglevel": "LOUD"}}, "mqtt_logger.loglevel is 'LOUD'"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    """An unknown key or level is an error that says which, and adds no handler."""
    before = list(LOGGER.handlers)
    with pytest.raises(ConfigurationError, match=message):
        HyperStreamLogger(**{"file_logger": False, **settings})
    assert LOGGER.handlers == before


@pytest.mark.parametrize(("choice", "count"), [(True, 1), ({}, 1), (False, 0), (None, 0)])
def test_messages_over_mqtt_are_wanted_or_not(make, choice, count):
    """True and a dictionary, even an empty one, add a handler; False and None do not."""
    assert len(make(console_logger=False, file_logger=False, mqtt_logger=choice).handlers) == count


def test_mqtt_has_its_own_level_and_formatter(make):
    """Its dictionary may have a formatter, by name or as an object, and a level."""
    own = logging.Formatter("%(message)s")
    for formatter in (own, "senml", "text"):
        mqtt = {"formatter": formatter, "loglevel": "MON"}
        handler = make(console_logger=False, file_logger=False, mqtt_logger=mqtt).handlers[0]
        assert handler.level == MON
        assert handler.formatter is own or formatter is not own


def test_the_library_for_mqtt_is_imported_when_it_is_needed():
    """Importing HyperStream and logging elsewhere does without it."""
    program = (
        "import sys, hyperstream; from hyperstream.utils import HyperStreamLogger;"
        "HyperStreamLogger(file_logger=False, mqtt_logger=False);"
        "print([name for name in sys.modules if 'paho' in name])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    """A file where the folder should be is named."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigurationError, match="taken"):
        HyperStreamLogger(console_logger=False, file_logger={"path": tmp_path / "taken"})


def test_monitoring_passes_every_ordinary_level(make, capsys):
    """A monitoring message is shown even where only critical ones are."""
    make(logging.CRITICAL, file_logger=False)
    monitor("started", n="workflow/1")
    assert logging.getLevelName(MON) == "MON"
    assert "MON      hyperstream: started" in capsys.readouterr().err


def test_senml_has_sender_time_name_and_value(caplog):
    """Numbers stay numbers, texts are formatted, and a name is there in any case."""
    monitor(np.int64(3), n="lag")
    LOGGER.log(MON, "%d of %d", 1, 2)
    formatter = SenMLFormatter("engine")
    first, second = (json.loads(formatter.format(record)) for record in caplog.records)
    assert (first["uid"], first["e"]) == ("engine", [{"n": "lag", "v": 3}])
    assert first["bt"] == round(caplog.records[0].created, 3)
    assert second["e"] == [{"n": "hyperstream", "v": "1 of 2"}]
    assert SenMLFormatter().uid
