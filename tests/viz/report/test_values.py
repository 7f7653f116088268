"""Values of residues out of tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from proteingraph.errors import ConfigError
from proteingraph.io import read_structure
from proteingraph.viz.report import read_columns


@pytest.fixture(scope="module")
def structure(test_files):
    return read_structure(test_files / "res_ids.cif")


def table(structure, **columns):
    keys = {name: getattr(structure, name) for name in ("chain", "residue_number")}
    keys["insertion_code"] = structure.insertion_code
    return pd.DataFrame({**keys, **columns})


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_values_find_their_residues(ending, structure, tmp_path):
    size = len(structure)
    rows = table(structure, quality=np.arange(size) / 4, note=["a"] * size, site=[True] * size)
    rows = rows.drop(index=1).sample(frac=1, random_state=0)
    path = tmp_path / f"values{ending}"
    rows.to_csv(path, index=False) if ending == ".csv" else rows.to_parquet(path)
    quality, site = read_columns(path, structure)
    assert (quality.name, site.name) == ("quality", "site")
    expected = np.arange(size) / 4
    expected[1] = np.nan
    np.testing.assert_array_equal(quality.checked(size), expected.astype(np.float32))
    np.testing.assert_array_equal(site.checked(size)[[0, 1, 2]], [1, np.nan, 1])


def test_chains_called_na_and_no_insertion_codes(test_files, tmp_path):
    from dataclasses import replace

    structure = read_structure(test_files / "1aki.cif")
    structure = replace(structure, chain=np.full(len(structure), "NA"))
    path = tmp_path / "values.csv"
    table(structure, x=1.0).drop(columns="insertion_code").to_csv(path, index=False)
    (column,) = read_columns(path, structure)
    assert not np.isnan(column.checked(len(structure))).any()


def test_bad_tables(structure, tmp_path):
    path = tmp_path / "values.csv"
    good = table(structure, x=1.0)
    for rows, told in (
        (good.drop(columns="residue_number"), "no column residue_number"),
        (pd.concat([good, good[:1]]), "named twice"),
        (good.assign(chain="other"), "names no residue of"),
        (good.drop(columns="x"), "no column of numbers"),
    ):
        rows.to_csv(path, index=False)
        with pytest.raises(ConfigError, match=told) as error:
            read_columns(path, structure)
        assert str(path) in str(error.value)
    for name, told in (("absent.csv", "cannot be read"), ("values.txt", "must end in")):
        with pytest.raises(ConfigError, match=told):
            read_columns(tmp_path / name, structure)
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 no")
    with pytest.raises(ConfigError, match="cannot be read as a table"):
        read_columns(bad, structure)
