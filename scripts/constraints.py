"""Write constraints.txt: one set of versions that work together, for every supported Python.

Run as `make constraints`. Each interpreter resolves the project with its extras (nothing is
installed); a package whose version is not the same everywhere gets a line per version, with a
marker. Only names and versions are written, never where a package came from.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = "embedded,demo,dev,docs"
SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
HEADER = """\
# Versions that are known to work together, for `pip install -c constraints.txt`.
# Written by `make constraints`; not by hand.
"""


def interpreter(version: str) -> str:
    """Return the path of a Python of this version, from PATH or pyenv."""
    finder = ROOT / ".ci" / "find-python"
    found = subprocess.run([finder, version], check=False, capture_output=True, text=True)
    if found.returncode:
        sys.exit(f"constraints: no Python {version} found; every supported version is needed")
    return found.stdout.strip()


def resolve(version: str) -> dict[str, str]:
    """Return {package: version} as pip resolves the project on this Python."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([interpreter(version), "-m", "venv", folder], check=True)
        report = Path(folder) / "report.json"
        pip = [f"{folder}/bin/python", "-m", "pip", "install", "--quiet", "--upgrade"]
        subprocess.run([*pip, "pip"], check=True)
        target = f"{ROOT}[{EXTRAS}]"
        dry = ["--dry-run", "--ignore-installed", "--report", str(report), target]
        subprocess.run([*pip, *dry], check=True)
        items = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    names = {re.sub(r"[-_.]+", "-", item["name"]).lower(): item["version"] for item in items}
    del names["hyperstream"]
    return names


def marker(versions: list[str]) -> str:
    """Return the marker that is true on exactly these Python versions."""
    if len(versions) == len(SUPPORTED):
        return ""
    return "; " + " or ".join(f"python_version == '{version}'" for version in versions)


def main() -> None:
    """Resolve on each Python and write the file."""
    pins: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for version in SUPPORTED:
        for name, pin in resolve(version).items():
            pins[name][pin].append(version)
    lines = [
        f"{name}=={pin}{marker(versions)}\n"
        for name, by_pin in sorted(pins.items())
        for pin, versions in by_pin.items()
    ]
    (ROOT / "constraints.txt").write_text(HEADER + "".join(lines))


if __name__ == "__main__":
    main()
