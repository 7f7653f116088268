"""Tests of how labels find their residues, and of what is said of those that do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from proteingraph.errors import DatasetError
from proteingraph.io import Structure, read_structure, write_structure
from proteingraph.tasks.finetune import ColumnsConfig, LabelConfig
from proteingraph.tasks.finetune.matching import match_table
from proteingraph.tasks.finetune.table import read_label_table


def match(tmp_path, folder, rows, level="residue", columns=None, **label):
    path = tmp_path / "labels.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    label = {"kind": "regression", "level": level, **label}
    table = read_label_table(path, columns or ColumnsConfig(), LabelConfig(**label))
    return table, match_table(table, folder, level)


def rows_of(file: str, chain: str, residues, labels=None, **more):
    labels = range(len(residues)) if labels is None else labels
    return [
        {"file": file, "chain": chain, "residue_number": r, "label": y, **more}
        for r, y in zip(residues, labels, strict=True)
    ]


def test_labels_go_to_their_residues_in_any_order(tmp_path, test_files) -> None:
    order = [104, 102, 235, 103]
    table, found = match(tmp_path, test_files, rows_of("1HE1_r_u.pdb", "A", order))
    structure = read_structure(test_files / "1HE1_r_u.pdb")
    (labels,) = found.examples.labels
    assert labels[:3].tolist() == [1, 3, 0]
    assert int(structure.residue_number[np.flatnonzero(labels == 2)[0]]) == 235
    assert int(np.isfinite(labels).sum()) == 4 and not table.mismatches
    assert (found.files, found.chains, found.groups) == (["1HE1_r_u.pdb"], ["A"], ["1HE1_r_u.pdb"])


def test_insertion_codes_tell_residues_apart(tmp_path) -> None:
    structure = Structure.from_arrays(
        np.arange(12.0).reshape(4, 3), "GAGA", residue_number=[52, 52, 52, 53],
        insertion_code=["", "A", "B", ""],
    )  # fmt: skip
    write_structure(structure, tmp_path / "s.pdb")
    table, found = match(tmp_path, tmp_path, rows_of("s.pdb", "A", ["52B", "52", "52C", "52A"]))
    assert found.examples.labels[0][:3].tolist() == [1, 3, 0]
    assert [mismatch.residue for mismatch in table.mismatches] == ["52C"]


def test_every_mismatch_is_listed_and_the_rest_is_used(tmp_path, test_files) -> None:
    rows = [
        *rows_of("1aki.pdb", "A", [1, 2, 900], amino_acid="K"),  # 2 is a valine
        *rows_of("1aki.pdb", "A", [3, 3, 4, 4], [1, 1, 0, 1], amino_acid=""),
        *rows_of("1aki.pdb", "B", [1, 2], amino_acid=""),
        *rows_of("absent.pdb", "A", [1, 2, 3], amino_acid=""),
        *rows_of("1HE1_r_u.pdb", "A", [102], amino_acid="X"),
    ]
    columns = ColumnsConfig(amino_acid="amino_acid")
    table, found = match(tmp_path, test_files, rows, columns=columns)
    assert [int(np.isfinite(labels).sum()) for labels in found.examples.labels] == [2, 1]
    said = {(m.row, m.rows, m.residue): m.reason for m in table.mismatches}
    assert set(said) == {
        (3, 1, "900"), (2, 1, "2"), (5, 1, "3"), (6, 1, "4"), (7, 1, "4"), (8, 2, ""), (10, 3, ""),
    }  # fmt: skip
    assert "no such residue" in said[3, 1, "900"] and "129 from 1 to 129" in said[3, 1, "900"]
    assert "the table says K, the structure V" in said[2, 1, "2"]
    assert "alike" in said[5, 1, "3"] and "different labels" in said[6, 1, "4"]
    assert "no chain 'B'; there are 'A'" in said[8, 2, ""]
    assert "absent.pdb" in said[10, 3, ""]
    # No row is both used and listed, and none is neither.
    assert 2 + 1 + sum(m.rows for m in table.mismatches) == len(rows)


def test_a_chain_must_be_named_where_there_are_several(tmp_path, test_files) -> None:
    rows = [*rows_of("5zng.pdb.gz", "", [991]), *rows_of("1aki.pdb", "", [1])]
    table, found = match(tmp_path, test_files, rows)
    assert found.files == ["1aki.pdb"]
    assert "names no chain, and there are A, C" in table.mismatches[0].reason


def test_labels_of_proteins(tmp_path, test_files) -> None:
    rows = [
        {"file": "5zng.pdb.gz", "chain": "", "label": 1.0, "weight": 7},
        {"file": "5zng.pdb.gz", "chain": "C", "label": 2.0, "weight": 8},
        {"file": "1aki.pdb", "chain": "", "label": 3.0, "weight": 9},
        {"file": "1aki.pdb", "chain": "", "label": 4.0, "weight": 9},
    ]
    columns = ColumnsConfig(features=["weight"])
    table, found = match(tmp_path, test_files, rows, "protein", columns)
    sizes = found.examples.corpus.lengths.tolist()
    assert sizes[0] == 141 and 0 < sizes[1] < 141
    assert found.examples.labels == [1.0, 2.0]
    assert found.examples.features[1].tolist() == [[8.0]] * sizes[1]
    assert [mismatch.row for mismatch in table.mismatches] == [4, 3]


def test_features_of_residues_without_a_row_are_absent(tmp_path, test_files) -> None:
    rows = rows_of("1aki.pdb", "A", [2, 1], pssm=0.5)
    table, found = match(tmp_path, test_files, rows, columns=ColumnsConfig(features=["pssm"]))
    (features,) = found.examples.features
    assert features.shape == (129, 1) and features[:2].tolist() == [[0.5], [0.5]]
    assert np.isnan(features[2:]).all() and not table.mismatches


def test_a_chain_is_of_one_group(tmp_path, test_files) -> None:
    rows = rows_of("1aki.pdb", "A", [1, 2])
    rows[1]["cluster"], rows[0]["cluster"] = "b", "a"
    rows += rows_of("1HE1_r_u.pdb", "A", [102], cluster="a")
    table, found = match(tmp_path, test_files, rows, columns=ColumnsConfig(group="cluster"))
    assert found.groups == ["a"]
    assert "of several: group 'a', 'b'" in table.mismatches[0].reason


def test_a_table_of_which_nothing_fits(tmp_path) -> None:
    with pytest.raises(DatasetError, match=r"no label .*absent\.pdb"):
        match(tmp_path, tmp_path, rows_of("absent.pdb", "A", [1]))
