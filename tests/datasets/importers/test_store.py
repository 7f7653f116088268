"""Stores built from corpora in foreign formats."""

from __future__ import annotations

import numpy as np

from proteingraph.datasets.importers import open_importer
from proteingraph.datasets.store import build_store


def test_promod3(test_files, tmp_path):
    source = test_files / "structure_db.dat"
    store = build_store([source], tmp_path / "store")
    pack, _ = open_importer(source).read(0, 7)
    assert [graph.name for graph in store] == pack.names.tolist()
    assert {graph.file for graph in store} == {"structure_db.dat"}
    for graph, imported in zip(store, pack, strict=True):
        assert np.array_equal(graph.backbone, imported.backbone)
        assert np.array_equal(graph.residue_number, imported.residue_number)


def test_foldcomp_with_a_damaged_file(compressed, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in compressed.items():
        (folder / f"{name}.fcz").write_bytes(content[: 1000 if name == "3o5r" else None])
    store = build_store([folder], tmp_path / "store")
    assert [graph.name for graph in store] == ["1aki", "1gcq"]
    (reason,) = store.failures["reason"]
    assert reason.startswith(f"{folder / '3o5r.fcz'}: ends after 1000 of ")
