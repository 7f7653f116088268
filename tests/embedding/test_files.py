"""Embedding of many files, good and bad."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time

import numpy as np
import pytest

from proteingraph.datasets import build_store
from proteingraph.embedding import embed_files, embed_structure, files
from proteingraph.errors import ConfigError, DatasetError, StructureError, WeightsError
from proteingraph.io import cut_ranges, read_structure
from proteingraph.pretrain import DenoisingModel


def test_bad_files_are_reported_and_order_is_kept(weights, test_files, tmp_path):
    empty = tmp_path / "empty.pdb"
    empty.write_bytes(b"")
    paths = [test_files / "1aki.bcif", empty, tmp_path / "absent.cif", test_files / "1aki.pdb.gz"]
    results = list(embed_files(weights, paths))
    assert [result.path for result in results] == [str(path) for path in paths]
    assert [result.reason is None for result in results] == [True, False, False, True]
    assert "empty.pdb" in results[1].reason
    assert "absent.cif" in results[2].reason
    assert results[1].chains == []


def test_jobs_give_the_same(weights, test_files, tmp_path):
    store = tmp_path / "store"
    build_store([test_files / "5zng.cif.gz"], store)
    paths = [test_files / "1aki.cif", tmp_path / "absent.pdb", test_files / "5zng.bcif.gz", store]
    one = list(embed_files(weights, paths, jobs=1))
    two = list(embed_files(weights, paths, jobs=2))
    assert [r.path for r in one] == [r.path for r in two]
    assert [r.reason for r in one] == [r.reason for r in two]
    for a, b in zip(one, two, strict=True):
        for x, y in zip(a.chains, b.chains, strict=True):
            np.testing.assert_array_equal(x.residue, y.residue)
            np.testing.assert_array_equal(x.protein, y.protein)


def test_chosen_chain(weights, test_files):
    (result,) = embed_files(weights, [test_files / "5zng.cif.gz"], chains=["A"])
    assert [chain.chain for chain in result.chains] == ["A"]
    (result,) = embed_files(weights, [test_files / "5zng.cif.gz"], chains=["nope"])
    assert "nope" in result.reason


def test_no_weights(tmp_path, test_files):
    with pytest.raises(WeightsError, match="no folder of saved weights"):
        list(embed_files(tmp_path, [test_files / "1aki.pdb"]))


@pytest.mark.parametrize("sigma", [0.0, -1.0, 1e-30, 1e300, float("inf"), float("nan")])
def test_noise_that_no_network_can_be_told(sigma, weights, test_files):
    with pytest.raises(ConfigError, match="sigma must be from"):
        list(embed_files(weights, [test_files / "1aki.pdb"], sigma=sigma))


def test_one_domain_of_each_file(weights, test_files):
    (result,) = embed_files(weights, [test_files / "5zng.cif.gz"], ranges="A:995-1009,A:1020-1029")
    (domain,) = result.chains
    assert domain.chain == "A" and len(domain.sequence) == 15 + 10
    model = DenoisingModel.from_pretrained(weights)
    structure = read_structure(test_files / "5zng.cif.gz")
    expected = embed_structure(model, cut_ranges(structure, "A:995-1009,A:1020-1029"))
    np.testing.assert_allclose(domain.residue, expected[0].residue, atol=1e-5)
    (result,) = embed_files(weights, [test_files / "5zng.cif.gz"], ranges="Q:1-5")
    assert "no chain 'Q'" in result.reason
    with pytest.raises(StructureError, match="1-x"):
        next(embed_files(weights, ["absent.pdb"], ranges="A:1-x"))
    with pytest.raises(ConfigError, match="chains or ranges"):
        next(embed_files(weights, ["absent.pdb"], ranges="A:1-5", chains=["A"]))


def test_corpora_are_embedded_like_files(weights, test_files, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("1aki.cif", "5zng.bcif.gz"):
        (folder / name).write_bytes((test_files / name).read_bytes())
    (folder / "empty.pdb").write_bytes(b"")
    build_store([folder], tmp_path / "store")
    told = []
    report = lambda *numbers: told.append(numbers)  # noqa: E731
    of_folder = list(embed_files(weights, [folder], report=report))
    assert [result.reason is None for result in of_folder] == [True, True, False]
    assert told[-1] == (3, 3, sum(len(result.chains) for result in of_folder))
    of_store = list(embed_files(weights, [tmp_path / "store", "absent.cif"]))
    assert [result.reason is None for result in of_store] == [True, False]
    expected = [chain for result in of_folder for chain in result.chains]
    assert [c.name for c in of_store[0].chains] == [f"{c.name}_{c.chain}" for c in expected]
    for one, other in zip(of_store[0].chains, expected, strict=True):
        assert one.sequence == other.sequence
        np.testing.assert_allclose(one.protein, other.protein, atol=1e-3)
        np.testing.assert_allclose(one.residue, other.residue, atol=1e-3)
    with pytest.raises(ConfigError, match="of structure files, not of entries of a corpus"):
        list(embed_files(weights, [tmp_path / "store"], chains=["A"]))
    (tmp_path / "none").mkdir()
    with pytest.raises(DatasetError, match="none"):
        list(embed_files(weights, [tmp_path / "none"]))


def kill_readers(fifo, stop):
    """Kill all processes of ours whenever one of them reads a file that never ends."""
    while not stop.wait(0.02):
        try:
            end = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)  # fails until somebody reads
        except OSError:
            continue
        killed = multiprocessing.active_children()
        for process in killed:
            process.kill()
        while any(process.is_alive() for process in killed):
            time.sleep(0.02)
        os.close(end)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="takes a named pipe to hold a process")
def test_killed_process_costs_no_other_file(weights, test_files, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    deadly = tmp_path / "deadly.pdb"
    os.mkfifo(deadly)
    paths = [test_files / "1aki.cif", deadly, test_files / "5zng.bcif.gz"]
    stop = threading.Event()
    killer = threading.Thread(target=kill_readers, args=(deadly, stop), daemon=True)
    killer.start()
    try:
        results = list(embed_files(weights, paths, jobs=2))
    finally:
        stop.set()
        killer.join()
    assert [result.path for result in results] == [str(path) for path in paths]
    assert [result.reason is None for result in results] == [True, False, True]
    assert "deadly.pdb: its process was killed" in results[1].reason


def test_no_more_processes_than_cores(weights, test_files, monkeypatch):
    asked = []

    def spy(work, chunks, *, jobs, **rest):
        asked.append(jobs)
        return ([files.FileEmbeddings(task.path)] for (task,) in chunks)

    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    monkeypatch.setattr(files, "map_in_processes", spy)
    assert len(list(embed_files(weights, [test_files / "1aki.cif"] * 9, jobs=100))) == 9
    assert asked == [3]
