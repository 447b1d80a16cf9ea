"""A place for the files that tools write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hyperstream.execution import ExecutionContext


@pytest.fixture(scope="module", autouse=True)
def output_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let tools write their files to a folder of their own."""
    with ExecutionContext(output_path=tmp_path_factory.mktemp("output")).active() as context:
        yield context.output_path
