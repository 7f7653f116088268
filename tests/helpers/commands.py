"""Commands in processes that start at once, and can be killed or denied what they need.

They are forked from a server that has imported everything and done nothing, so that a moment of
their lives is one of their work. Each is the leader of a group, which is killed with all that it
started.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

IMPORTED = [
    "pandas",
    "pyarrow.parquet",
    "rich.progress",
    "tensorboard.summary.writer.event_file_writer",
    "torch.utils.tensorboard",
    "proteingraph.cli.console",
    "proteingraph.datasets.store.build",
    "proteingraph.embedding.files",
    "proteingraph.embedding.tables",
    "proteingraph.pretrain.run",
    "proteingraph.pretrain.split",
    "proteingraph.tasks.finetune.run",
]
COMMIT_EVERY = 0.05
"""Seconds after which runs of a second make work safe, instead of 5."""

Prepare = Callable[[], None]


@dataclass
class Command:
    """A command line of proteingraph.

    Attributes:
        arguments: Its words, without the program.
        log: File for what it prints.
        prepare: Function to call in the process before the command. (default: none)
        threads: Threads to compute with. (default: 1)
        settings: Arguments of `build_store` and `embed_files` that no option sets.
            (default: to make work safe often)
    """

    arguments: Sequence[str]
    log: Path
    prepare: Prepare | None = None
    threads: int = 1
    settings: Mapping[str, Any] = field(default_factory=lambda: {"commit_every": COMMIT_EVERY})

    def start(self) -> Any:
        """Start it; returns the process, whose `pid` is that of its group, when it begins."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(IMPORTED)
        begins = context.Event()
        process = context.Process(target=_be, args=(self, begins))
        process.start()
        begins.wait(120)
        return process

    def run(self) -> int:
        """Run it to its end, and return the exit code."""
        process = self.start()
        process.join()
        return int(process.exitcode)

    def stop(self, seconds: float, number: int = signal.SIGKILL) -> int:
        """Send its group a signal after some seconds; return the exit code, 0 if it was done."""
        process = self.start()
        process.join(seconds)
        if process.exitcode is None:
            send(process.pid, number)
        process.join()
        return int(process.exitcode)

    @property
    def said(self) -> str:
        """What it printed, the last time."""
        return self.log.read_text()


def send(group: int, number: int) -> None:
    """Send a signal to a group, if it has not ended by now."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _be(command: Command, begins: Any) -> None:
    os.setsid()
    output = os.open(command.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for stream in (1, 2):
        os.dup2(output, stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a server is deaf to it

    import torch

    from proteingraph.cli.console import main
    from proteingraph.datasets.store import build
    from proteingraph.embedding import files

    torch.set_num_threads(command.threads)
    for function in (build.build_store, files.embed_files):
        function.__kwdefaults__.update(command.settings)
    if command.prepare is not None:
        command.prepare()
    sys.argv = ["proteingraph", *command.arguments]
    begins.set()
    main()
