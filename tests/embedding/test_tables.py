"""Files of embeddings read back."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from safetensors import safe_open

from proteingraph.embedding import FileEmbeddings, embed_files, write_embeddings
from proteingraph.errors import ConfigError


@pytest.fixture(scope="module")
def results(weights, test_files):
    files = [test_files / "5zng.cif.gz", test_files / "res_ids.cif", test_files / "absent.pdb"]
    return list(embed_files(weights, files))


@pytest.fixture(scope="module")
def chains(results):
    return [chain for result in results for chain in result.chains]


def test_parquet(results, chains, tmp_path):
    path = tmp_path / "out.parquet"
    count, failed = write_embeddings(path, results, metadata={"model": "m"})
    assert count == len(chains)
    assert [result.path for result in failed] == [results[-1].path]
    table = pd.read_parquet(path)
    assert table["chain"].tolist() == [chain.chain for chain in chains]
    assert table["path"].tolist() == [r.path for r in results for _ in r.chains]
    for row, chain in zip(table.itertuples(), chains, strict=True):
        np.testing.assert_array_equal(row.protein, chain.protein)
        np.testing.assert_array_equal(np.stack(row.residue), chain.residue)
        assert row.sequence == chain.sequence
        assert row.residue_number.tolist() == chain.residue_number.tolist()
        assert row.insertion_code.tolist() == chain.insertion_code.tolist()
        assert row.residue_chain.tolist() == chain.residue_chain.tolist()
    assert pq.read_schema(path).metadata[b"model"] == b"m"


def test_npz(results, chains, tmp_path):
    path = tmp_path / "out.npz"
    assert write_embeddings(path, results)[0] == len(chains)
    with np.load(path, allow_pickle=False) as z:
        np.testing.assert_array_equal(z["protein"], np.stack([c.protein for c in chains]))
        for i, chain in enumerate(chains):
            rows = slice(z["starts"][i], z["starts"][i + 1])
            np.testing.assert_array_equal(z["residue"][rows], chain.residue)
            assert z["insertion_code"][rows].tolist() == chain.insertion_code.tolist()
            assert z["sequence"][i] == chain.sequence


def test_safetensors(results, chains, tmp_path):
    path = tmp_path / "out.safetensors"
    write_embeddings(path, results)
    with safe_open(path, "np") as file:
        header = file.metadata()
        starts = file.get_tensor("starts")
        residue = file.get_tensor("residue")
        np.testing.assert_array_equal(
            file.get_tensor("protein"), np.stack([c.protein for c in chains])
        )
    assert json.loads(header["chain"]) == [chain.chain for chain in chains]
    np.testing.assert_array_equal(residue[starts[1] : starts[2]], chains[1].residue)


@pytest.mark.parametrize("suffix", [".parquet", ".npz", ".safetensors"])
def test_nothing_good_leaves_an_earlier_file_alone(suffix, tmp_path):
    bad = [FileEmbeddings("a.pdb", reason="a.pdb: empty")]
    path = tmp_path / f"out{suffix}"
    assert write_embeddings(path, bad) == (0, bad)
    assert not list(tmp_path.iterdir())
    path.write_text("as it was")
    assert write_embeddings(path, bad) == (0, bad)
    assert path.read_text() == "as it was"


@pytest.mark.parametrize("suffix", [".parquet", ".npz", ".safetensors"])
def test_a_place_that_cannot_be_written_to_is_told_before_the_work(suffix, tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    def work():
        raise AssertionError("began to embed")
        yield

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ConfigError, match="cannot be written: Permission denied"):
        write_embeddings(tmp_path / f"out{suffix}", work())


def test_a_folder_is_no_output(results, tmp_path):
    (tmp_path / "out.npz").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        write_embeddings(tmp_path / "out.npz", results)


@pytest.mark.parametrize("suffix", [".parquet", ".npz", ".safetensors"])
def test_nothing_half_written(suffix, results, tmp_path):
    path = tmp_path / f"out{suffix}"
    path.write_text("as it was")

    def broken():
        yield results[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_embeddings(path, broken())
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]


def test_many_chains_fill_several_row_groups(results, tmp_path):
    path = tmp_path / "out.parquet"
    count, _ = write_embeddings(path, [results[1]] * 1030)
    assert pq.ParquetFile(path).num_row_groups > 1
    assert len(pd.read_parquet(path)) == count == 1030 * len(results[1].chains)


@pytest.mark.parametrize("name", ["out.csv", "out", "absent/out.npz"])
def test_wrong_output(name, results, tmp_path):
    with pytest.raises(ConfigError, match=r"must end in|does not exist"):
        write_embeddings(tmp_path / name, results)


@pytest.mark.parametrize("suffix", [".parquet", ".npz", ".safetensors"])
def test_levels(suffix, weights, test_files, tmp_path):
    path = tmp_path / f"out{suffix}"
    results = list(embed_files(weights, [test_files / "5zng.cif.gz"], pairs=True))
    chains = results[0].chains
    write_embeddings(path, results, levels=["pair"])
    if suffix == ".parquet":
        table = pd.read_parquet(path)
        assert not {"protein", "residue"} & set(table)
        for row, chain in zip(table.itertuples(), chains, strict=True):
            np.testing.assert_array_equal(np.stack(row.pair), chain.pair)
            np.testing.assert_array_equal([row.pair_source, row.pair_target], chain.pair_index)
        return
    if suffix == ".npz":
        with np.load(path) as z:
            arrays = dict(z)
    else:
        with safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}
    assert not {"protein", "residue"} & set(arrays)
    for i, chain in enumerate(chains):
        rows = slice(arrays["pair_starts"][i], arrays["pair_starts"][i + 1])
        np.testing.assert_array_equal(arrays["pair"][rows], chain.pair)
        np.testing.assert_array_equal(arrays["pair_index"][:, rows], chain.pair_index)


def test_levels_that_are_not_there(results, tmp_path):
    with pytest.raises(ConfigError, match="no pair embeddings"):
        write_embeddings(tmp_path / "out.npz", results, levels=["pair"])
    for levels in ([], ["atom"]):
        with pytest.raises(ConfigError, match="levels must be of protein, residue, pair"):
            write_embeddings(tmp_path / "out.npz", results, levels=levels)
    assert not list(tmp_path.iterdir())
