"""``python -m hyperstream.online_engine``: the engine as a process of its own."""

from __future__ import annotations

import argparse
import copy
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from hyperstream.config import CONFIG_FILENAME, OnlineEngineConfig
from hyperstream.hyperstream import HyperStream
from hyperstream.online_engine.engine import OnlineEngine
from hyperstream.utils.errors import ConfigurationError, HyperStreamError, MissingExtraError

# Seconds to store what has come, when the engine ends; the broker keeps the rest.
_RECEIVE_GRACE = 3.0
_INTERRUPTED = 130  # what a shell says of a program that ended by SIGINT
_DESCRIPTION = "Executes the workflows that are online, again and again, until it is told to stop."
_EXAMPLES = """examples:
  python -m hyperstream.online_engine --config /etc/hyperstream/config.json
  python -m hyperstream.online_engine --workflow heating lighting --metrics-port 9101
  python -m hyperstream.online_engine --receive house  (what comes over MQTT, while it runs)
  python -m hyperstream.online_engine --once           (from cron, say)
"""


@runtime_checkable
class Receiver(Protocol):
    """A channel that receives what comes from elsewhere, such as an `MQTTChannel`."""

    def start(self) -> None:
        """Begin to receive, in the background."""

    def stop(self, seconds: float) -> None:
        """Receive no more, after so many seconds at most."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the engine to a parser; ``--config`` is not among them."""
    parser.add_argument(
        "--workflow",
        nargs="+",
        action="extend",
        default=[],
        metavar="ID",
        help="the workflows to execute (default: all that are online)",
    )
    parser.add_argument(
        "--receive",
        nargs="+",
        action="extend",
        default=[],
        metavar="CHANNEL",
        help="the channels to receive for while it runs, over MQTT say (default: none)",
    )
    number = parser.add_mutually_exclusive_group()
    number.add_argument(
        "--iterations",
        type=_number,
        metavar="N",
        help="how many iterations, 0 for no end (default: what the configuration says)",
    )
    number.add_argument(
        "--once",
        action="store_const",
        const=1,
        dest="iterations",
        help="one iteration: catch up and end, with exit code 1 if a workflow has failed",
    )
    parser.add_argument(
        "--debug",
        action="store_true",
        help="one workflow after the other, ending with the first failure; log everything",
    )
    _add_outlets(parser)


def run(options: argparse.Namespace) -> int:
    """Run the engine with the options of a command line.

    Parameters
    ----------
    options : argparse.Namespace
        Those of `add_options`, and ``config``.

    Returns
    -------
    int
        The exit code: 0 after all iterations and after SIGTERM or SIGINT; 1 if a workflow has
        failed in the only iteration.

    Raises
    ------
    HyperStreamError
        The engine cannot begin.
    """
    level = logging.DEBUG if options.debug else logging.INFO
    hs = HyperStream(loglevel=level, file_logger=False, config_filename=options.config)
    with ExitStack() as stack:
        stack.callback(HyperStream.reset)
        engine = OnlineEngine(hs, options.workflow, _config(hs, options.iterations))
        for receiver in [_receiver(hs, channel_id) for channel_id in options.receive]:
            receiver.start()
            stack.callback(receiver.stop, _RECEIVE_GRACE)
        if options.metrics_port is not None:
            metrics = _metrics()
            stack.enter_context(
                metrics.served(engine, options.metrics_port, options.metrics_address)
            )
        if options.history:
            stack.enter_context(hs)
        engine.execute(options.debug)
        # From here on nothing is worth waiting for.
        hs.client.outage.patience = 0
        failures = sum(worker.failed for worker in engine.workers.values())
        return 1 if options.iterations == 1 and failures else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the engine.

    Parameters
    ----------
    arguments : sequence of str, optional
        The options; those of the process otherwise.

    Returns
    -------
    int
        The exit code: that of `run`; 1 for an error, which is told on standard error.
    """
    parser = argparse.ArgumentParser(
        prog="python -m hyperstream.online_engine",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config",
        default=CONFIG_FILENAME,
        metavar="FILE",
        help=f"the configuration file (default: {CONFIG_FILENAME}, if it is there)",
    )
    add_options(parser)
    options = parser.parse_args(arguments)
    try:
        return run(options)
    except HyperStreamError as error:
        if options.debug:
            traceback.print_exc()
        sys.stderr.write(f"hyperstream: {error}\n")
        return 1
    except KeyboardInterrupt:  # the second one: whoever sends it wants no more waiting
        os._exit(_INTERRUPTED)


def _add_outlets(parser: argparse.ArgumentParser) -> None:
    """Add the options for what the engine tells besides its log."""
    parser.add_argument(
        "--metrics-port",
        type=_number,
        metavar="P",
        help="answer Prometheus at this port (0: a free one)",
    )
    parser.add_argument(
        "--metrics-address",
        default="127.0.0.1",
        metavar="A",
        help="the address of this machine to do so at (default: 127.0.0.1, for this machine only)",
    )
    parser.add_argument(
        "--history",
        action="store_true",
        help="open a session, which keeps a record of every call of a tool",
    )


def _config(hs: HyperStream, iterations: int | None) -> OnlineEngineConfig:
    """Return the settings of the configuration, with another number of iterations if wanted."""
    config = copy.copy(hs.config.online_engine)
    if iterations is not None:
        config.iterations = iterations or None
    return config


def _receiver(hs: HyperStream, channel_id: str) -> Receiver:
    """Return a channel that receives."""
    channel = hs.channel_manager.get_channel(channel_id)
    if not isinstance(channel, Receiver):
        raise ConfigurationError(
            f"Channel {channel_id!r} receives nothing: --receive is for channels such as those "
            "from MQTT.",
            channel_id=channel_id,
        )
    return channel


def _metrics() -> Any:
    """Return the module of metrics, which needs a package that is optional."""
    try:
        return import_module("hyperstream.online_engine.metrics")
    except ModuleNotFoundError as error:
        raise MissingExtraError(package="prometheus-client", extra="metrics") from error


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number
