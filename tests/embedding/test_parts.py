"""Runs of embedding that are stopped, and go on from what they kept."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.embedding import embed_files, write_embeddings
from proteingraph.errors import ConfigError, DatasetError


@pytest.fixture(scope="module")
def sources(test_files, tmp_path_factory):
    """Files, one of them bad, and packed chains."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "bad.pdb").write_text("no structure\n")
    pack = load_cath_scop_mini()
    pack.subset(np.argsort(pack.lengths, kind="stable")[:5]).save(folder / "pack.npz")
    names = ("1aki.cif", "5zng.bcif.gz", "res_ids.cif", "1HE1_r_u.pdb")
    files = [str(test_files / name) for name in names]
    return [*files[:2], str(folder / "bad.pdb"), *files[2:], str(folder / "pack.npz")]


@pytest.fixture
def run(weights, sources, tmp_path):
    """Function that embeds, keeping every result, up to the so manieth piece."""

    def start(stop_after=None, paths=sources, **options):
        done = []

        def report(*state):
            done.append(state[0])
            if state[0] == stop_after:
                raise InterruptedError

        options = {"commit_every": 0, "pairs": True, "report": report, **options}
        results = embed_files(weights, paths, parts=tmp_path / "parts", **options)
        levels = ("protein", "residue", "pair")
        write_embeddings(tmp_path / "out.parquet", results, levels=levels)
        return done

    return start


@pytest.fixture
def stop(run):
    """Function that embeds and is stopped."""

    def start(stop_after, **options):
        with pytest.raises(ConfigError, match="cannot be written"):  # an error of the system
            run(stop_after, **options)

    return start


@pytest.fixture(scope="module")
def whole(weights, sources, tmp_path_factory):
    """Bytes of the table of a run that was not stopped, and kept nothing."""
    path = tmp_path_factory.mktemp("whole") / "out.parquet"
    results = embed_files(weights, sources, pairs=True)
    write_embeddings(path, results, levels=("protein", "residue", "pair"))
    return path.read_bytes()


@pytest.mark.parametrize("stops", [(1,), (3, 5), (6,)])
def test_what_goes_on_ends_in_the_same_bytes(stops, run, stop, whole, tmp_path):
    for number in stops:
        stop(number, resume=True)
        assert not (tmp_path / "out.parquet").exists()
        assert len(list((tmp_path / "parts").glob("*.npz"))) == number
    assert run(resume=True) == [1, 2, 3, 4, 5, 6]
    assert (tmp_path / "out.parquet").read_bytes() == whole


def test_what_was_kept_is_not_embedded_again(run, stop, whole, tmp_path, monkeypatch):
    stop(5)
    monkeypatch.setattr("proteingraph.embedding.files.embed_structure", None)
    run(resume=True)  # of what is left no file is a structure of its own
    assert (tmp_path / "out.parquet").read_bytes() == whole


@pytest.mark.parametrize("how", ["cut", "flipped", "empty"])
@pytest.mark.parametrize("place", [0, 3])
def test_damaged_parts_are_made_again(how, place, run, stop, whole, tmp_path, caplog):
    stop(5)
    part = sorted((tmp_path / "parts").glob("*.npz"))[place]
    content = bytearray(part.read_bytes())
    content[len(content) // 3] ^= 1
    cut = {"cut": content[: len(content) // 2], "flipped": content, "empty": b""}
    part.write_bytes(cut[how])
    with caplog.at_level(logging.WARNING):
        run(resume=True)
    assert f"{part}: damaged" in caplog.text
    assert (tmp_path / "out.parquet").read_bytes() == whole


def test_a_run_is_resumed_with_the_same_only(run, stop, sources, tmp_path):
    stop(2)
    for options, told in (
        ({}, r"parts: holds what an earlier run got done: go on with it \(--resume\), or remove"),
        ({"resume": True, "pairs": False}, r"another pairs \(True, now False\)"),
        ({"resume": True, "sigma": 1.0}, r"another sigma \(None, now 1.0\)"),
        ({"resume": True, "paths": sources[1:]}, r"another list of files \(\[6, \d+\], now \[5,"),
    ):
        with pytest.raises(ConfigError, match=told):
            run(**options)
    (tmp_path / "parts/run.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"run\.json: damaged .*: remove the folder"):
        run(resume=True)


def test_what_processes_left_that_were_killed_is_cleared(run, stop, whole, tmp_path):
    stop(2)
    (tmp_path / "parts/.000000000002.npz.0123.partial").write_bytes(b"half")
    run(resume=True)
    assert not list((tmp_path / "parts").glob(".*"))
    assert json.loads((tmp_path / "parts/run.json").read_text())["pairs"] is True


def test_a_short_run_keeps_nothing(run, tmp_path):
    run(commit_every=60)
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


def test_two_runs_do_not_share_a_folder(weights, sources, tmp_path):
    first = embed_files(weights, sources, parts=tmp_path / "parts")
    next(first)
    with pytest.raises(DatasetError, match="another process is writing to it"):
        next(embed_files(weights, sources, parts=tmp_path / "parts"))
    first.close()
    next(embed_files(weights, sources, parts=tmp_path / "parts"))


def test_a_place_that_cannot_be_written_to(weights, sources, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written: Not a directory; make room"):
        next(embed_files(weights, sources, parts=tmp_path / "file/parts"))
