"""Packs that are made once and then kept in a data set's folder, with what was left out."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path

from proteingraph.datasets.folder import Failure
from proteingraph.datasets.pack import ChainPack
from proteingraph.errors import DatasetError
from proteingraph.files import replacing

__all__ = ["keep_pack"]

log = logging.getLogger(__name__)

HEADER = ["path", "reason"]


def keep_pack(
    path: str | PathLike[str],
    make: Callable[[], tuple[ChainPack, list[Failure]]],
    *,
    force: bool = False,
) -> tuple[ChainPack, list[Failure]]:
    """Read a pack, making and writing it first if it is not there.

    Beside the pack lies a table of what was left out, `NAME.failures.tsv`. What is returned has
    been read from the files, so it is the same the first time as later. Of several processes one
    makes the pack, and the others wait.

    Args:
        path: file of the pack, ending in `.npz`; its folder is made if absent.
        make: makes the pack, and lists what was left out.
        force: whether to make it anew even if it is there. Default: `False`.

    Returns:
        The pack and what was left out.

    Raises:
        DatasetError: if nothing could be packed, or the files are damaged or cannot be written.
    """
    from filelock import FileLock

    target = Path(path)
    table = target.with_suffix(".failures.tsv")
    if force or not target.is_file():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(target.with_name(f".{target.name}.lock")):
                if force or not target.is_file():
                    _write(target, table, *make())
        except OSError as error:
            raise DatasetError(f"{fspath(path)}: cannot be written ({error})") from error
    pack, failures = ChainPack.load(target), _read_failures(table)
    if failures:
        log.warning(
            "%s: %d structures were left out (see .failures); the first: %s",
            target.stem,
            len(failures),
            failures[0].reason,
        )
    return pack, failures


def _write(target: Path, table: Path, pack: ChainPack, failures: list[Failure]) -> None:
    """Write the table, then the pack: where that is, all is."""
    if not len(pack):
        reasons = "\n".join(f"  {failure.reason}" for failure in failures[:5])
        raise DatasetError(f"{target}: not one structure could be read:\n{reasons}")
    with replacing(table) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, delimiter="\t")
        rows.writerow(HEADER)
        rows.writerows((failure.path.as_posix(), failure.reason) for failure in failures)
    pack.save(target)


def _read_failures(table: Path) -> list[Failure]:
    try:
        with table.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file, delimiter="\t")
        if header != HEADER:
            raise ValueError(f"columns {header}, expected {HEADER}")
        return [Failure(Path(path), reason) for path, reason in rows]
    except (OSError, ValueError, csv.Error) as error:
        raise DatasetError(
            f"{table}: cannot be read ({error}); remove the folder {table.parent} to make it anew"
        ) from error
