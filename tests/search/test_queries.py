"""Queries out of files and structures."""

from __future__ import annotations

import pytest

from proteingraph.errors import ConfigError, StructureError
from proteingraph.io import read_structure
from proteingraph.search.queries import read_queries


def test_a_query_a_chain(test_files):
    path = test_files / "5zng.cif.gz"
    structure = read_structure(path)
    queries = list(read_queries([path]))
    assert [query.graph.name for query in queries] == [f"5zng_{c}" for c in structure.chain_ids]
    assert sum(query.graph.num_nodes for query in queries) == len(structure)
    assert {query.source for query in queries} == {str(path)}
    (whole,) = read_queries([structure], complexes=True)
    assert whole.graph.num_nodes == len(structure)
    assert whole.graph.name == whole.source == "5zng"


def test_chosen_chains(test_files):
    path = test_files / "5zng.cif.gz"
    chain = read_structure(path).chain_ids[-1]
    for source in (path, read_structure(path)):
        (query,) = read_queries([source], chains=[chain])
        assert query.graph.name == f"5zng_{chain}"
        (bad,) = read_queries([source], chains=["nope"])
        assert bad.graph is None and "nope" in bad.reason


def test_domains(test_files):
    files = [test_files / "1aki.cif", test_files / "1aki.pdb"]
    first, second = read_queries(files, ranges="A:10-20,A:30-49")
    assert first.graph.residue_number.tolist() == [*range(10, 21), *range(30, 50)]
    assert first.graph.name == second.graph.name == "1aki_A:10-20,A:30-49"
    (bad,) = read_queries(files[:1], ranges="A:1000-1010")
    assert bad.graph is None and "holds no residue" in bad.reason


def test_bad_ones_stand_beside_good_ones(test_files, tmp_path):
    empty = tmp_path / "empty.pdb"
    empty.write_bytes(b"")
    queries = list(read_queries([empty, test_files / "1aki.cif", tmp_path / "absent.cif"]))
    assert [query.graph is None for query in queries] == [True, False, True]
    assert "empty.pdb" in queries[0].reason and "absent.cif" in queries[2].reason


def test_wrong_options(test_files):
    with pytest.raises(ConfigError, match="chains or ranges"):
        list(read_queries([], chains=["A"], ranges="A:1-2"))
    with pytest.raises(StructureError, match="residue range"):
        list(read_queries([], ranges="A:9-1"))
