"""Building stores: in parallel, with bad files, killed and resumed."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import tarfile
import time
from functools import partial
from types import SimpleNamespace

import pytest

from proteingraph.datasets import ProteinFolder
from proteingraph.datasets.store import ChainStore, build, build_store, verify_store
from proteingraph.datasets.store.items import ImporterItem, StructureItem
from proteingraph.errors import DatasetError
from proteingraph.ray_engine import RayEngine


@pytest.fixture
def sources(test_files, folder, pack, tmp_path):
    """A bit of everything: a folder, a broken file, an archive, packed chains, listed entries."""
    with tarfile.open(tmp_path / "two.tar.gz", "w:gz") as archive:
        archive.add(folder / "two.pdb", "two.pdb")
        archive.add(folder / "broken.pdb", "../broken.pdb")
    pack.save(tmp_path / "pack.npz")
    (tmp_path / "ids.txt").write_text("1aki 9zzz 3o5r")
    names = ("two.tar.gz", "pack.npz", "ids.txt")
    return [str(folder), *(str(tmp_path / name) for name in names), str(test_files / "5zng*")]


def test_a_folder_gives_what_protein_folder_gives(test_files, tmp_path, assert_same_graph):
    store = build_store([test_files], tmp_path / "store")
    folder = ProteinFolder(test_files)
    assert len(store) == len(folder)
    for graph, stored in zip(folder, store, strict=True):
        assert_same_graph(stored, graph)
    assert store.failures["reason"].tolist() == [failure.reason for failure in folder.failures]


def test_complexes(test_files, tmp_path, assert_same_graph):
    store = build_store([test_files / "5zng.cif.gz"], tmp_path / "store", complexes=True)
    (graph,) = ProteinFolder(test_files / "5zng.cif*", complexes=True)
    assert_same_graph(store[0], graph)
    assert len(store) == 1


def test_jobs_change_no_byte(sources, test_files, tmp_path, contents):
    told = []
    for jobs in (1, 2):
        path = tmp_path / f"jobs{jobs}"
        build_store(
            sources, path, jobs=jobs, mirror=test_files, report=lambda *state: told.append(state)
        )
        assert verify_store(path) == []
        assert told[-1][0] == told[-1][1] == len(told) / jobs
    assert contents(tmp_path / "jobs1") == contents(tmp_path / "jobs2")
    failures = ChainStore(tmp_path / "jobs2").failures
    assert failures["file"].tolist() == ["broken.pdb", "two.tar.gz/../broken.pdb", "9zzz"]
    assert all(failures["reason"].str.len() > 20)


@pytest.mark.usefixtures("ray_cluster")
def test_workers_of_ray_change_no_byte(sources, test_files, tmp_path, contents):
    build_store(sources, tmp_path / "here", mirror=test_files)
    told = []
    report = lambda *state: told.append(state)  # noqa: E731
    path = tmp_path / "there"
    build_store(sources, path, engine=RayEngine(2), mirror=test_files, report=report)
    assert contents(path) == contents(tmp_path / "here")
    assert told[-1][0] == told[-1][1] == len(told)


@pytest.mark.slow
@pytest.mark.usefixtures("ray_cluster")
def test_a_build_on_ray_that_broke_off_is_resumed(sources, test_files, tmp_path, contents):
    build_store(sources, tmp_path / "here", mirror=test_files)
    path, options = tmp_path / "there", {"mirror": test_files, "commit_every": 0.0}

    def stop(done, total):
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_store(sources, path, engine=RayEngine(2), report=stop, **options)
    build_store(sources, path, engine=RayEngine(2), resume=True, **options)
    assert contents(path) == contents(tmp_path / "here")


@pytest.mark.slow  # starts three processes, one after the other
def test_a_killed_process_costs_no_other_file(test_files, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    suicide = partial(exec, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    deadly = ImporterItem("deadly", SimpleNamespace(read=suicide), {}, {}, weight=0)
    good = StructureItem("1aki.pdb", str(test_files / "1aki.pdb"))
    outcomes = list(build.read_items(iter([good, deadly, good]), False, jobs=2))
    assert [outcome.pack is not None for outcome in outcomes] == [True, False, True]
    ((file, _, reason),) = outcomes[1].failures
    assert file == "deadly"
    assert "its process was killed" in reason


def test_labels(folder, tmp_path):
    table = tmp_path / "labels.tsv"
    table.write_text("name\tsplit\ntwo_A\ttrain\none_X\ttest\n")
    store = build_store([folder], tmp_path / "store", labels=table)
    assert [graph.split for graph in store] == ["test", "train", ""]
    assert list(store.index.columns) == ["name", "length", "chains", "file", "split"]


def test_what_cannot_be_stored_is_a_failure(folder, tmp_path):
    bad = os.fsencode(folder) + b"/\xff.pdb"
    shutil.copy(folder / "two.pdb", bad)
    store = build_store([folder], tmp_path / "store")
    assert store.names.tolist() == ["one_X", "two_A", "two_B"]
    assert "not Unicode" in store.failures["reason"].iloc[-1]
    assert verify_store(store.path) == []


def test_append_and_its_resumption(folder, test_files, tmp_path, contents):
    whole = contents(build_store([folder, test_files], tmp_path / "whole").path)
    path = tmp_path / "store"
    build_store([folder], path)
    with pytest.raises(DatasetError, match="holds a finished store: append"):
        build_store([test_files], path)
    with pytest.raises(DatasetError, match="resumed with resume alone"):
        build_store([test_files], path, append=True, resume=True)
    stop_after(3, [test_files], path, append=True)
    assert ChainStore(path).names.tolist() == ["one_X", "two_A", "two_B"]
    build_store([test_files], path, resume=True)
    assert contents(path) == whole


class StoppedError(Exception):
    """Ends a build in its course."""


def stop_after(number, sources, path, **options):
    """Build until so many items are done, all of them committed."""

    def report(done, total):
        if done == number:
            raise StoppedError

    with pytest.raises(StoppedError):
        build_store(sources, path, commit_every=0, report=report, **options)


def test_a_build_is_resumed_with_the_same_only(folder, test_files, tmp_path):
    path = tmp_path / "store"
    stop_after(2, [folder], path)
    for sources, options, what in (
        ([test_files], {}, "sources"),
        ([folder], {"complexes": True}, "complexes"),
        ([folder], {"mirror": test_files}, "mirror"),
    ):
        with pytest.raises(DatasetError, match=f"was begun with other {what}"):
            build_store(sources, path, resume=True, **options)
    (folder / "another.pdb").write_bytes((folder / "two.pdb").read_bytes())
    with pytest.raises(DatasetError, match="the files to build from are not those"):
        build_store([folder], path, resume=True)
    (folder / "another.pdb").unlink()
    assert len(build_store([folder], path, resume=True)) == 3


def test_resuming_a_finished_build_does_nothing(folder, tmp_path, contents):
    before = contents(build_store([folder], tmp_path / "store", resume=True).path)
    assert contents(build_store([folder], tmp_path / "store", resume=True).path) == before


def test_wrong_input_leaves_nothing(folder, tmp_path):
    for sources, options, message in (
        ([tmp_path / "nowhere"], {}, "no such file"),
        ([folder], {"labels": tmp_path / "nowhere.tsv"}, "cannot be read as a table"),
        ([folder], {"mirror": tmp_path / "nowhere"}, "no such folder, to be a mirror"),
    ):
        with pytest.raises(DatasetError, match=message):
            build_store(sources, tmp_path / "store", **options)
    assert not (tmp_path / "store").exists()


def build_and_be_killed(sources, path, kills, seed, **options):
    """Kill a build so many times with signal 9, each at a random moment, then let it finish."""
    options = {"resume": True, "commit_every": 0, **options}
    context = multiprocessing.get_context("fork")  # starts in milliseconds
    start = time.monotonic()
    shutil.rmtree(path, ignore_errors=True)
    run = context.Process(target=build_store, args=(sources, path), kwargs=options)
    run.start()
    run.join()
    assert run.exitcode == 0
    span, chance, killed = time.monotonic() - start, random.Random(seed), 0
    while killed < kills:
        if (path / "meta.json").exists():  # too quick for us: begin again
            shutil.rmtree(path)
        run = context.Process(target=build_store, args=(sources, path), kwargs=options)
        run.start()
        run.join(chance.uniform(0, span))
        run.kill()
        run.join()
        killed += run.exitcode == -signal.SIGKILL
    build_store(sources, path, **options)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="takes processes that start quickly")
def test_killed_builds_end_in_the_same_bytes(sources, test_files, tmp_path, contents):
    whole = contents(build_store(sources, tmp_path / "whole", mirror=test_files).path)
    build_and_be_killed(sources, tmp_path / "store", kills=5, seed=1, mirror=test_files)
    assert contents(tmp_path / "store") == whole


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="takes processes that start quickly")
@pytest.mark.parametrize(("jobs", "kills"), [(1, 60), (2, 20)])
def test_often_killed_builds_end_in_the_same_bytes(
    jobs, kills, sources, test_files, tmp_path, contents
):
    whole = contents(build_store(sources, tmp_path / "whole", mirror=test_files).path)
    build_and_be_killed(
        sources, tmp_path / "store", kills=kills, seed=2, jobs=jobs, mirror=test_files
    )
    assert contents(tmp_path / "store") == whole
