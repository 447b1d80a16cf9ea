"""Messages reach an MQTT broker, whatever it does meanwhile, and whoever logs never waits."""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from hyperstream.utils.hyperstream_logger import MON, HyperStreamLogger, monitor
from hyperstream.utils.mqtt import publisher
from tests.helpers import BROKER, MqttClient
from tests.mosquitto import Mosquitto, eventually, free_port, program

LOGGER = logging.getLogger("hyperstream")


@pytest.fixture
def log():
    """Give a function that makes a logger to MQTT and returns its handler; all are closed."""
    made = []

    def start(options, **others):
        made.append(HyperStreamLogger(console_logger=False, mqtt_logger=options, **others))
        return made[-1].handlers[-1]

    yield lambda options, **others: start(options, **{"file_logger": False, **others})
    for logger in made:
        logger.close()


@pytest.fixture
def absent(tmp_path) -> Mosquitto:
    """Give a broker that is not running."""
    broker = Mosquitto(tmp_path / "absent")
    yield broker
    broker.__exit__()


def numbers(listener):
    """Return the messages that are numbers."""
    return [int(text) for text in listener.texts if text.isdigit()]


def plain(options, **more):
    """Return options for messages without time and level."""
    return {**options, "formatter": logging.Formatter("%(message)s"), "close_seconds": 20, **more}


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_messages_arrive_in_order(broker, log, qos):
    """Each message is published once, in the order of logging."""
    listener = broker.listen("site/log")
    log(plain(broker.options, topic="site/log", qos=qos))
    for n in range(1000):
        LOGGER.info(str(n))
    eventually(lambda: len(listener.messages) >= 1000)
    assert numbers(listener) == list(range(1000))


def test_the_default_is_a_line_of_text(broker, log):
    """Level, logger and message are in a text, under the topic hyperstream."""
    listener = broker.listen()
    log(broker.options)
    logging.getLogger("hyperstream.stream").warning("careful")
    eventually(lambda: listener.messages)
    topic, text = listener.messages[0]
    assert topic == "hyperstream"
    assert text.endswith("WARNING  hyperstream.stream: careful")


def test_monitoring_messages_are_sent_as_senml(broker, log):
    """With a level of its own and a formatter, only monitoring messages are sent, as SenML."""
    listener = MqttClient(BROKER, broker.port, "monitor/#")
    with closing(listener):
        log({**broker.options, "topic": "monitor/a", "loglevel": MON, "formatter": "senml"})
        LOGGER.critical("not this")
        # The listener subscribes in its own time: a message may come before that.
        eventually(lambda: monitor(20.5, n="lag") or "monitor/a" in listener.last_messages)
    message = json.loads(listener.last_messages.pop("monitor/a"))
    assert message["e"] == [{"n": "lag", "v": 20.5}]


@pytest.mark.slow
def test_a_broker_that_is_away_at_the_start_gets_all_later(broker, log, caplog):
    """Without a broker nothing fails, it is said once, and all is sent when there is one."""
    listener = broker.listen()
    broker.stop()
    log(plain(broker.options))
    for n in range(100):
        LOGGER.info(str(n))
    eventually(lambda: "is not there (" in caplog.text)
    broker.start()
    # The line that says that it is back is logged like any other.
    eventually(lambda: any("is back" in text for text in listener.texts))
    assert numbers(listener) == list(range(100))
    assert caplog.text.count("is not there (") == 1


@pytest.mark.slow
def test_nothing_is_lost_when_the_broker_restarts(broker, log):
    """Messages logged while the broker is away are sent, in order, after it is back."""
    listener = broker.listen()
    log(plain(broker.options))
    LOGGER.info("1")
    eventually(lambda: numbers(listener) == [1])
    broker.stop()
    LOGGER.info("2")
    LOGGER.info("3")
    broker.start()
    eventually(lambda: 3 in numbers(listener))
    # At least once, that is the promise of this level.
    assert sorted(set(numbers(listener))) == [1, 2, 3]


@pytest.mark.slow
@pytest.mark.parametrize("qos", [0, 1])
def test_a_slow_broker_holds_nobody_up(broker, log, qos, caplog, monkeypatch):
    """While the broker takes nothing, logging goes on; what fits is kept, the rest is counted."""
    monkeypatch.setattr(publisher, "_SAY_EVERY", 0.5)
    listener = broker.listen()
    handler = log(plain(broker.options, qos=qos, max_queued=50))
    LOGGER.info("0")
    eventually(lambda: numbers(listener) == [0])
    with broker.paused():
        for n in range(1, 3001):
            LOGGER.info("%04000d", n)
        dropped = handler.dropped
        assert 0 < dropped < 3000

    def said():
        return sum(each.args[0] for each in caplog.records if "were dropped" in each.msg)

    eventually(lambda: said() == handler.dropped)
    eventually(lambda: numbers(listener)[-1] == 3000)
    arrived = numbers(listener)
    assert arrived == sorted(arrived)
    # Lines that say what was dropped may be dropped themselves.
    assert len(arrived) >= 3001 - dropped


