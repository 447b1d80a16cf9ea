"""Helpers that every layer above shares."""

from __future__ import annotations

from hyperstream.utils.containers import (
    FrozenKeyDict,
    Hashable,
    Printable,
    TypedBiDict,
    TypedFrozenKeyDict,
)
from hyperstream.utils.decorators import (
    check_input_stream_count,
    check_output_format,
    check_tool_defined,
    timeit,
)
from hyperstream.utils.errors import handle_exception
from hyperstream.utils.hyperstream_logger import (
    MON,
    HyperStreamLogger,
    SenMLFormatter,
    monitor,
)
from hyperstream.utils.serialization import func_dump, func_load, func_reconstruct_closure
from hyperstream.utils.statistics import histogram, percentile
from hyperstream.utils.time_utils import (
    MAX_DATE,
    MIN_DATE,
    UTC,
    construct_experiment_id,
    datetime2unix,
    duration2str,
    get_timedelta,
    is_naive,
    json_serial,
    reconstruct_interval,
    remove_microseconds,
    unix2datetime,
    utcnow,
)
from hyperstream.utils.utils import camel_to_snake, snake_to_camel

__all__ = [
    "MAX_DATE",
    "MIN_DATE",
    "MON",
    "UTC",
    "FrozenKeyDict",
    "Hashable",
    "HyperStreamLogger",
    "Printable",
    "SenMLFormatter",
    "TypedBiDict",
    "TypedFrozenKeyDict",
    "camel_to_snake",
    "check_input_stream_count",
    "check_output_format",
    "check_tool_defined",
    "construct_experiment_id",
    "datetime2unix",
    "duration2str",
    "func_dump",
    "func_load",
    "func_reconstruct_closure",
    "get_timedelta",
    "handle_exception",
    "histogram",
    "is_naive",
    "json_serial",
    "monitor",
    "percentile",
    "reconstruct_interval",
    "remove_microseconds",
    "snake_to_camel",
    "timeit",
    "unix2datetime",
    "utcnow",
]
