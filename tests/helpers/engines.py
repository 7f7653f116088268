"""What workers of an engine do besides their work, so that tests can find them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from proteingraph.parallel import Engine


def tell(folder: Path, start: Callable[..., None] | None, *arguments: Any) -> None:
    """Leave a file named after this process, and go on with what it was to do."""
    (folder / str(os.getpid())).touch()
    if start is not None:
        start(*arguments)


@dataclass(frozen=True)
class Told:
    """An engine whose workers leave their process numbers in a folder as they start."""

    engine: Engine
    folder: Path

    @property
    def threads(self) -> int:
        return self.engine.threads

    @property
    def processes(self) -> list[int]:
        """Workers so far, from the first that started to the last."""
        files = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [int(path.name) for path in files]

    def __call__(self, work, chunks, *, lost, start=None, arguments=()):
        telling = partial(tell, self.folder, start)
        return self.engine(work, chunks, lost=lost, start=telling, arguments=arguments)


@dataclass(frozen=True)
class ToldChunks:
    """Chunks that leave the number of the process that iterates them in a folder."""

    chunks: Sequence[Sequence[Any]]
    folder: Path

    def __iter__(self) -> Iterator[Sequence[Any]]:
        tell(self.folder, None)
        return iter(self.chunks)