def test_only_as_many_as_wanted_are_kept(absent, log):
    """Beyond the bound the oldest are dropped and counted."""
    handler = log({**absent.options, "max_queued": 10, "close_seconds": 0})
    for n in range(25):
        LOGGER.info(str(n))
    assert handler.dropped >= 15


def test_a_broker_that_never_answers_holds_nobody_up(log):
    """A server that takes connections and says nothing costs no more than one that is away."""
    with closing(socket.create_server((BROKER, 0))) as silent:
        handler = log(
            {"server": BROKER, "port": silent.getsockname()[1], "close_seconds": 0, "max_queued": 5}
        )
        for n in range(100):
            LOGGER.info(str(n))
        assert handler.dropped >= 95


def test_closing_says_what_was_not_sent(absent, log, tmp_path):
    """After a bounded time the rest is given up, and the other handlers say how many."""
    options = {**absent.options, "close_seconds": 0.1}
    log(options, file_logger={"path": tmp_path})
    LOGGER.info("one")
    logging.getLogger("hyperstream.x").info("two")
    LOGGER.handlers[-1].close()
    said = (tmp_path / "hyperstream.log").read_text()
    # That the broker is away was logged too, or not yet.
    assert re.search(r"[23] log messages could not be sent to the MQTT broker", said)


def test_the_end_of_a_program_waits_for_its_messages(broker):
    """A program that ends right after logging has its messages sent."""
    listener = broker.listen()
    program = (
        "import json, logging, sys; from hyperstream.utils import HyperStreamLogger;"
        "options = {**json.loads(sys.argv[1]), 'close_seconds': 20};"
        "HyperStreamLogger(console_logger=False, file_logger=False, mqtt_logger=options);"
        "[logging.getLogger('hyperstream').info(f'line {n}') for n in range(50)]"
    )
    subprocess.run([sys.executable, "-c", program, json.dumps(broker.options)], check=True)
    eventually(lambda: len(listener.messages) == 50)
    assert listener.texts[-1].endswith("line 49")


def test_a_user_without_the_password_is_told(broker, log, caplog):
    """With the right password messages arrive; with a wrong one the refusal is logged."""
    passwords = broker.folder / "passwords"
    passwords.touch(0o600)
    subprocess.run([program("mosquitto_passwd"), "-b", passwords, "ann", "secret"], check=True)
    broker.stop()
    broker.settings |= {"allow_anonymous": "false", "password_file": passwords}
    broker.start()
    log({**broker.options, "username": "ann", "password": "wrong", "close_seconds": 0})
    LOGGER.info("nobody reads this")
    eventually(lambda: "Not authorized" in caplog.text)
    before = caplog.text.count("is not there")
    log(plain(broker.options, username="ann", password="secret"))
    LOGGER.info("hello")
    LOGGER.handlers[-1].close()
    assert caplog.text.count("is not there") == before
    assert "could not be sent" not in caplog.text.split("hello")[1]


@pytest.fixture
def certificate(tmp_path):
    """Give a certificate of this machine, which it has signed itself, and its key."""
    names = tmp_path / "own.pem", tmp_path / "own.key"
    command = [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", f"subjectAltName=IP:{BROKER}"]
    command += ["-out", names[0], "-keyout", names[1]]
    subprocess.run(command, check=True, capture_output=True)
    return names


# The library leaves it to the garbage collection to close what it could not encrypt.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_can_be_encrypted(broker, log, certificate, caplog):
    """Who trusts the broker's certificate sends to it; who does not is told why it fails."""
    broker.stop()
    broker.settings |= {"certfile": certificate[0], "keyfile": certificate[1]}
    broker.start()
    log({**broker.options, "tls": True, "close_seconds": 1})
    LOGGER.info("nobody reads this")
    eventually(lambda: "certificate verify failed" in caplog.text)
    LOGGER.handlers[-1].close()
    gc.collect()
    log(plain(broker.options, tls={"ca_certs": str(certificate[0])}))
    LOGGER.info("hello")
    LOGGER.handlers[-1].close()
    assert "could not be sent" not in caplog.text.split("hello")[1]


def test_a_forked_process_has_a_connection_of_its_own(broker, log):
    """Parent and child both log, and neither disturbs the other."""
    listener = broker.listen()
    log(plain(broker.options))
    LOGGER.info("1")
    eventually(lambda: numbers(listener) == [1])
    child = os.fork()
    if child == 0:
        LOGGER.info("2")
        logging.shutdown()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    LOGGER.info("3")
    eventually(lambda: numbers(listener) == [1, 2, 3])


def test_many_threads_log_at_once(broker, log):
    """All messages of all threads arrive."""
    listener = broker.listen()
    log(plain(broker.options))
    threads = [
        threading.Thread(
            target=lambda first=first: [LOGGER.info(str(first + n)) for n in range(50)]
        )
        for first in range(0, 400, 50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: len(listener.messages) == 400)
    assert sorted(numbers(listener)) == list(range(400))


def test_a_message_that_cannot_be_written_harms_nobody(log, capsys):
    """What a formatter cannot do is said as logging does, and the program goes on."""
    handler = log({"server": BROKER, "port": free_port(), "close_seconds": 0})
    handler.handle(logging.makeLogRecord({"msg": "%d", "args": ("no number",)}))
    assert "--- Logging error ---" in capsys.readouterr().err
