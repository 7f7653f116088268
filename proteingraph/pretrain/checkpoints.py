"""Checkpoints of runs: they appear whole, the one before the last is kept, and damage is found."""

from __future__ import annotations

import io
import logging
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from proteingraph.errors import ConfigError
from proteingraph.files import replacing

__all__ = [
    "LAST",
    "PREVIOUS",
    "Checkpoints",
    "find_damage",
    "kept_checkpoints",
    "newest_checkpoint",
]

log = logging.getLogger(__name__)

LAST, PREVIOUS = "last.ckpt", "previous.ckpt"
"""Files of the last checkpoint of a run, and of the one before it."""

Known = TypeVar("Known")


class Checkpoints(TorchCheckpointIO):
    """Writes checkpoints to a temporary name beside their place, and renames them.

    Lightning's own writer moves them from the system's folder for temporary files, which is no one
    step where that is another file system. The last checkpoint, if it is whole, takes the place of
    the previous one before the new one takes its own: at any moment there is a whole one.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Write a checkpoint; on return it is on the disk.

        Args:
            checkpoint: What to write.
            path: File to write.
            storage_options: Not used.

        Raises:
            OSError: If it cannot be written; those that are there stay.
        """
        path = Path(path)
        content = io.BytesIO()
        torch.save(checkpoint, content)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            with partial.open("wb") as file:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            if path.name == LAST and path.exists() and find_damage(path) is None:
                os.replace(path, path.with_name(PREVIOUS))


def kept_checkpoints(last: Path) -> list[Path]:
    """Return which there are of the last checkpoint of a run and the one before, in this order."""
    return [path for path in (last, last.with_name(PREVIOUS)) if path.exists()]


def newest_checkpoint(
    last: Path, understand: Callable[[dict[str, Any]], Known], what: str
) -> tuple[Path, Known] | None:
    """Find the newest checkpoint that is whole; if it is not the last one, that is logged.

    Args:
        last: Where the last checkpoint would be.
        understand: Gives what is to be known of the content of a checkpoint, or fails.
        what: What kind of run it is of, as in ``pre-training run``.

    Returns:
        The file, and what is to be known of it; None if there is no checkpoint.

    Raises:
        ConfigError: If there are checkpoints, and none is whole.
    """
    damaged = []
    for path in kept_checkpoints(last):
        try:
            if damage := find_damage(path):
                raise ValueError(damage)
            known = understand(torch.load(path, map_location="cpu", weights_only=True))
        except Exception as error:
            reason = str(error) or type(error).__name__
            damaged.append(f"{path}: damaged, or no checkpoint of a {what} ({reason})")
            continue
        for reason in damaged:
            log.warning("%s: going on from the one before it, %s", reason, path)
        return path, known
    if damaged:
        raise ConfigError(
            f"{'; '.join(damaged)}: restore it from a copy, or start anew in another folder"
        )
    return None


def find_damage(path: Path) -> str | None:
    """Tell what is wrong with the archive that a checkpoint is: torch checks no checksums.

    Args:
        path: File of the checkpoint.

    Returns:
        The reason; None if it is whole.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if bad := archive.testzip():
                return f"the checksum of {bad} is wrong"
        torch.load(path, map_location="meta", weights_only=True)  # all but the numbers
    except Exception as error:
        # The first sentence: torch goes on with advice to load what nobody has checked.
        return str(error).partition(". ")[0] or type(error).__name__
    return None
