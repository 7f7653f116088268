"""Embedding on the workers of a Ray cluster: the same bytes as by one process of this machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.engines import Told

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.datasets.store import build_store, export_entries
from proteingraph.embedding import embed_files, write_embeddings
from proteingraph.ray_engine import RayEngine

pytestmark = pytest.mark.usefixtures("ray_cluster")


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> list[Path]:
    """Folder of files, one of them bad, a store, and a file that is not there."""
    folder = tmp_path_factory.mktemp("sources")
    pack = load_cath_scop_mini()
    few = pack.subset(np.argsort(pack.lengths, kind="stable")[:40])
    list(export_entries(few, range(40), folder / "files"))
    (folder / "files" / "bad.pdb").write_text("no structure\n")
    pack.subset(np.arange(300)).save(folder / "pack.npz")
    build_store([folder / "pack.npz"], folder / "store")  # two runs of entries
    return [folder / "files", folder / "store", folder / "absent.cif"]


@pytest.fixture
def one_thread():
    """One thread in this process, as in each worker: the order of sums depends on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def written(path: Path, results) -> tuple[bytes, list[tuple[str, str | None]]]:
    """Bytes of a table of results, and what could not be read."""
    _, failed = write_embeddings(path, results, metadata={"model": "small"})
    return path.read_bytes(), [(result.path, result.reason) for result in failed]


def test_same_bytes_as_locally(weights, sources, tmp_path, one_thread):
    here = written(tmp_path / "here.parquet", embed_files(weights, sources))
    told = []
    there = embed_files(
        weights, sources, engine=RayEngine(2), report=lambda *numbers: told.append(numbers)
    )
    assert written(tmp_path / "there.parquet", there) == here
    assert [Path(path).name for path, _ in here[1]] == ["bad.pdb", "absent.cif"]
    assert told == [(done, 44, embedded) for done, (_, _, embedded) in enumerate(told, 1)]
    assert told[-1] == (44, 44, 340)


@pytest.mark.slow
def test_killed_workers_change_no_byte(weights, sources, tmp_path, one_thread):
    here = written(tmp_path / "here.parquet", embed_files(weights, sources))
    folder = tmp_path / "processes"
    folder.mkdir()
    engine = Told(RayEngine(2), folder)

    def killing(done, total, embedded):
        if done in (3, 20, 41):  # whatever they are at; at the end, runs of 200 entries
            for process in engine.processes[-2:]:
                os.kill(process, signal.SIGKILL)

    there = embed_files(weights, sources, engine=engine, report=killing)
    assert written(tmp_path / "there.parquet", there) == here
    assert len(engine.processes) > 4


@pytest.mark.slow
def test_run_that_was_left_is_resumed(weights, sources, tmp_path, one_thread):
    here = written(tmp_path / "here.parquet", embed_files(weights, sources))
    kept = {"engine": RayEngine(2), "parts": tmp_path / "parts", "commit_every": 0.0}
    results = embed_files(weights, sources, **kept)
    for _ in range(9):
        next(results)
    results.close()
    there = embed_files(weights, sources, **kept, resume=True)
    assert written(tmp_path / "there.parquet", there) == here


def kill_readers(fifo: Path, engine: Told, stop: threading.Event) -> None:
    """Kill all workers whenever one of them reads a file that never ends."""
    while not stop.wait(0.02):
        try:
            end = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)  # fails until somebody reads
        except OSError:
            continue
        for process in engine.processes:
            if Path(f"/proc/{process}").exists():
                os.kill(process, signal.SIGKILL)
        time.sleep(0.5)
        os.close(end)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="takes a named pipe to hold a process")
def test_file_that_kills_workers_costs_no_other(weights, test_files, tmp_path):
    deadly, folder = tmp_path / "deadly.pdb", tmp_path / "processes"
    os.mkfifo(deadly)
    folder.mkdir()
    engine, stop = Told(RayEngine(2), folder), threading.Event()
    paths = [test_files / "1aki.cif", deadly, test_files / "5zng.bcif.gz", test_files / "1aki.pdb"]
    killer = threading.Thread(target=kill_readers, args=(deadly, engine, stop), daemon=True)
    killer.start()
    try:
        results = list(embed_files(weights, paths, engine=engine))
    finally:
        stop.set()
        killer.join()
    assert [result.path for result in results] == [str(path) for path in paths]
    assert [result.reason is None for result in results] == [True, False, True, True]
    assert "deadly.pdb: its process was killed" in results[1].reason
