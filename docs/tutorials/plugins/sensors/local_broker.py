"""A real MQTT broker on this machine, to try things with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import weakref
from contextlib import closing
from pathlib import Path

SERVER = "127.0.0.1"
_MISSING = """There is no MQTT broker on this machine. To install mosquitto:
  Debian, Ubuntu:  sudo apt-get install mosquitto
  macOS:           brew install mosquitto"""
_SECONDS = 10.0


class LocalBroker:
    """A mosquitto at a free port of 127.0.0.1, from its making to `stop`, or the program's end.

    Attributes
    ----------
    port : int
        Its port.
    stop : callable
        Ends it.

    Raises
    ------
    FileNotFoundError
        Mosquitto is not installed; the error says how to install it.
    """

    def __init__(self) -> None:
        # Debian keeps servers where the PATH of users does not lead.
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
        program = shutil.which("mosquitto", path=path)
        if program is None:
            raise FileNotFoundError(_MISSING)
        folder = tempfile.mkdtemp()
        with closing(socket.socket()) as probe:
            probe.bind((SERVER, 0))
            self.port = probe.getsockname()[1]
        config = Path(folder, "mosquitto.conf")
        config.write_text(f"listener {self.port} {SERVER}\nallow_anonymous true\n")
        self._process = subprocess.Popen(  # noqa: S603 - it is the program that was looked for
            [program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.stop = weakref.finalize(self, _end, self._process, folder)
        self._wait()

    @property
    def address(self) -> dict[str, object]:
        """Where it is, as a channel wants it."""
        return {"server": SERVER, "port": self.port}

    def _wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + _SECONDS
        while True:
            with closing(socket.socket()) as connection:
                if connection.connect_ex((SERVER, self.port)) == 0:
                    return
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ConnectionError(f"Mosquitto has not begun to answer at port {self.port}.")
            time.sleep(0.02)


def _end(process: subprocess.Popen[bytes], folder: str) -> None:
    """End the broker, and remove its folder."""
    process.terminate()
    process.wait()
    shutil.rmtree(folder)
