"""Writing a store: what was committed stays whole, whenever the writer is killed."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from proteingraph.datasets.pack import ChainPack
from proteingraph.datasets.store.encode import OFFSET, encode_pack
from proteingraph.datasets.store.layout import (
    BUILD,
    FAILURES,
    FAILURES_TABLE,
    GROWING,
    INDEX,
    META,
    STARTS,
    TEXT_STARTS,
    TEXTS,
    Extent,
    Record,
    checksum,
    read_record,
    sync_folder,
    write_record,
)
from proteingraph.datasets.store.lock import lock_folder
from proteingraph.datasets.store.mapped import MappedFiles
from proteingraph.datasets.store.tables import failure_tables, index_tables, write_tables
from proteingraph.errors import DatasetError
from proteingraph.files import replacing

__all__ = ["StoreWriter"]

_BUFFER = 1 << 20


class StoreWriter:
    """Appends chains to a store; readers see them when it is finished.

    Used as a context, it finishes the store at the end, or after an error leaves it as last
    committed, to be resumed. The bytes of a finished store follow from its entries and failures
    alone, not from how they were appended, committed and resumed.

    Args:
        path: folder of the store; made if need be.
        resume: go on with an unfinished store, after what was last committed; begin one if there is
            none. Default: `False`.
        append: add to a finished store, which is read as it was until this is finished too; begin
            one if there is none. Default: `False`.

    Attributes:
        path: the folder.
        progress: what was given to the last `commit`.
        finished: whether the store is finished, as it may have been already with `resume`.
        torn: whether an append broke off half-way: there is no going on but from the last commit.

    Raises:
        DatasetError: if the folder holds a store and neither is asked for, or something else, or
            cannot be written to, or another process is writing to it.
    """

    def __init__(
        self, path: str | PathLike[str], *, resume: bool = False, append: bool = False
    ) -> None:
        self.path = Path(path).absolute()
        self._files: dict[str, BinaryIO] = {}
        self.torn = False
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatasetError(f"{self.path}: cannot be made: {error.strerror}") from error
        self._lock = lock_folder(self.path)
        try:
            self._record = _begin(self.path, resume, append)
            self.finished = self._record.progress is None
            self.progress: Mapping[str, Any] = self._record.progress or {}
            if not self.finished:
                self._open()
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise _unwritable(self.path, error) from error
            raise

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self.close()

    def __len__(self) -> int:
        """Return the number of entries so far."""
        return self._record.entries

    @property
    def failures(self) -> int:
        """Number of failures so far."""
        return self._record.failures

    def append(self, pack: ChainPack) -> None:
        """Append entries.

        Args:
            pack: chains, domains or complexes.

        Raises:
            DatasetError: if a coordinate is not finite, a label has the name of something else or a
                text is not Unicode (nothing is appended then); or the store cannot be written to.
        """
        self._check_whole()
        record = self._record
        labels = tuple(dict.fromkeys((*record.labels, *pack.labels)))
        content = encode_pack(pack, labels, record.residues, record.files[TEXTS].bytes)
        self.torn = True  # until all of it is written
        for name, values in content.items():
            self._write(name, values)
        self._record = replace(
            self._record,
            entries=record.entries + len(pack),
            residues=record.residues + pack.num_residues,
            backbone=record.backbone or pack.has_backbone,
            labels=labels,
        )
        self.torn = False

    def fail(self, file: str, chain: str, reason: str) -> None:
        """Note what could not be read, for `failures.parquet`.

        Args:
            file: the file.
            chain: its chain; empty if nothing of the file could be read.
            reason: what is wrong with it.

        Raises:
            DatasetError: if the store cannot be written to.
        """
        self._check_whole()
        texts = [text.encode("utf-8", "replace").decode() for text in (file, chain, reason)]
        self.torn = True
        self._write(FAILURES, json.dumps(texts, ensure_ascii=False).encode() + b"\n")
        self._record = replace(self._record, failures=self._record.failures + 1)
        self.torn = False

    def commit(self, progress: Mapping[str, Any] | None = None) -> None:
        """Bring all that was appended to the disk, to be resumed from.

        Args:
            progress: free record of where the caller stands, for JSON. Default: empty.

        Raises:
            DatasetError: if the store cannot be written to.
        """
        try:
            self._sync()
            self._record = replace(self._record, progress=dict(progress or {}))
            write_record(self.path / BUILD, self._record)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self.progress = self._record.progress or {}

    def finish(self) -> None:
        """Write the tables and show all entries to readers.

        Raises:
            DatasetError: if the store cannot be written to.
        """
        if self.finished:
            return
        try:
            self._sync()
            files = MappedFiles(self.path, replace(self._record, progress=None))
            extents = dict(self._record.files)
            for name, tables in (
                (INDEX, index_tables(files)),
                (FAILURES_TABLE, failure_tables(files)),
            ):
                with replacing(self.path / name) as partial:
                    write_tables(partial, tables)
                    extents[name] = _sync_table(partial)
            self._record = replace(files.record, files=extents)
            write_record(self.path / BUILD, self._record)
            _publish(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self.finished = True
        self.close()

    def close(self) -> None:
        """Let go of the folder; what was appended since the last commit is lost."""
        for file in self._files.values():
            with suppress(OSError):  # of a full disk, on which the rest of the buffer is no loss
                file.close()
        self._files = {}
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _open(self) -> None:
        """Open the files, cut off at the last commit."""
        extents = {name: self._record.files.get(name, Extent()) for name in GROWING}
        for name, extent in extents.items():
            descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT, 0o666)
            file = self._files[name] = os.fdopen(descriptor, "r+b", _BUFFER)
            found = file.seek(0, os.SEEK_END)
            if found < extent.bytes:
                raise DatasetError(
                    f"{self.path / name}: cut short, {found:,} bytes of {extent.bytes:,}: remove "
                    "the folder and build the store again"
                )
            file.truncate(extent.bytes)
            file.seek(extent.bytes)
        self._record = replace(self._record, files=extents)
        for name in (STARTS, TEXT_STARTS):
            if not extents[name].bytes:
                self._write(name, bytes(OFFSET.itemsize))

    def _write(self, name: str, content: bytes) -> None:
        extent = self._record.files[name]
        try:
            self._files[name].write(content)
        except OSError as error:
            raise _unwritable(self.path / name, error) from error
        longer = Extent(extent.bytes + len(content), zlib.crc32(content, extent.crc32))
        self._record = replace(self._record, files={**self._record.files, name: longer})

    def _check_whole(self) -> None:
        if self.torn:
            raise DatasetError(
                f"{self.path}: an earlier append broke off: resume from the last commit"
            )

    def _sync(self) -> None:
        self._check_whole()
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())


def _begin(path: Path, resume: bool, append: bool) -> Record:
    """Record to start from, with a `progress` unless there is nothing left to do."""
    for partial in path.glob(".*.partial"):  # of a writer that was killed
        partial.unlink()
    build = read_record(path / BUILD) if (path / BUILD).is_file() else None
    if build is not None and build.progress is None:  # killed at its very last step
        _publish(path)
    elif build is not None:
        if not resume:
            raise DatasetError(
                f"{path}: holds a store that is not finished: resume it, or remove the folder"
            )
        return build
    if (path / META).is_file():
        finished = read_record(path / META)
        if not (resume or append):
            raise DatasetError(
                f"{path}: holds a finished store: append to it, or name another folder"
            )
        if resume:
            return finished
        begun = replace(finished, progress={})
    else:
        others = sorted(entry.name for entry in path.iterdir())
        if others:
            raise DatasetError(
                f"{path}: no store, and not empty ({', '.join(others[:3])}): name another folder"
            )
        begun = Record(progress={})
    write_record(path / BUILD, begun)
    return begun


def _publish(path: Path) -> None:
    """Make the writer's last record that of the store."""
    os.replace(path / BUILD, path / META)
    sync_folder(path)


def _sync_table(path: Path) -> Extent:
    """Bring a file that was written anew to the disk, and return its length and checksum."""
    extent = checksum(path)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return extent


def _unwritable(path: Path, error: OSError) -> DatasetError:
    return DatasetError(f"{path}: cannot be written: {error.strerror or error}")
