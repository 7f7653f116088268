"""What a run of a benchmark leaves: a JSON record and printed tables."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import rich.box
import torch
from rich.console import Console
from rich.table import Table

from proteingraph.files import replacing
from proteingraph.pretrain.memory import keep_freed_memory

__all__ = ["Run", "print_table"]

ROOT = Path(__file__).parents[2]
RESULTS = ":!benchmarks/*/results/*"  # what runs write, as git excludes it
PACKAGES = ("torch-proteingraph", "torch", "torch-geometric", "numpy", "scikit-learn")


class Run:
    """One run of a benchmark: its threads, its clock and what it writes.

    Args:
        script: File of the script.
        arguments: What the command line said; `threads` and `json` are used.
        argv: The command line without the script. (default: that of the process)
    """

    def __init__(
        self, script: str, arguments: argparse.Namespace, argv: Sequence[str] | None = None
    ) -> None:
        self.script = Path(script).resolve()
        self.argv = list(sys.argv[1:] if argv is None else argv)
        default = self.script.parent / "results" / f"{self.script.stem}.json"
        self.output: Path = arguments.json or default
        self.seconds: dict[str, float] = {}
        self._start = time.perf_counter()
        self._start_of_process = time.process_time()
        if arguments.threads:
            torch.set_num_threads(arguments.threads)
        keep_freed_memory()

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add the seconds spent inside to those of a part of the run."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[part] = self.seconds.get(part, 0.0) + spent

    def write(self, **results: Any) -> Path:
        """Write the record, whole or not at all, and say where it is.

        Args:
            results: Values that JSON can hold, under their names.
        """
        seconds = {**self.seconds, "total": time.perf_counter() - self._start}
        record = {
            "benchmark": str(self.script.relative_to(ROOT / "benchmarks").with_suffix("")),
            "command": shlex.join(["python", *map(_shown, [str(self.script), *self.argv])]),
            "commit": _commit(),
            "machine": _machine(),
            "threads": torch.get_num_threads(),
            "versions": _versions(),
            "seconds": {part: round(value, 1) for part, value in seconds.items()},
            # Of all threads; far below `total` where other work kept the machine busy.
            "processor_seconds": round(time.process_time() - self._start_of_process, 1),
            **results,
        }
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.output) as partial:
            partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        print(f"{self.output} written after {seconds['total']:.0f} s")
        return self.output


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in Markdown, the first column to the left and the others to the right."""
    table = Table(box=rich.box.MARKDOWN)
    for number, name in enumerate(header):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    print(f"\n{title}")
    Console(width=1000, highlight=False, markup=False).print(table)


def _shown(argument: str) -> str:
    """An argument as a record tells it, without the places of one machine."""
    path = Path(argument)
    if not path.is_absolute():
        return argument
    if path.is_relative_to(ROOT):
        return str(path.relative_to(ROOT))
    return "FOLDER" if path.is_dir() else path.name


def _commit() -> str | None:
    """Commit, with `-modified` where tracked files other than results differ; None without git."""
    git = ["git", "-C", str(ROOT)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True)
        changes = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no", "--", ".", RESULTS],
            capture_output=True,
            text=True,
        )
    except OSError:
        return None
    if head.returncode:
        return None
    return head.stdout.strip() + ("-modified" if changes.stdout.strip() else "")


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def _machine() -> str:
    """Processor and operating system; a GPU, if there is one."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")
    cores = os.cpu_count()
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{platform.system()} {platform.machine()}, {cores} cores, {model or 'unknown'}{gpu}"
