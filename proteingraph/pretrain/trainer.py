"""Lightning's trainer without its remarks, and stopped by an interruption."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from lightning.pytorch.utilities.exceptions import SIGTERMException

from proteingraph.errors import TERMINATED

__all__ = ["interruptible", "quiet"]


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what Lightning says about choices that are made on purpose here."""
    loggers = [logging.getLogger(f"lightning.{part}") for part in ("pytorch", "fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            # Of outputs that nothing here changes in place.
            warnings.filterwarnings("ignore", "FSDP2-wrapped module")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let an interruption out as such: Lightning leaves the process, and ignores further ones.

    When the process is asked to end (SIGTERM, as schedulers and ``kill`` do), Lightning ends it
    after the step, as if the run were done: here it ends as others do, with exit code 143.

    Raises:
        KeyboardInterrupt: If it was interrupted.
        SystemExit: If it was asked to end.
    """
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if in_main else None
    try:
        yield
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        if isinstance(error, SIGTERMException):
            raise SystemExit(TERMINATED) from error
        raise
    finally:
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
