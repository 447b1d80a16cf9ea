"""What Prometheus asks for; only imported where prometheus-client is installed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from hyperstream.utils.errors import ConfigurationError

if TYPE_CHECKING:
    from hyperstream.online_engine.engine import OnlineEngine

logger = logging.getLogger(__name__)


class EngineCollector(Collector):
    """Looks at an engine whenever it is asked, so that the lag of what is stuck grows too.

    Parameters
    ----------
    engine : OnlineEngine
        The engine.
    """

    def __init__(self, engine: OnlineEngine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """Yield what is to be told; each is by workflow, of those that are this engine's."""
        by = ["workflow"]
        lag = GaugeMetricFamily(
            "hyperstream_workflow_lag_seconds", "Seconds of data that it is behind.", labels=by
        )
        took = SummaryMetricFamily(
            "hyperstream_workflow_iteration_seconds", "What requests took that ended.", labels=by
        )
        last = GaugeMetricFamily(
            "hyperstream_workflow_last_iteration_seconds", "What the last one took.", labels=by
        )
        written = CounterMetricFamily(
            "hyperstream_workflow_instances_written", "Instances written.", labels=by
        )
        failed = CounterMetricFamily(
            "hyperstream_workflow_failures", "Requests that have failed.", labels=by
        )
        in_a_row = GaugeMetricFamily(
            "hyperstream_workflow_failures_in_a_row", "Those since one succeeded.", labels=by
        )
        late = GaugeMetricFamily(
            "hyperstream_workflow_late", "Whether one takes longer than the alarm.", labels=by
        )
        for workflow_id, worker in self._engine.workers.items():
            name = [workflow_id]
            if worker.lag is not None:
                lag.add_metric(name, worker.lag)
            if worker.duration is not None:
                last.add_metric(name, worker.duration)
            took.add_metric(name, count_value=worker.iterations, sum_value=worker.seconds)
            written.add_metric(name, worker.instances)
            failed.add_metric(name, worker.failed)
            in_a_row.add_metric(name, worker.failures)
            late.add_metric(name, worker.is_late)
        yield from (lag, took, last, written, failed, in_a_row, late)
        answers = GaugeMetricFamily(
            "hyperstream_engine_database_up", "Whether the database has answered last."
        )
        answers.add_metric([], self._engine.is_connected)
        yield answers


@contextmanager
def served(engine: OnlineEngine, port: int, address: str = "127.0.0.1") -> Iterator[int]:
    """Answer Prometheus inside of a ``with`` block, in a thread.

    Parameters
    ----------
    engine : OnlineEngine
        Whose state is told.
    port : int
        Where; 0 for one that is free.
    address : str
        The address of this machine to listen on.

    Yields
    ------
    int
        The port.

    Raises
    ------
    ConfigurationError
        The port cannot be had.
    """
    registry = CollectorRegistry()
    registry.register(EngineCollector(engine))
    try:
        server, thread = start_http_server(port, address, registry)
    except (OSError, OverflowError) as error:
        msg = f"--metrics-port: {address}:{port} cannot be had: {error}."
        raise ConfigurationError(msg) from error
    logger.info("Metrics are at http://%s:%d/metrics", address, server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
