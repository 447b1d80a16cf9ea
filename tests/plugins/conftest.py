"""A folder for the files that the data importers read."""

from __future__ import annotations

import gzip

import pytest

pytest.register_assert_rewrite("tests.plugins.parts")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """Give a function that writes a file of the folder, and its folder if need be."""

    def written(name, content):
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        content = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return name

    return written
