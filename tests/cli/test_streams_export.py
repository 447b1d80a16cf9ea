"""``hyperstream streams export``."""

from __future__ import annotations

import json
import sys

import pytest
from pyarrow import parquet

CSV = (
    "timestamp,value\n"
    "2020-01-01T01:00:00.000Z,21.5\n"
    "2020-01-01T02:00:00.000Z,22.5\n"
    "2020-01-01T03:00:00.000Z,23.5\n"
    "2020-01-01T04:00:00.000Z,24.5\n"
    "2020-01-01T05:00:00.000Z,25.5\n"
)


def test_a_stream_is_printed(command, hall):
    """As CSV where nothing else is said."""
    assert command("streams", "export", hall) == (0, CSV, "")
    lines = command("streams", "export", hall, "--format", "jsonl").lines
    assert json.loads(lines[4]) == {"timestamp": "2020-01-01T05:00:00.000Z", "value": 25.5}


def test_a_part_of_a_stream_is_printed(command, hall):
    """An interval is open at its start."""
    words = ("--from", "2020-01-01T04:00Z", "--to", "2020-01-02")
    lines = command("streams", "export", hall, *words).lines
    assert lines[1:] == ["2020-01-01T05:00:00.000Z,25.5"]


def test_the_name_of_a_file_says_the_format(command, hall, tmp_path):
    """And --format says more."""
    for name in ("a.csv", "a.txt", "a.jsonl", "a.parquet"):
        said = command("streams", "export", hall, "-o", tmp_path / name)
        assert said.lines == [f"Wrote 5 instances to {tmp_path / name}."]
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "a.txt").read_text() == CSV
    assert (tmp_path / "a.jsonl").read_text().count("\n") == 5
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.column("value").to_pylist() == [21.5, 22.5, 23.5, 24.5, 25.5]
    data = command.json("streams", "export", hall, "-o", tmp_path / "b.csv", "--format", "jsonl")
    assert data == {
        "stream": hall,
        "file": str(tmp_path / "b.csv"),
        "format": "jsonl",
        "instances": 5,
    }
    assert (tmp_path / "b.csv").read_text() == (tmp_path / "a.jsonl").read_text()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--format", "parquet"], "Parquet is no text: name a file by -o."),
        (["--json"], "with --json, name a file by -o."),
    ],
)
def test_what_cannot_be_printed_wants_a_file(command, hall, words, problem):
    """With exit code 2."""
    said = command("streams", "export", hall, *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.rstrip().endswith(problem)


def test_a_file_that_is_there_is_replaced_only_if_that_is_meant(command, hall, tmp_path):
    """Without a terminal, --yes must be said."""
    (tmp_path / "a.csv").write_text("mine")
    said = command("streams", "export", hall, "-o", tmp_path / "a.csv")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"hyperstream: Replace the file {tmp_path / 'a.csv'}? There is no")
    assert (tmp_path / "a.csv").read_text() == "mine"
    assert command("streams", "export", hall, "-o", tmp_path / "a.csv", "--yes").code == 0
    assert (tmp_path / "a.csv").read_text() == CSV


def test_a_file_that_cannot_be_written_is_told(command, hall, tmp_path):
    """In one sentence."""
    said = command("streams", "export", hall, "-o", tmp_path / "nowhere" / "a.csv")
    assert said == (
        1,
        "",
        f"hyperstream: {tmp_path}/nowhere/a.csv cannot be written: No such file or directory.\n",
    )


def test_parquet_names_what_it_needs(command, hall, tmp_path, monkeypatch):
    """No file is left where pyarrow is not installed."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "hyperstream.stream.arrow", raising=False)
    said = command("streams", "export", hall, "-o", tmp_path / "a.parquet")
    assert (said.code, said.out) == (1, "")
    assert said.err.rstrip().endswith("pip install 'hyperstream[parquet]'")
    assert not (tmp_path / "a.parquet").exists()
