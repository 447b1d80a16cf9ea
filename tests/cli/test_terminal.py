"""Commands at a terminal and in a pipe, as processes of their own."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta

import pytest

from hyperstream._time import iso_format, utcnow
from tests.cli.parts import DAY, at_a_terminal, words_of

pytestmark = pytest.mark.slow

HOUR = ("--from", "2020-01-01T00:00Z", "--to", "2020-01-01T01:00Z")


def test_a_terminal_is_asked(command, config, hall):
    """Only yes means yes."""
    for answer in ("n", "", "maybe", "\x04"):
        said = at_a_terminal(config, "streams", "purge", hall, answer=answer or "\n")
        assert said.code == 1
        assert f"Remove everything of {hall}? [y/N] " in said.err
        assert "hyperstream: Nothing was done.\n" in said.err
    assert len(command.json("streams", "head", hall)) == 5
    said = at_a_terminal(config, "streams", "purge", hall, answer="yes")
    assert (said.code, said.err.endswith("Purged 1 stream.\n")) == (0, True)
    assert command("streams", "head", hall).code == 1


def test_a_question_is_not_among_the_answers(config, hall):
    """It is on standard error."""
    said = at_a_terminal(config, "streams", "purge", hall, "--json", answer="y", keep_output=True)
    assert said.out == f'{{\n  "purged": [\n    "{hall}"\n  ]\n}}\n'
    assert "[y/N]" in said.err


def test_long_work_shows_a_bar_on_a_terminal(config, hall, tmp_path):
    """On standard error, so that the answer is clean."""
    for words, title in (
        (["db", "backup", str(tmp_path / "a")], "Copying"),
        (["streams", "export", hall, "-o", str(tmp_path / "a.csv")], "Exporting"),
    ):
        said = at_a_terminal(config, *words, keep_output=True)
        assert said.code == 0
        assert f"{title}:" in said.err
        assert said.out.count("\n") == 1


def test_a_pipe_sees_no_bar(config, squares, tmp_path):
    """Nothing but the answer is said."""
    for words in (["workflows", "run", squares, *HOUR], ["db", "backup", tmp_path / "a"]):
        done = subprocess.run(words_of(config, *words), check=True, capture_output=True, text=True)
        assert (done.stderr, done.stdout.count("\n")) == ("", 1)


def test_a_reader_that_has_seen_enough_is_no_error(config, fill):
    """As `head` is: no traceback, and exit code 0."""
    with fill() as hs:
        stream = hs.channel_manager.mongo.get_or_create_stream("long")
        moments = (DAY + timedelta(seconds=second) for second in range(5000))
        stream.writer([(moment, "x" * 50) for moment in moments])
    for words in (["export", "mongo:long"], ["head", "mongo:long", "-n", "5000", "--json"]):
        process = subprocess.Popen(
            words_of(config, "streams", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        assert (process.wait(timeout=60), said) == (0, "")


def test_a_warning_is_one_line(config, squares):
    """Without a line of the source."""
    words = ("--from", iso_format(utcnow() - timedelta(minutes=1)), "--to", "2200-01-01")
    done = subprocess.run(
        words_of(config, "workflows", "run", squares, *words),
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert re.match(r"hyperstream: .* future", done.stderr)
